"""The result of :func:`toolkit.estimate.moderation.marginal_effects`."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import NotEstimable

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class MarginalEffects:
    """An effect over the values of a moderator.

    Attributes
    ----------
    term, moderator, outcome, formula : what was asked of which model.
    at : the g values of the moderator.
    effect, std_error : (g,).
    df : degrees of freedom of the t distribution.
    level, critical : of the pointwise interval.
    band, band_critical : "sup-t" or "Bonferroni", and its critical value.
    shares : of the rows with a significantly positive and a significantly negative effect (pointwise), None without data.
    """

    term: str
    moderator: str
    outcome: str
    formula: str
    at: tuple[object, ...]
    effect: Floats
    std_error: Floats
    df: float
    level: float
    critical: float
    band: str
    band_critical: float
    shares: tuple[float, float] | None = None

    def tidy(self) -> pd.DataFrame:
        """One row per value: at, effect, std_error, statistic, p_value, conf_low, conf_high (pointwise), band_low, band_high."""
        from scipy.special import stdtr

        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = np.where(self.std_error > 0, self.effect / self.std_error, np.copysign(np.inf, self.effect))
        return pd.DataFrame(
            {
                "at": list(self.at),
                "effect": self.effect,
                "std_error": self.std_error,
                "statistic": statistic,
                "p_value": 2 * stdtr(self.df, -np.abs(statistic)),
                "conf_low": self.effect - self.critical * self.std_error,
                "conf_high": self.effect + self.critical * self.std_error,
                "band_low": self.effect - self.band_critical * self.std_error,
                "band_high": self.effect + self.band_critical * self.std_error,
            }
        )

    def regions(self) -> pd.DataFrame:
        """Where the effect is significant pointwise: low, high, sign; one row per stretch of the moderator.

        The ends are interpolated between the values (Johnson and Neyman's bounds on a fine grid); a stretch that reaches the first or
        last value ends there.

        Raises
        ------
        NotEstimable
            If the moderator is a category.
        """
        try:
            values = np.asarray(self.at, dtype=np.float64)
        except (TypeError, ValueError):
            raise NotEstimable(f"{self.moderator} is a category, so it has no ranges", remedy="read tidy() level by level") from None
        order = np.argsort(values)
        values = values[order]
        found = []
        for sign in (1.0, -1.0):
            margin = (sign * self.effect - self.critical * self.std_error)[order]
            found += [(*stretch, int(sign)) for stretch in _stretches(values, margin)]
        return pd.DataFrame(sorted(found), columns=["low", "high", "sign"])

    def _lines(self) -> list[str]:
        lines = [f"Effect of {self.term} on {self.outcome} over {self.moderator}: {self.formula}"]
        lines.append(
            f"{self.level:.0%} intervals pointwise (critical value {self.critical:.3f}); {self.band} band {self.band_critical:.3f}"
        )
        if self.shares:
            lines.append(f"Share of rows with a significantly positive effect {self.shares[0]:.1%}, negative {self.shares[1]:.1%}")
        return lines

    def _shown(self) -> pd.DataFrame:
        frame = self.tidy()
        step = max(1, (len(frame) - 1) // 10)
        return frame.iloc[::step].round(4)

    def __repr__(self) -> str:
        return "\n".join([*self._lines(), self._shown().to_string(index=False)])

    def _repr_html_(self) -> str:
        return f"<p>{'<br>'.join(escape(line) for line in self._lines())}</p>{self._shown().to_html(index=False)}"


def _stretches(values: Floats, margin: Floats) -> list[tuple[float, float]]:
    """Ranges of ``values`` on which ``margin`` is positive, ends interpolated."""
    found: list[tuple[float, float]] = []
    start = float(values[0]) if margin[0] > 0 else None
    for i in range(1, len(values)):
        if (margin[i] > 0) == (margin[i - 1] > 0):
            continue
        crossing = float(values[i - 1] + (values[i] - values[i - 1]) * margin[i - 1] / (margin[i - 1] - margin[i]))
        if start is None:
            start = crossing
        else:
            found.append((start, crossing))
            start = None
    return [*found, (start, float(values[-1]))] if start is not None else found

"""The result of :func:`toolkit.estimate.oster.oster_bounds`."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import pandas as pd

from toolkit.estimate.show import number


@dataclass(frozen=True)
class Root:
    """A coefficient that solves the equation: ``beta`` = full estimate less ``bias``; whether it keeps the direction of selection."""

    beta: float
    bias: float
    keeps_direction: bool


@dataclass(frozen=True, repr=False)
class OsterBounds:
    """A coefficient and how much selection on unobservables would explain it.

    Attributes
    ----------
    term, outcome : the treatment and the outcome.
    short, full : formulas without and with controls.
    rows : on which both were estimated.
    within : effects removed from both, so that R squared and r_max are within them; empty if none.
    beta_short, beta_full, r2_short, r2_full : of the two models.
    r_max : R squared of a model with everything.
    assumed_delta, beta_star : the coefficient under that proportion of selection.
    roots : all real solutions, those that keep the direction first.
    beta, delta : the proportion of selection at which the coefficient would be ``beta``; negative if selection must go the other way.
    """

    term: str
    outcome: str
    short: str
    full: str
    rows: int
    within: tuple[str, ...]
    beta_short: float
    beta_full: float
    r2_short: float
    r2_full: float
    r_max: float
    assumed_delta: float
    beta_star: float
    roots: tuple[Root, ...]
    beta: float
    delta: float

    @property
    def identified_set(self) -> tuple[float, float]:
        """From the full estimate (no selection) to beta_star, in order."""
        return min(self.beta_full, self.beta_star), max(self.beta_full, self.beta_star)

    @property
    def excludes_beta(self) -> bool:
        """Whether ``beta`` lies outside the identified set."""
        low, high = self.identified_set
        return not low <= self.beta <= high

    def tidy(self) -> pd.DataFrame:
        """One row with every number."""
        low, high = self.identified_set
        return pd.DataFrame(
            [
                {
                    "term": self.term,
                    "beta_short": self.beta_short,
                    "r2_short": self.r2_short,
                    "beta_full": self.beta_full,
                    "r2_full": self.r2_full,
                    "r_max": self.r_max,
                    "assumed_delta": self.assumed_delta,
                    "beta_star": self.beta_star,
                    "set_low": low,
                    "set_high": high,
                    "beta": self.beta,
                    "delta": self.delta,
                    "excludes_beta": self.excludes_beta,
                }
            ]
        )

    def lines(self) -> list[str]:
        """The result in sentences."""
        low, high = self.identified_set
        r2 = f"R² within {' + '.join(self.within)}" if self.within else "R²"
        others = [root for root in self.roots if root.beta != self.beta_star]
        verdict = "excludes" if self.excludes_beta else "holds"
        found = [
            f"{self.term} on {self.outcome}, {self.rows} rows",
            f"without controls: {number(self.beta_short)}, {r2} {self.r2_short:.3f}",
            f"with controls: {number(self.beta_full)}, {r2} {self.r2_full:.3f}",
            f"delta = {self.assumed_delta:g}, Rmax = {self.r_max:.3f}: beta* = {number(self.beta_star)}",
            f"set [{number(low)}, {number(high)}] {verdict} {self.beta:g}",
            f"delta for beta = {self.beta:g}: {number(self.delta)}",
        ]
        if others:
            kept = ("turns the direction of selection", "farther from the estimate with controls")
            found.append("other solutions: " + ", ".join(f"{number(r.beta)} ({kept[r.keeps_direction]})" for r in others))
        return found

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        return f"<p>{'<br>'.join(escape(line) for line in self.lines())}</p>"

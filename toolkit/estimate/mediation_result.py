"""The result of :func:`toolkit.estimate.mediation.mediate`."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

import pandas as pd

from toolkit.estimate.result import Estimate
from toolkit.estimate.show import number


@dataclass(frozen=True)
class Effect:
    """A part of an association.

    Attributes
    ----------
    name : "total", "direct", the mediator, or "all mediators".
    estimate, std_error, low, high, p_value : with bootstrap error, percentile interval and bootstrap p value.
    sobel_error : Sobel's standard error, for one mediator; None for other parts.
    """

    name: str
    estimate: float
    std_error: float
    low: float
    high: float
    p_value: float
    sobel_error: float | None = None

    @property
    def sobel_z(self) -> float | None:
        """Estimate over Sobel's standard error."""
        return None if not self.sobel_error else self.estimate / self.sobel_error

    @property
    def sobel_p(self) -> float | None:
        """Two-sided normal p value of it."""
        from scipy.special import ndtr

        return None if self.sobel_z is None else float(2 * ndtr(-abs(self.sobel_z)))


@dataclass(frozen=True, eq=False, repr=False)
class Mediation:
    """An association split into a direct part and parts that run through mediators; total = direct + indirect_sum exactly.

    Attributes
    ----------
    outcome, treatment, mediators, formula : what was asked.
    total, direct : coefficient of the treatment without, and with the mediators.
    indirect : one part per mediator, a_j b_j; indirect_sum : their sum.
    level, draws, cluster : of the bootstrap; ``draws`` counts those in which all coefficients exist.
    total_estimate, mediator_estimates, outcome_estimate : the regressions, on the same rows.
    """

    outcome: str
    treatment: str
    mediators: tuple[str, ...]
    formula: str
    total: Effect
    direct: Effect
    indirect: tuple[Effect, ...]
    indirect_sum: Effect
    level: float
    draws: int
    cluster: str
    total_estimate: Estimate = field(repr=False)
    mediator_estimates: tuple[Estimate, ...] = field(repr=False)
    outcome_estimate: Estimate = field(repr=False)

    @property
    def share_mediated(self) -> float | None:
        """Indirect sum over total; None when they have opposite signs or the total is zero, where a share means nothing."""
        share = self.indirect_sum.estimate / self.total.estimate if self.total.estimate else -1.0
        return share if 0 <= share <= 1 else None

    def tidy(self) -> pd.DataFrame:
        """One row per part: part, estimate, std_error, conf_low, conf_high, p_value, sobel_error, sobel_z, sobel_p."""
        parts = (self.total, self.direct, *self.indirect, *([self.indirect_sum] if len(self.indirect) > 1 else []))
        rows = [(_part(e.name), e.estimate, e.std_error, e.low, e.high, e.p_value, e.sobel_error, e.sobel_z, e.sobel_p) for e in parts]
        columns = ["part", "estimate", "std_error", "conf_low", "conf_high", "p_value", "sobel_error", "sobel_z", "sobel_p"]
        frame = pd.DataFrame(rows, columns=columns)
        return frame.astype(dict.fromkeys(columns[1:], float))

    def _lines(self) -> tuple[str, list[str]]:
        head = f"Association of {self.outcome} with {self.treatment}, directly and through {', '.join(self.mediators)}: {self.formula}"
        rows = self.total_estimate.counts.rows
        foot = [f"{rows} rows; percentile intervals at {self.level:.0%} from {self.draws} bootstrap draws of {self.cluster}"]
        if self.share_mediated is not None:
            foot.append(f"Through the mediators: {number(100 * self.share_mediated)} % of the total")
        foot.append("Associations: the parts are effects only if the mediators, too, are as good as random given treatment and controls.")
        return head, foot

    def _shown(self) -> pd.DataFrame:
        return self.tidy().round(4).astype(object).where(self.tidy().notna(), "")

    def __repr__(self) -> str:
        head, foot = self._lines()
        return "\n".join([head, self._shown().to_string(index=False), *foot])

    def _repr_html_(self) -> str:
        head, foot = self._lines()
        return f'<p>{escape(head)}</p>{self._shown().to_html(index=False)}<p style="font-size:smaller">{"<br>".join(map(escape, foot))}</p>'


def _part(name: str) -> str:
    return name if name in ("total", "direct") else f"through {name}"

"""The small records that the weak-instrument report is made of."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import fdtrc

from toolkit.estimate.instruments.projection import Projection
from toolkit.estimate.instruments.strength import conditional_f
from toolkit.estimate.show import number


@dataclass(frozen=True)
class FirstStageStrength:
    """How well the instruments explain one endogenous regressor.

    Attributes
    ----------
    term : the regressor.
    partial_r2 : share of its variation, exogenous regressors and effects partialled out, that the instruments explain.
    f, f_df1, f_df2, f_p : Wald F of the instruments with the covariance asked for; None when that covariance is singular.
    conditional_f, conditional_df1, conditional_p : Sanderson and Windmeijer's F given the other endogenous regressors; equal to ``f`` if
        there is no other.
    """

    term: str
    partial_r2: float
    f: float | None
    f_df1: float
    f_df2: float
    f_p: float | None
    conditional_f: float | None
    conditional_df1: float
    conditional_p: float | None


@dataclass(frozen=True)
class ReportRow:
    """One statistic of the report; what it does not have is None or empty."""

    statistic: str
    value: float
    term: str = ""
    df1: float | None = None
    df2: float | None = None
    p_value: float | None = None
    critical_value: float | None = None
    null: str = ""
    note: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """statistic, term, value, degrees of freedom, p, critical value and null as they are shown."""
        df = ", ".join(f"{d:g}" for d in (self.df1, self.df2) if d is not None)
        p = "" if self.p_value is None else "<0.001" if self.p_value < 0.001 else f"{self.p_value:.3f}"
        critical = "" if self.critical_value is None else number(self.critical_value)
        return self.statistic, self.term, number(self.value), df, p, critical, self.null

    @property
    def text(self) -> str:
        """The statistic in one line."""
        name, term, value, df, p, critical, _ = self.cells
        text = f"{name} of {term}" if term else name
        text += f"({df}) {value}" if df else f" {value}"
        text += f", p {p}" if p.startswith("<") else f", p = {p}" if p else ""
        return text + (f", critical value {critical}" if critical else "")


def first_stage_strength(projection: Projection, j: int, term: str, found: tuple[float, float, float] | None) -> FirstStageStrength:
    """The record of endogenous regressor ``j``; ``found`` is F of its instruments with its degrees of freedom."""
    total = projection.endogenous[j]
    given = projection.instruments - len(projection.endogenous) + 1
    conditional = conditional_f(projection, j) if len(projection.endogenous) > 1 else (found[0] if found else None)
    return FirstStageStrength(
        term=term,
        partial_r2=float(projection.on_endogenous[:, j] @ projection.on_endogenous[:, j] / (total @ total)),
        f=found[0] if found else None,
        f_df1=float(projection.instruments),
        f_df2=projection.df_t,
        f_p=float(fdtrc(found[1], found[2], found[0])) if found else None,
        conditional_f=conditional,
        conditional_df1=float(given),
        conditional_p=None if conditional is None else float(fdtrc(given, projection.df_t, conditional)),
    )

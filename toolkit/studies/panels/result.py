"""What one panel says: the slope across units, within them, and from one year to the next."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.estimate import Coefficient, Estimate
from toolkit.language import Text


@dataclass(frozen=True)
class PanelResult:
    """The slope of own money on public money in one panel, three ways.

    Attributes
    ----------
    name : of the panel, "31 Chinese provinces".
    unit : what is observed, in the singular, "province".
    pooled : across units and years, without unit effects.
    within : with unit and year effects.
    differences : first differences with year effects.
    rows, units : that enter the within model.
    years : first and last year of the rows.
    caveat : what the panel cannot say, a sentence.
    jackknife : ``within`` with errors of the cluster jackknife (CV3), which hold where few units carry the variation; None if not asked.
    """

    name: Text
    unit: Text
    pooled: Coefficient
    within: Coefficient
    differences: Coefficient
    rows: int
    units: int
    years: tuple[int, int]
    caveat: Text
    jackknife: Coefficient | None = None

    @property
    def cautious(self) -> Coefficient:
        """The slope within units with the jackknife interval, where there is one: the interval that is printed."""
        return self.within if self.jackknife is None else self.jackknife


def panel_result(
    *,
    name: Text,
    unit: Text,
    years: tuple[int, int],
    caveat: Text,
    term: str,
    pooled: Estimate,
    within: Estimate,
    differences: Estimate,
    jackknife: Coefficient | None = None,
) -> PanelResult:
    """The slopes of ``term`` in three models of one panel.

    Raises
    ------
    NotEstimable
        A model does not have the term.

    Examples
    --------
    >>> import pandas as pd
    >>> from toolkit.estimate import fit, fit_differences, fit_pooled
    >>> from toolkit.panel import Panel
    >>> frame = pd.DataFrame({"id": list("aabbccdd"), "t": [1, 2] * 4, "x": [0.0, 2, 2, 4, 5, 9, 7, 8], "y": [1.0, 2, 3, 5, 6, 8, 9, 9]})
    >>> panel = Panel(frame, "id", "t")
    >>> models = {"pooled": fit_pooled("y ~ x", panel), "within": fit("y ~ x | id + t", panel)}
    >>> models["differences"] = fit_differences("y ~ x | t", panel)
    >>> words = {"name": Text("Four units", "四个单位"), "unit": Text("unit", "单位"), "caveat": Text("Made up.", "虚构。")}
    >>> found = panel_result(term="x", years=(1, 2), **words, **models)
    >>> found.rows, found.units, round(found.within.estimate, 3) == round(found.differences.estimate, 3)
    (8, 4, True)
    """
    return PanelResult(
        name=name,
        unit=unit,
        pooled=pooled.coefficient(term),
        within=within.coefficient(term),
        differences=differences.coefficient(term),
        rows=within.counts.rows,
        units=within.counts.entities,
        years=years,
        caveat=caveat,
        jackknife=jackknife,
    )

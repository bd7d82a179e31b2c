"""What a two-way regression on a treatment averages: comparisons of two cohorts, or effects of cohorts and periods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.errors import EstimationError
from toolkit.estimate.solve.absorb import make_absorber
from toolkit.estimate.treatment.adoption import NEVER, Adoption, read_adoption
from toolkit.language import Note
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.report import Report, ReportMixin, number, report_table, warned
from toolkit.threads import frugal

_EARLIER, _LATER = "earlier vs later treated", "later vs earlier treated"
_UNTREATED, _ALWAYS = "treated vs never treated", "treated vs always treated"


@dataclass(frozen=True, eq=False, repr=False)
class Decomposition(ReportMixin):
    """A two-way coefficient as a weighted sum.

    Attributes
    ----------
    estimate : the coefficient of the treatment with effects of entities and periods.
    parts : one row per part. Goodman-Bacon: kind, treated and control (first treated period; None: never), estimate, weight. Weights of
        effects: cohort, period, event_time, rows, weight.
    summary : by kind of comparison, or by sign of the weight: weight, and the average estimate or the number of cells.
    spread : for weights of effects: the smallest standard deviation of effects across treated cells that could make their average zero
        while the coefficient is what it is; NaN for comparisons.
    warnings : what the reader must know.
    """

    estimate: float
    parts: pd.DataFrame
    summary: pd.DataFrame
    spread: float
    warnings: tuple[Note, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """The parts, the heaviest first."""
        order = self.parts["weight"].abs().sort_values(ascending=False, kind="stable").index
        return self.parts.loc[order].reset_index(drop=True)

    def _report(self) -> Report:
        compatible = (
            f"; effects of average zero would need a standard deviation of {number(self.spread)}" if self.spread == self.spread else ""
        )
        head = f"Two-way estimate {number(self.estimate)} as a sum of {len(self.parts)} parts{compatible}"
        return Report(head, (report_table(self.summary), report_table(self.tidy().head(12))), warned(self.warnings))


@frugal
def goodman_bacon(outcome: str, panel: Panel, *, treatment: str) -> Decomposition:
    r"""All comparisons of two cohorts behind the two-way estimate of a treatment (Goodman-Bacon 2021, theorem 1).

    .. math:: \hat\beta = \sum_{k \ne U} s_{kU} \hat\beta_{kU} + \sum_{k<l} s^k_{kl} \hat\beta^k_{kl} + s^l_{kl} \hat\beta^l_{kl}

    :math:`\hat\beta^l_{kl}` takes the cohort k, which is treated already, as the control of l: where effects change with time since the
    treatment, it is biased.

    Parameters
    ----------
    outcome : a term, ``"log(homicide)"``; no covariates.
    panel : balanced.
    treatment : a column of 0 and 1, or the first treated period of each entity.

    Raises
    ------
    EstimationError
        If the panel has holes (the first is named) or a covariate is given.

    References
    ----------
    Goodman-Bacon (2021), Journal of Econometrics 225(2).

    Examples
    --------
    >>> frame = pd.DataFrame({"unit": [1] * 3 + [2] * 3, "year": [1, 2, 3] * 2, "d": [0, 0, 1, 0, 0, 0], "y": [1.0, 1, 3, 0, 0, 1]})
    >>> found = goodman_bacon("y", Panel(frame, "unit", "year"), treatment="d")
    >>> found.parts["kind"].tolist(), round(found.estimate, 6), round(float(found.parts["estimate"].iloc[0]), 6)
    (['treated vs never treated'], 1.0, 1.0)
    """
    adoption = read_adoption(f"{outcome} ~ 1", panel, treatment, purpose="goodman_bacon")
    if not adoption.seen.all():
        i, t = np.argwhere(~adoption.seen)[0]
        raise EstimationError(
            "the decomposition is exact for balanced panels only",
            where=f"no row of {adoption.names[i]} in {adoption.shown(adoption.periods[t])}",
            remedy="keep the entities seen in all periods, or use two_way_weights, which takes holes",
        )
    parts = pd.DataFrame(list(_comparisons(adoption)), columns=["kind", "treated", "control", "estimate", "weight"])
    if parts.empty:
        raise EstimationError("no two cohorts can be compared", where=f"{len(adoption.onset)} entities", remedy="use a longer panel")
    parts["weight"] /= parts["weight"].sum()
    weighted = parts.assign(estimate=parts["estimate"] * parts["weight"]).groupby("kind", sort=False)[["weight", "estimate"]].sum()
    weighted["estimate"] /= weighted["weight"]
    estimate = float((parts["estimate"] * parts["weight"]).sum())
    return Decomposition(estimate=estimate, parts=parts, summary=weighted.reset_index(), spread=float("nan"), warnings=adoption.notes)


def _comparisons(adoption: Adoption) -> Iterator[tuple[str, object, object, float, float]]:
    """Kind, treated, control, estimate and weight up to a common factor."""
    outcome, periods = adoption.outcome, adoption.periods
    onset = np.where(adoption.onset <= periods[0], periods[0], adoption.onset)
    levels = np.unique(onset)
    means = {int(g): outcome[onset == g].mean(axis=0) for g in levels}
    size = {int(g): float((onset == g).mean()) for g in levels}
    share = {int(g): float((periods >= g).mean()) for g in levels}

    def contrast(treated: int, control: int, inside: Floats) -> float:
        late, gap = periods >= treated, means[treated] - means[control]
        return float(gap[late & (inside > 0)].mean() - gap[~late & (inside > 0)].mean())

    everywhere = np.ones(len(periods))
    changing = [int(g) for g in levels if periods[0] < g <= periods[-1]]
    for k in changing:
        for other, kind in ((NEVER, _UNTREATED), (int(periods[0]), _ALWAYS)):
            if other in size:
                yield kind, adoption.shown(k), None, contrast(k, other, everywhere), size[k] * size[other] * share[k] * (1 - share[k])
        for late in (g for g in changing if g > k):
            both, gap = size[k] * size[late], share[k] - share[late]
            before = (periods < late).astype(np.float64)
            yield _EARLIER, adoption.shown(k), adoption.shown(late), contrast(k, late, before), both * gap * (1 - share[k])
            after = (periods >= k).astype(np.float64)
            yield _LATER, adoption.shown(late), adoption.shown(k), contrast(late, k, after), both * gap * share[late]


@frugal
def two_way_weights(formula: str, panel: Panel, *, treatment: str) -> Decomposition:
    r"""Weights that the two-way estimate of a treatment gives to the effects of cohorts and periods; some may be negative.

    .. math:: E[\hat\beta] = \sum_{it: d_{it}=1} w_{it} \tau_{it}, \qquad w_{it} = e_{it} / \sum_{d_{it}=1} e_{it}

    e is the residual of the treatment on effects of entities and periods and the covariates (de Chaisemartin and D'Haultfoeuille 2020,
    theorem 1). ``spread`` is their first measure of robustness.

    Parameters
    ----------
    formula : as for :func:`~toolkit.estimate.treatment.event_study.event_study`.
    panel : balanced or not.
    treatment : a column of 0 and 1, or the first treated period of each entity.

    Raises
    ------
    EstimationError
        If the effects leave nothing of the treatment.

    References
    ----------
    de Chaisemartin and D'Haultfoeuille (2020), American Economic Review 110(9).

    Examples
    --------
    >>> frame = pd.DataFrame({"unit": [1] * 3 + [2] * 3, "year": [1, 2, 3] * 2, "d": [0, 0, 1, 0, 1, 1], "y": [1.0, 1, 3, 0, 2, 4]})
    >>> two_way_weights("y ~ 1", Panel(frame, "unit", "year"), treatment="d").parts["weight"].round(3).tolist()
    [1.0, -0.5, 0.5]
    """
    adoption = read_adoption(formula, panel, treatment, purpose="two_way_weights")
    sample = adoption.sample
    treated = adoption.calendar >= adoption.row_onset
    columns = np.vstack([treated.astype(np.float64), sample.matrix])
    length = np.sqrt((columns[0] ** 2).sum())
    columns -= columns.mean(axis=1, keepdims=True)
    make_absorber(sample.effects).demean(columns)
    residual, outcome = columns[0], columns[1]
    if len(columns) > 2:
        residual = residual - columns[2:].T @ np.linalg.lstsq(columns[2:].T, residual, rcond=None)[0]
    if residual @ residual <= 1e-18 * length**2 or not treated.any():
        raise EstimationError(
            f"effects of entities and periods leave nothing of {treatment}",
            where=f"{int(treated.sum())} of {sample.rows} rows are treated",
            remedy="the treatment must begin inside the panel, and not for all entities at once",
        )
    estimate = float(residual @ outcome / (residual @ residual))
    weights = residual[treated] / residual[treated].sum()
    cells = pd.DataFrame({"cohort": adoption.row_onset[treated], "period": adoption.calendar[treated], "weight": weights, "rows": 1})
    parts = cells.groupby(["cohort", "period"], as_index=False).sum()
    share = parts["rows"] / parts["rows"].sum()
    relative = parts["weight"] / share
    spread = abs(estimate) / float(np.sqrt((share * (relative - 1) ** 2).sum())) if len(parts) > 1 else float("nan")
    signs = np.where(parts["weight"] < 0, "negative", "positive")
    summary = parts.groupby(signs)["weight"].agg(cells="size", weight="sum").rename_axis("weights").reset_index()
    names = {name: list(map(adoption.shown, parts[name])) for name in ("cohort", "period")}
    parts = parts.assign(event_time=parts["period"] - parts["cohort"], **names)  # type: ignore[arg-type]
    return Decomposition(
        estimate=estimate,
        parts=parts[["cohort", "period", "event_time", "rows", "weight"]],
        summary=summary,
        spread=spread,
        warnings=adoption.notes,
    )

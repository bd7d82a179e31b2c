"""First differences: what is constant over time drops out; a gap in time gives no difference."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import TooFewPeriods
from toolkit.estimate.formula.spec import Spec, parse, refuse_instruments, refuse_slopes, with_effects
from toolkit.estimate.formula.terms import Column
from toolkit.estimate.linear.least_squares import fit_statistics, slopes_f
from toolkit.estimate.linear.within import pooled_estimate, within_estimate
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import CONSTANT, NO_CHANGE, NO_EARLIER_ROW, Errors, Omitted, Options, documented
from toolkit.estimate.rows.sample import RowSelection, Sample, drop_singletons, select_with_singletons
from toolkit.estimate.rows.source import panel_source
from toolkit.panel import Panel
from toolkit.threads import frugal


@frugal
@documented
def fit_differences(
    formula: str | Spec,
    data: Panel,
    **errors: Unpack[Errors],
) -> Estimate:
    """Least squares on first differences: y_it - y_i,t-1 = (x_it - x_i,t-1)'b + g_t + e_it - e_i,t-1.

    The intercept and the entity effect drop out of the differences, so ``| province`` changes nothing; ``| province + year`` leaves year
    effects in the differenced equation. A common trend c t is the time variable among the regressors, ``"y ~ x + year"``: its difference
    is one, so c is the constant of Stata's ``regress D.y D.x`` and of R's ``plm(model = "fd")``, which add it unasked. A row whose entity
    is not seen one period earlier gives no difference and is counted. Weights are those of the later period.

    Parameters
    ----------
    formula : in levels, ``"log(rd) ~ log(subsidy) | year"``.
    data : a panel.
    covariance, cluster, weights, small_sample, bandwidth : |options|

    Raises
    ------
    TooFewPeriods, NoSuccessivePeriods
        If no entity is seen in two successive periods: in the rows used, or in the panel.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"id": [1, 1, 2, 2, 3, 3], "t": [1, 2] * 3, "x": [0.0, 1, 0, 2, 0, 3], "y": [5.0, 7, 1, 5, 0, 7]})
    >>> fit_differences("y ~ x", Panel(frame, "id", "t"), covariance="iid").beta.round(3)
    array([2.214])
    """
    source = panel_source(data, "fit_differences")
    spec = refuse_slopes(
        refuse_instruments(parse(formula), "fit_differences"),
        "fit_differences",
        "differences of the terms in fit_within say it: D(y) ~ D(x) | province is the model with trends by province",
    )
    options = Options.read(source, **errors)
    kept = with_effects(spec, tuple(e for e in spec.effects if e.columns != (source.entity,)))
    levels = select_with_singletons(kept, source, options)
    sample = difference(levels)
    means = _level_means(levels, sample)
    if kept.effects:
        found = replace(within_estimate(sample), method="differences")
    else:
        found = _about_the_trend(pooled_estimate(replace(sample, spec=replace(kept, intercept=False)), "differences"), sample)
    omitted = tuple(Omitted(o.term, NO_CHANGE) if o.reason.key == CONSTANT.key else o for o in found.omitted)
    return replace(found, spec=spec, omitted=omitted, means={name: means[name] for name in found.means})


def _about_the_trend(found: Estimate, sample: Sample) -> Estimate:
    """With the time variable among the regressors, R squared and F are those of a regression with a constant."""
    trend = Column(sample.source.time or "").text
    if trend not in found.terms:
        return found
    y, w = sample.matrix[0], sample.weights
    residuals = found.residuals.to_numpy()[sample.positions]
    mass = np.ones(len(y)) if w is None else w
    others = [j for j, term in enumerate(found.terms) if term != trend]
    statistics = {name: value for name, value in found.statistics.items() if name not in ("f", "f_df1", "f_df2", "f_p", "r2_uncentred")}
    tss = float(mass @ (y - np.average(y, weights=w)) ** 2)
    statistics |= fit_statistics(n=len(y), parameters=len(found.terms), rss=float(mass @ residuals**2), tss=tss, weights=w)
    statistics |= slopes_f(found.beta[others], found.vcov[np.ix_(others, others)], found.covariance.df_t)
    warnings = tuple(warning for warning in found.warnings if warning.key != "r2_uncentred")
    return replace(found, statistics=statistics, warnings=warnings)


def _level_means(levels: Sample, differences: Sample) -> dict[str, float]:
    """(Weighted) means in levels over the rows that are used, for elasticities."""
    used = np.isin(levels.positions, differences.positions)
    means = np.average(levels.matrix[:, used], axis=1, weights=differences.weights)
    return dict(zip((levels.spec.outcome, *levels.names), means.tolist(), strict=True))


def difference(sample: Sample) -> Sample:
    """The sample in first differences: each row less the row of the same entity one period earlier."""
    assert sample.entity is not None
    assert sample.calendar is not None
    source, codes, calendar = sample.source, sample.entity.codes, sample.calendar
    follows = np.append(False, (codes[1:] == codes[:-1]) & (np.diff(calendar) == 1))
    ledger = RowSelection(source, sample.positions)
    ledger.drop(~follows, NO_EARLIER_ROW)
    if not ledger.inside.any():
        source.require_successive()
        raise TooFewPeriods(
            "no entity is seen in two successive periods",
            where=f"{sample.rows} rows of {source.label}, {source.span}",
            remedy="use more rows or more periods",
        )
    if sample.options.small_sample not in ("xtreg", "plm"):
        drop_singletons(list(sample.named_effects), ledger)
        ledger.require(sample.spec.formula)
    rows = np.flatnonzero(ledger.inside)
    matrix, original = sample.matrix, sample.raw

    def taken(grouping: Grouping) -> Grouping:
        return grouping.take(ledger.inside)

    def raw(j: int) -> NDArray[np.float64]:
        column = original(j)
        return np.asarray(column[rows] - column[rows - 1])

    return replace(
        sample,
        matrix=matrix[:, rows] - matrix[:, rows - 1],
        weights=None if sample.weights is None else sample.weights[rows],
        effects=tuple(taken(g) for g in sample.effects),
        clusters=tuple(taken(g) for g in sample.clusters),
        entity=taken(sample.entity),
        period=None if sample.period is None else taken(sample.period),
        calendar=calendar[rows],
        dropped=(*sample.dropped, *ledger.dropped),
        positions=sample.positions[rows],
        raw=raw,
    )

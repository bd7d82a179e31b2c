"""Randomisation inference: the regressor dealt out again among the units it could have gone to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.errors import UnknownOption
from toolkit.estimate.inference.exchange import BY, By, Exchange, Fits, cluster_scores, exchange_of, fits_of_columns, problem_of
from toolkit.estimate.linear.refit import Refit, refit
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import Options, one_of
from toolkit.estimate.solve.covariance import estimate_covariance
from toolkit.language import Note, Text, note
from toolkit.numerics import SAME_DRAW, Floats
from toolkit.report import Report, ReportMixin, number, p_equation, warned
from toolkit.threads import frugal

if TYPE_CHECKING:
    from toolkit.estimate.results.estimate import Estimate
    from toolkit.panel import Panel


_FEW = 20  # arrangements below which no test at 5 % is possible


@dataclass(frozen=True, eq=False, repr=False)
class PermutationTest(ReportMixin):
    """A coefficient against those of permuted regressors.

    Attributes
    ----------
    term : the regressor; the null is that it has no effect on any unit.
    by : what exchanged it.
    estimate, t_statistic : of the sample; the t statistic clustered as ``clustered`` says.
    p_value : two-sided, of the coefficient: (1 + #{\\|b*\\| >= \\|b\\|}) / (1 + draws).
    p_value_t : the same for the t statistic, which is valid also where permutation changes the precision.
    draws : number of permutations.
    clustered : cluster variable of the t statistic, "" for none (heteroskedasticity-robust).
    coefficients, statistics : (draws,) of the permuted regressors; NaN where one was collinear, which counts as a large value.
    warnings : what the reader must know.
    """

    term: str
    by: str
    estimate: float
    t_statistic: float
    p_value: float
    p_value_t: float
    draws: int
    clustered: str
    coefficients: Floats = field(repr=False)
    statistics: Floats = field(repr=False)
    warnings: tuple[Note, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """One row: term, by, estimate, statistic, p_value, p_value_t, draws."""
        names = ["term", "by", "estimate", "statistic", "p_value", "p_value_t", "draws"]
        row = (self.term, self.by, self.estimate, self.t_statistic, self.p_value, self.p_value_t, self.draws)
        return pd.DataFrame([row], columns=names)

    def _report(self) -> Report:
        head = f"{self.term} = {number(self.estimate)}, permuted by {self.by}, {self.draws:,} draws"
        tests = f"{p_equation(self.p_value, 4)} (coefficient), {p_equation(self.p_value_t, 4)} (t = {self.t_statistic:.3f})"
        return Report(f"{head}: {tests}", lines=warned(self.warnings))


@frugal
def permutation_test(
    estimate: Estimate,
    panel: Panel | pd.DataFrame | None = None,
    term: str | None = None,
    *,
    by: By = "entity",
    cluster: str | None = None,
    draws: int = 999,
    rng: np.random.Generator,
) -> PermutationTest:
    r"""Test that a regressor has no effect, against the coefficients it has when it is dealt out again (Fisher's sharp null).

    Each draw exchanges the values of the regressor, estimates the model again with everything else as it was, and compares
    \|b*\| with \|b\| and \|t*\| with \|t\|:

    .. math:: p = \frac{1 + \#\{|b^*| \ge |b|\}}{1 + draws}

    * by="entity": entities exchange their whole paths, among entities observed in the same periods.
    * by="cluster": clusters exchange their paths; the regressor must be the same in all rows of a cluster and period (a state's policy).
    * by="within entity": each entity's values change their periods.
    * by="row": single values; right only if the regressor was assigned row by row.

    Choose what was assigned: rows of a treatment that was given to clusters are not exchangeable. No draw needs a fit of its own; see
    :mod:`toolkit.estimate.inference.exchange`.

    Parameters
    ----------
    estimate : pooled, within or first differences, weighted or not, with any absorbed effects.
    panel : the data it was fitted on, where the estimate has dropped its rows.
    term : a slope. Other terms built from the same variable stay as they are.
    by : what exchanges the regressor.
    cluster : for by="cluster"; default the cluster variable of the estimate.
    draws : number of permutations; 999 makes 5% a whole number of draws.
    rng : numpy generator.

    Raises
    ------
    NotEstimable
        The term is not in the estimate, varies within clusters, or no exchange changes anything.
    PanelError, UnknownOption, MissingColumn, TooFewClusters, EstimationError

    References
    ----------
    Fisher (1935), The Design of Experiments; Young (2019), Quarterly Journal of Economics 134(2); MacKinnon and Webb (2020), Journal of
    Econometrics 218(2).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from toolkit.estimate import fit
    >>> from toolkit.panel import Panel
    >>> draw = np.random.default_rng(3)
    >>> frame = pd.DataFrame({"state": np.repeat(np.arange(20), 6), "year": np.tile(np.arange(6), 20)})
    >>> frame["d"] = 1.0 * ((frame["state"] < 10) & (frame["year"] >= 3))
    >>> frame["y"] = frame["d"] + draw.normal(size=120)
    >>> panel = Panel(frame, "state", "year")
    >>> test = permutation_test(fit("y ~ d | state + year", panel), term="d", rng=np.random.default_rng(1))
    >>> test.draws, test.p_value < 0.05
    (999, True)
    """
    one_of("by", by, BY)
    if draws < 1 or int(draws) != draws:
        raise UnknownOption(f"draws={draws!r} cannot be used", remedy="a whole number such as 999")
    if cluster is not None and by != "cluster":
        raise UnknownOption(f"by={by!r} takes no cluster", remedy="leave cluster out, or use by='cluster'")
    rows = refit(estimate, panel, "permutation_test")
    j = rows.slope(term)
    unit = rows.cluster(cluster, "permutation") if by == "cluster" else None
    position = rows.sample.names.index(estimate.terms[j])
    exchange = exchange_of(rows, rows.sample.raw(position), by, unit)
    name, groups, factor = _clustering(rows)
    fits = _fits(rows=rows, j=j, exchange=exchange, by=by, groups=groups, draws=int(draws), rng=rng)
    r = rows.partialled(j)
    score = groups.sums(rows.weighted(r * rows.residuals))
    beta = float(estimate.beta[j])
    plain = beta / (float(np.sqrt(score @ score)) * float(rows.bread[j, j]))
    return PermutationTest(
        term=estimate.terms[j],
        by=f"cluster ({unit[0]})" if unit else by,
        estimate=beta,
        t_statistic=plain / np.sqrt(factor),
        p_value=_p_value(fits.coefficients, beta),
        p_value_t=_p_value(fits.statistics, plain),
        draws=int(draws),
        clustered=name,
        coefficients=fits.coefficients,
        statistics=fits.statistics / np.sqrt(factor),
        warnings=tuple(_warnings(exchange, fits, by, int(draws))),
    )


def _clustering(rows: Refit) -> tuple[str, Grouping, float]:
    """Cluster variable, groups and small-sample factor of the t statistic: those of the estimate (the first of two), else single rows."""
    own, options = rows.options.clusters, rows.options
    if own:
        name, groups = rows.cluster(own[0], "the t statistic")
        options = replace(options, clusters=(name,))
        return name, groups, estimate_covariance(rows.design((groups,)), options)[1].factor_value
    options = Options(covariance="HC1", clusters=(), small_sample=options.small_sample, weights=options.weights, bandwidth=None)
    return "", Grouping(np.arange(rows.n), rows.n), estimate_covariance(rows.design(()), options)[1].factor_value


def _fits(rows: Refit, j: int, exchange: Exchange, by: By, groups: Grouping, draws: int, rng: np.random.Generator) -> Fits:
    problem = problem_of(rows, j, groups)
    pieces = cluster_scores(problem, exchange) if by == "cluster" else None
    commutes = by == "entity" and rows.weights is None and rows.sample.spec.absorbs_only((rows.source.entity, rows.source.time))
    if commutes:
        exchange = exchange.carrying(rows.columns[j])
    elif rows.absorber is not None or rows.estimate.constant is not None:
        exchange = replace(exchange, values=exchange.values - np.nanmean(exchange.values))  # a large mean costs digits
    if pieces is None:
        found = [fits_of_columns(problem, exchange, assigned, commutes) for assigned in exchange.blocks(draws, rng)]
    else:
        found = [pieces.fits(problem, exchange.draw(draws, rng))]
    return Fits(np.concatenate([f.coefficients for f in found]), np.concatenate([f.statistics for f in found]))


def _p_value(permuted: Floats, observed: float) -> float:
    return float(1 + np.count_nonzero(~(np.abs(permuted) < abs(observed) * (1 - SAME_DRAW)))) / (1 + len(permuted))


def _warnings(exchange: Exchange, fits: Fits, by: By, draws: int) -> Iterator[Note]:
    different = np.exp(min(exchange.log_arrangements, 50.0))
    if different < max(draws, _FEW):
        text = Text(
            "Only {arrangements:.0f} different arrangements exist: no p-value below {least:.2g} is meaningful.",
            "仅有{arrangements:.0f}种不同的排列，低于{least:.2g}的p值没有意义。",
        )
        yield note("few_arrangements", text, arrangements=different, least=1 / different)
    if exchange.kept and by in ("entity", "cluster"):
        text = Text(
            "{kept} of {all} {units} share their periods with no other and keep their values.",
            "{all}个{units}中有{kept}个的观测时期与其他{units}均不相同，其取值保持不变。",
        )
        units = Text("entities", "个体") if by == "entity" else Text("clusters", "聚类")
        yield note("kept_in_place", text, kept=exchange.kept, all=len(exchange.strata), units=units)
    collinear = int(np.isnan(fits.coefficients).sum())
    if collinear:
        text = Text(
            "In {draws} draws the permuted regressor was collinear with the others or the effects; they count as large.",
            "有{draws}次抽样中，置换后的解释变量与其他变量或固定效应共线，按极端值计。",
        )
        yield note("collinear_draws", text, draws=collinear)

"""The restricted wild cluster bootstrap: p-values and confidence intervals when clusters are few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate.dynamic.result import DynamicEstimate
from toolkit.estimate.inference.wild_draws import ClusterScores, Draws, Sums, cluster_scores, joined, statistics_of, sums_of
from toolkit.estimate.inference.wild_instruments import InstrumentRows, RestrictedModel, instrument_rows, restricted
from toolkit.estimate.inference.wild_scheme import (
    Multiplier,
    WildBootstrap,
    WildOptions,
    WildScheme,
    WildTests,
    all_signs,
    coarse,
    factor_of,
    multipliers_of,
    no_variance,
    procedure_of,
    scheme_of,
    without_variance,
)
from toolkit.estimate.inference.wild_scores import GmmRows, Scores, gmm_rows, scores_of
from toolkit.estimate.instruments.fit import InstrumentsEstimate
from toolkit.estimate.linear.fitted import FittedRows
from toolkit.estimate.linear.refit import LINEAR, Refit, refit
from toolkit.language import Name, Note, Text, note
from toolkit.numerics import NO_VARIANCE, SAME_DRAW, Floats
from toolkit.threads import frugal

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.estimate.results.estimate import Estimate
    from toolkit.panel import Panel

_STEPS = 90  # angles looked at on each side of the estimate
_HALVINGS = 40


def _share_at(draws: Draws, angle: float, enumerated: bool) -> float:
    """The p-value at the null whose distance from the estimate is tan(angle) standard errors (without factor).

    Enumerated draws hold the sample itself; to random draws it is added: (1 + #)/(1 + draws).
    """
    count = int(np.count_nonzero(draws.at_least(float(np.sin(angle)), max(float(np.cos(angle)), 0.0))))
    return count / len(draws.n0) if enumerated else (1 + count) / (1 + len(draws.n0))


def interval(draws: Draws, alpha: float, enumerated: bool) -> tuple[float, float, bool]:
    """(low, high, connected): distances from the estimate, in standard errors, of the outermost nulls with a p-value above ``alpha``.

    The angle runs from the estimate (0) to infinity (a right angle) on each side, so that an unbounded interval is found like any other;
    ``connected`` is false if a null in between is rejected.
    """
    low, inner = _outermost(draws, alpha, enumerated, -1.0)
    high, outer = _outermost(draws, alpha, enumerated, 1.0)
    return low, high, inner and outer


def _outermost(draws: Draws, alpha: float, enumerated: bool, sign: float) -> tuple[float, bool]:
    angles = sign * np.linspace(0, np.pi / 2, _STEPS + 1)
    accepted = np.array([True, *(_share_at(draws, angle, enumerated) > alpha for angle in angles[1:])])
    last = int(np.flatnonzero(accepted)[-1])
    connected = bool(accepted[: last + 1].all())
    if last == _STEPS:
        return sign * np.inf, connected
    inside, outside = float(angles[last]), float(angles[last + 1])
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if _share_at(draws, middle, enumerated) > alpha:
            inside = middle
        else:
            outside = middle
    return float(np.tan(inside)), connected


_COMPARABLE = 3  # clusters from which the share of one is informative
_DOMINATED = 0.5  # share of one cluster in the variation of a regressor above which the bootstrap is known to mislead

_UNBOUNDED = note(
    "unbounded",
    Text("The confidence interval is unbounded: no null far from the estimate is rejected at this level.", "野自助法置信区间无界。"),
)
_SEPARATE = note(
    "separate_intervals",
    Text(
        "The nulls that are not rejected form separate intervals; the one given spans them all.",
        "未被拒绝的取值构成分离的区间，所报区间为其包络。",
    ),
)


@frugal
def wild_cluster_bootstrap(
    estimate: Estimate,
    panel: Panel | pd.DataFrame | None = None,
    term: str | None = None,
    *,
    null: float = 0.0,
    draws: int = 9999,
    weights: Multiplier = "rademacher",
    cluster: str | None = None,
    rng: np.random.Generator,
    level: float = 0.95,
) -> WildBootstrap:
    r"""Test one coefficient by the wild cluster bootstrap with the null imposed (Cameron, Gelbach and Miller 2008).

    The model is estimated under b = null; its residuals are multiplied by one random v_g per cluster, and each draw gives a t statistic

    .. math:: y^*_{ig} = \tilde y_{ig} + v_g \tilde u_{ig}, \qquad t^* = (\hat b^* - null) / se_{cluster}(\hat b^*)

    Absorbed effects are removed once from G columns instead of once per draw, which is exact since removing them is linear; all
    draws are then one product with G x G matrices, at every null.

    * p-value: two-sided and symmetric, the share of draws with \|t*\| >= \|t\|. Draws that equal the statistic or have no variance count,
      the sample itself among them: p = #/2^G when all signs are enumerated, (1 + #)/(1 + draws) otherwise.
    * interval: the smallest one that holds every null whose p-value is above 1 - level, by the same draws. It may be unbounded.

    What stands for it elsewhere, named in ``procedure``:

    * between: entity means are the rows; clustered by entity each has its own sign (robust to heteroskedasticity).
    * random effects: quasi-demeaned rows, theta held at its estimate.
    * instruments (2SLS, LIML, Fuller): the wild restricted efficient bootstrap of Davidson and MacKinnon (2010), which draws the first
      stage along with the outcome, by clusters as in Roodman et al. (2019). No interval: every null needs its own first stage.
    * difference and system GMM: the score bootstrap of Kline and Santos (2012) under the restricted estimate, its weights held. The
      score statistic is bounded, so that with few entities the interval is often unbounded.

    Parameters
    ----------
    estimate : any of the linear estimators, with any covariance. Absorbed effects may be nested in the clusters or not.
    panel : the data it was fitted on, where the estimate has dropped its rows.
    term : a slope.
    null : the value to test.
    draws : number of random draws; 999, 9999, ... make 5% a whole number of draws. All 2^G are taken instead with rademacher and G <= 12.
    weights : "rademacher" (default), "webb" (six values, for fewer than about 8 clusters) or "mammen".
    cluster : one column; default the cluster variable of the estimate, else the entity.
    rng : numpy generator.
    level : of the interval.

    Raises
    ------
    NotEstimable
        The term is not in the estimate, its clustered variance is zero, or the panel is not the one it was fitted on.
    TooFewClusters, MissingColumn, EstimationError, UnknownOption

    References
    ----------
    Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90(3); Roodman, MacKinnon, Nielsen and Webb (2019), Stata
    Journal 19(1); Webb (2023), Canadian Journal of Economics 56(3); Davidson and MacKinnon (2010), Journal of Business and Economic
    Statistics 28(1); Kline and Santos (2012), Journal of Econometric Methods 1(1).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from toolkit.estimate import fit
    >>> from toolkit.panel import Panel
    >>> draw = np.random.default_rng(3)
    >>> frame = pd.DataFrame({"state": np.repeat(np.arange(10), 6), "year": np.tile(np.arange(6), 10), "x": draw.normal(size=60)})
    >>> frame["y"] = frame["x"] + draw.normal(size=60) + draw.normal(size=10)[frame["state"]]
    >>> panel = Panel(frame, "state", "year")
    >>> test = wild_cluster_bootstrap(fit("y ~ x | state + year", panel), term="x", rng=np.random.default_rng(1))
    >>> test.enumerated, test.draws, test.p_value < 0.05, test.low < 1 < test.high
    (True, 1024, True, True)
    """
    return _bootstrap(
        estimate=estimate,
        panel=panel,
        terms=(term,),
        null=null,
        options=WildOptions(purpose="wild_cluster_bootstrap", draws=draws, weights=weights, cluster=cluster, level=level),
        rng=rng,
    )[0]


@frugal
def wild_tests(
    estimate: Estimate,
    panel: Panel | pd.DataFrame | None = None,
    terms: Sequence[str] = (),
    *,
    draws: int = 9999,
    weights: Multiplier = "rademacher",
    cluster: str | None = None,
    rng: np.random.Generator,
    level: float = 0.95,
) -> WildTests:
    """:func:`wild_cluster_bootstrap` that each coefficient is zero, for ``terms`` (default all slopes), from the same multipliers.

    The answer goes to ``regression_table(..., wild=[...])``, which prints a row of p-values under the coefficients.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from toolkit.estimate import fit
    >>> draw = np.random.default_rng(3)
    >>> frame = pd.DataFrame({"g": np.repeat(np.arange(8), 6), "x": draw.normal(size=48), "z": draw.normal(size=48)})
    >>> frame["y"] = frame["x"] + draw.normal(size=48)
    >>> tests = wild_tests(fit("y ~ x + z", frame, cluster="g"), rng=np.random.default_rng(1))
    >>> [test.term for test in tests.tests]
    ['x', 'z']
    >>> str(tests.method)
    'restricted wild cluster bootstrap by g, all 256 Rademacher draws'
    """
    named = (terms,) if isinstance(terms, str) else tuple(terms)
    return WildTests(
        tuple(
            _bootstrap(
                estimate=estimate,
                panel=panel,
                terms=named,
                null=0.0,
                options=WildOptions(purpose="wild_tests", draws=draws, weights=weights, cluster=cluster, level=level),
                rng=rng,
            )
        )
    )


def _bootstrap(
    estimate: Estimate,
    panel: Panel | pd.DataFrame | None,
    terms: Sequence[str | None],
    null: float,
    options: WildOptions,
    rng: np.random.Generator,
) -> list[WildBootstrap]:
    """The tests of ``terms``, all slopes if there are none, from the same multipliers."""
    if not np.isfinite(null):
        raise UnknownOption(f"null={null} cannot be tested", remedy="a finite number")
    rows = _rows_behind(estimate, panel, options.purpose)
    chosen = [rows.slope(term) for term in terms or [name for j, name in enumerate(estimate.terms) if j != estimate.constant]]
    if not chosen:
        raise NotEstimable("the estimate has no slope to test", where=estimate.spec.formula, remedy="add a regressor")
    scheme = scheme_of(rows, options)
    if isinstance(rows, InstrumentRows):
        return _efficient(rows=rows, chosen=chosen, null=null, scheme=scheme, rng=rng)
    return _tests(rows=rows, chosen=chosen, null=null, scheme=scheme, rng=rng)


def _rows_behind(estimate: Estimate, panel: Panel | pd.DataFrame | None, purpose: str) -> Refit | GmmRows | InstrumentRows:
    """The rows of the estimate, by its kind."""
    if isinstance(estimate, InstrumentsEstimate):
        return instrument_rows(estimate, panel, purpose)
    if isinstance(estimate, DynamicEstimate):
        return gmm_rows(estimate, panel, purpose)
    return refit(estimate, panel, purpose, methods=(*LINEAR, "between", "random"))


def _efficient(
    rows: InstrumentRows, chosen: Sequence[int], null: float, scheme: WildScheme, rng: np.random.Generator
) -> list[WildBootstrap]:
    """The WRE bootstrap. A draw turned over is another draw, as the first stage turns over with it: all 2^G are taken."""
    models = [restricted(rows, j, null) for j in chosen]
    sums = [sums_of(rows, model, scheme.groups) for model in models]
    whole = [all_signs(scheme.groups.levels)] if scheme.enumerated else multipliers_of(scheme, rng)
    blocks = [[statistics_of(rows, m, part, block) for m, part in zip(models, sums, strict=True)] for block in whole]
    drawn = [np.concatenate(column) for column in zip(*blocks, strict=True)]
    return [
        _efficient_result(rows=rows, j=j, null=null, model=m, sums=part, drawn=t, scheme=scheme)
        for j, m, part, t in zip(chosen, models, sums, drawn, strict=True)
    ]


def _efficient_result(
    rows: InstrumentRows, j: int, null: float, model: RestrictedModel, sums: Sums, drawn: Floats, scheme: WildScheme
) -> WildBootstrap:
    own = float(statistics_of(rows, model, sums, np.ones((1, scheme.groups.levels)))[0])
    if np.isnan(own):
        no_variance(rows, j, scheme, f"its scores sum to zero in every {scheme.cluster}")
    undefined = np.isnan(drawn)
    least = abs(own) - SAME_DRAW * (1 + abs(own))  # at the estimate itself t is rounding, and every draw counts
    count = int(np.count_nonzero(undefined | (np.abs(np.where(undefined, 0.0, drawn)) >= least)))
    root = float(np.sqrt(factor_of(rows, scheme)))
    return WildBootstrap(
        term=rows.estimate.terms[j],
        null=null,
        estimate=float(rows.estimate.beta[j]),
        t_statistic=own / root,
        p_value=count / len(drawn) if scheme.enumerated else (1 + count) / (1 + len(drawn)),
        low=np.nan,
        high=np.nan,
        level=scheme.level,
        draws=scheme.draws,
        enumerated=scheme.enumerated,
        weights=scheme.weights,
        cluster=scheme.cluster,
        clusters=scheme.groups.levels,
        procedure=procedure_of(rows, scheme),
        statistics=drawn / root,
        warnings=(*coarse(scheme), *without_variance(drawn)),
    )


def _tests(rows: Refit | GmmRows, chosen: Sequence[int], null: float, scheme: WildScheme, rng: np.random.Generator) -> list[WildBootstrap]:
    parts = [_part(rows, j, scheme) for j in chosen]
    blocks = [[part.draws(block) for part in parts] for block in multipliers_of(scheme, rng)]
    found = [joined(column) for column in zip(*blocks, strict=True)]
    factor = factor_of(rows, scheme)
    return [
        _result(rows=rows, j=j, null=null, factor=factor, part=part, drawn=drawn, scheme=scheme)
        for j, part, drawn in zip(chosen, parts, found, strict=True)
    ]


def _part(rows: Refit | GmmRows, j: int, scheme: WildScheme) -> ClusterScores | Scores:
    if isinstance(rows, GmmRows):
        return scores_of(rows, j, scheme.cluster, scheme.groups)
    part = cluster_scores(rows, j, scheme.groups)
    _require_variance(rows, j, part, scheme)
    return part


def _require_variance(rows: Refit, j: int, part: ClusterScores, scheme: WildScheme) -> None:
    possible = float(np.sqrt(rows.rss * rows.bread[j, j]))  # in units of the coefficient, as part.unit is
    outcome = rows.sample.matrix[0]
    perfect = rows.rss <= NO_VARIANCE**2 * float(outcome @ rows.weighted(outcome))
    if part.unit <= NO_VARIANCE * possible or perfect:
        no_variance(rows, j, scheme, "the fit is perfect" if perfect else f"its scores sum to zero in every {scheme.cluster}")


def _result(
    rows: Refit | GmmRows, j: int, null: float, factor: float, part: ClusterScores | Scores, drawn: Draws, scheme: WildScheme
) -> WildBootstrap:
    beta = float(rows.estimate.beta[j])
    d = (null - beta) / part.unit
    alpha = round(1 - scheme.level, 12)  # 1 - 0.9 is less than 0.1
    low, high, connected = interval(drawn, alpha, scheme.enumerated)
    statistics = drawn.statistics(d) / np.sqrt(factor)
    return WildBootstrap(
        term=rows.estimate.terms[j],
        null=null,
        estimate=beta,
        t_statistic=drawn.observed(d) / float(np.sqrt(factor)),
        p_value=_share_at(drawn, float(np.arctan(d)), scheme.enumerated),
        low=beta + low * part.unit,
        high=beta + high * part.unit,
        level=scheme.level,
        draws=scheme.draws,
        enumerated=scheme.enumerated,
        weights=scheme.weights,
        cluster=scheme.cluster,
        clusters=scheme.groups.levels,
        procedure=procedure_of(rows, scheme),
        statistics=np.concatenate([statistics, -statistics]) if scheme.enumerated else statistics,
        warnings=(*coarse(scheme), *_dominated(rows, part, scheme), *without_variance(statistics), *_shape(part, low, high, connected)),
    )


def _dominated(rows: FittedRows, part: ClusterScores | Scores, scheme: WildScheme) -> Iterator[Note]:
    if isinstance(part, Scores) or scheme.groups.levels < _COMPARABLE:
        return
    top = int(part.a1.argmax())
    if part.a1[top] > _DOMINATED:
        value = rows.source.frame[scheme.cluster].iloc[int(rows.sample.positions[int((scheme.groups.codes == top).argmax())])]
        text = Text(
            "{name} {value} holds {share:.0%} of the variation of the regressor: the bootstrap can reject far too rarely.",
            "单个聚类（{name}：{value}）占该变量变异的{share:.0%}，bootstrap的拒绝率可能远低于名义水平。",
        )
        yield note("dominated", text, name=Name(scheme.cluster), value=value, share=float(part.a1[top]))


def _shape(part: ClusterScores | Scores, low: float, high: float, connected: bool) -> Iterator[Note]:
    """Only for t tests: a score statistic is bounded, so that its interval is often unbounded and rarely connected."""
    if isinstance(part, Scores):
        return
    if not (np.isfinite(low) and np.isfinite(high)):
        yield _UNBOUNDED
    if not connected:
        yield _SEPARATE

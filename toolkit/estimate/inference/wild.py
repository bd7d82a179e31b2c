"""The restricted wild cluster bootstrap: p-values and confidence intervals when clusters are few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate.covariance import estimate_covariance
from toolkit.estimate.inference.multipliers import (
    MOST_ENUMERATED,
    MULTIPLIERS,
    Multiplier,
    half_of_all_signs,
    random_multipliers,
)
from toolkit.estimate.inference.wild_interval import interval, share_at
from toolkit.estimate.inference.wild_pieces import Draws, Pieces, draws_of, joined, pieces_of
from toolkit.estimate.inference.wild_result import WildBootstrap, WildTests
from toolkit.estimate.options import Options, one_of
from toolkit.estimate.predict import INTERCEPT
from toolkit.estimate.refit import Refit, refit

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.estimate.groups import Grouping
    from toolkit.estimate.result import Estimate
    from toolkit.panel import Panel

Floats = NDArray[np.float64]

NO_VARIANCE = 1e-11  # sums of scores below this share of what the rows could give are rounding
COARSE = 6  # clusters below which two-point weights give too few different draws
DOMINATED = 0.5  # share of one cluster in the variation of a regressor above which the bootstrap is known to mislead


def wild_cluster_bootstrap(
    estimate: Estimate,
    panel: Panel | pd.DataFrame,
    term: str,
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

    Parameters
    ----------
    estimate : pooled, within or first differences, weighted or not, with any covariance and any absorbed effects (nested in the clusters
        or not).
    panel : the data it was fitted on.
    term : a slope.
    null : the value to test.
    draws : number of random draws; 999, 9999, ... make 5 % a whole number of draws. All 2^G are taken instead with rademacher and G <= 12.
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
    Journal 19(1); Webb (2023), Canadian Journal of Economics 56(3).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from toolkit.estimate import fit
    >>> from toolkit.panel import Panel
    >>> draw = np.random.default_rng(3)
    >>> frame = pd.DataFrame({"state": np.repeat(np.arange(10), 6), "year": np.tile(np.arange(6), 10), "x": draw.normal(size=60)})
    >>> frame["y"] = frame["x"] + draw.normal(size=60) + draw.normal(size=10)[frame["state"]]
    >>> panel = Panel(frame, "state", "year")
    >>> test = wild_cluster_bootstrap(fit("y ~ x | state + year", panel), panel, "x", rng=np.random.default_rng(1))
    >>> test.enumerated, test.draws, test.p_value < 0.05, test.low < 1 < test.high
    (True, 1024, True, True)
    """
    rows = refit(estimate, panel, "wild_cluster_bootstrap")
    j = rows.slope(term)
    return _tests(rows, [j], null, _setting(rows, draws, weights, cluster, level), rng)[0]


def wild_tests(
    estimate: Estimate,
    panel: Panel | pd.DataFrame,
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
    >>> tests = wild_tests(fit("y ~ x + z", frame, cluster="g"), frame, rng=np.random.default_rng(1))
    >>> [test.term for test in tests.tests]
    ['x', 'z']
    >>> tests.method
    'restricted wild cluster bootstrap by g, all 256 Rademacher draws'
    """
    rows = refit(estimate, panel, "wild_tests")
    named = [terms] if isinstance(terms, str) else terms
    chosen = [rows.slope(term) for term in named or [name for name in estimate.terms if name != INTERCEPT]]
    if not chosen:
        raise NotEstimable("the estimate has no slope to test", where=estimate.spec.formula, remedy="add a regressor")
    return WildTests(tuple(_tests(rows, chosen, 0.0, _setting(rows, draws, weights, cluster, level), rng)))


@dataclass(frozen=True)
class _Setting:
    """What all terms of a call share."""

    cluster: str
    groups: Grouping
    weights: Multiplier
    enumerated: bool
    draws: int
    level: float


def _setting(rows: Refit, draws: int, weights: Multiplier, cluster: str | None, level: float) -> _Setting:
    one_of("weights", weights, MULTIPLIERS)
    if draws < 1 or int(draws) != draws:
        raise UnknownOption(f"draws={draws!r} cannot be used", remedy="a whole number such as 999 or 9999")
    if not 0 < level < 1:
        raise UnknownOption(f"level={level} is no confidence level", remedy="a number between 0 and 1, such as 0.95")
    name, groups = rows.cluster(cluster, "the wild cluster bootstrap")
    enumerated = weights == "rademacher" and groups.levels <= MOST_ENUMERATED
    return _Setting(name, groups, weights, enumerated, 2**groups.levels if enumerated else int(draws), level)


def _multipliers(setting: _Setting, rng: np.random.Generator) -> Iterator[Floats]:
    if setting.enumerated:
        return iter([half_of_all_signs(setting.groups.levels)])
    return random_multipliers(setting.weights, setting.draws, setting.groups.levels, rng)


def _tests(rows: Refit, chosen: Sequence[int], null: float, setting: _Setting, rng: np.random.Generator) -> list[WildBootstrap]:
    if not np.isfinite(null):
        raise UnknownOption(f"null={null} cannot be tested", remedy="a finite number")
    parts = [pieces_of(rows, j, setting.groups) for j in chosen]
    for j, part in zip(chosen, parts, strict=True):
        _require_variance(rows, j, part, setting)
    blocks = [[draws_of(part, block) for part in parts] for block in _multipliers(setting, rng)]
    found = [joined(column) for column in zip(*blocks, strict=True)]
    factor = _factor(rows, setting)
    return [_result(rows, j, null, factor, part, drawn, setting) for j, part, drawn in zip(chosen, parts, found, strict=True)]


def _factor(rows: Refit, setting: _Setting) -> float:
    """The small-sample factor of the clustered covariance, by the convention of the estimate."""
    options = Options("cluster", (setting.cluster,), rows.options.small_sample, rows.options.weights, None)
    return estimate_covariance(rows.design((setting.groups,)), options)[1].factor_value


def _require_variance(rows: Refit, j: int, part: Pieces, setting: _Setting) -> None:
    possible = float(np.sqrt(rows.rss * rows.bread[j, j]))  # in units of the coefficient, as part.unit is
    outcome = rows.sample.matrix[0]
    perfect = rows.rss <= NO_VARIANCE**2 * float(outcome @ rows.weighted(outcome))
    if part.unit <= NO_VARIANCE * possible or perfect:
        reason = "the fit is perfect" if perfect else f"its scores sum to zero in every {setting.cluster}"
        raise NotEstimable(
            f"the variance of {rows.estimate.terms[j]} clustered by {setting.cluster} is zero: {reason}",
            where=rows.estimate.spec.formula,
            remedy="a coefficient that only one cluster identifies has no clustered test; cluster at a finer level",
        )


def _result(rows: Refit, j: int, null: float, factor: float, part: Pieces, drawn: Draws, setting: _Setting) -> WildBootstrap:
    beta = float(rows.estimate.beta[j])
    d = (null - beta) / part.unit
    alpha = round(1 - setting.level, 12)  # 1 - 0.9 is less than 0.1
    low, high, connected = interval(drawn, alpha, setting.enumerated)
    statistics = drawn.statistics(d) / np.sqrt(factor)
    return WildBootstrap(
        term=rows.estimate.terms[j],
        null=null,
        estimate=beta,
        t_statistic=-d / np.sqrt(factor),
        p_value=share_at(drawn, float(np.arctan(d)), setting.enumerated),
        low=beta + low * part.unit,
        high=beta + high * part.unit,
        level=setting.level,
        draws=setting.draws,
        enumerated=setting.enumerated,
        weights=setting.weights,
        cluster=setting.cluster,
        clusters=setting.groups.levels,
        statistics=np.concatenate([statistics, -statistics]) if setting.enumerated else statistics,
        warnings=(*_warnings(rows, part, setting), *_warnings_of_draws(statistics, low, high, connected)),
    )


def _warnings(rows: Refit, part: Pieces, setting: _Setting) -> Iterator[str]:
    g, name = setting.groups.levels, setting.cluster
    if setting.weights != "webb" and g < COARSE:
        kinds = 2 ** (g - 1) if setting.weights == "rademacher" else 2**g
        yield f"{g} clusters by {name} give {kinds} different draws: p-values are coarse; weights='webb' gives finer ones."
    top = int(part.a1.argmax())
    if part.a1[top] > DOMINATED and g > 2:
        value = rows.source.frame[name].iloc[int(rows.sample.positions[int((setting.groups.codes == top).argmax())])]
        yield f"{name} {value} holds {part.a1[top]:.0%} of the variation of the regressor: the bootstrap can reject far too rarely."


def _warnings_of_draws(statistics: Floats, low: float, high: float, connected: bool) -> Iterator[str]:
    undefined = np.isnan(statistics)
    if undefined.any():
        yield f"{undefined.mean():.1%} of the draws have no variance; they count as large."
    if not (np.isfinite(low) and np.isfinite(high)):
        yield "The confidence interval is unbounded: no null far from the estimate is rejected at this level."
    if not connected:
        yield "The nulls that are not rejected form separate intervals; the one given spans them all."

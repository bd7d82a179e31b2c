"""What a wild bootstrap is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate.inference.wild_instruments import InstrumentRows
from toolkit.estimate.inference.wild_scores import GmmRows
from toolkit.estimate.linear.fitted import FittedRows
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import Options, one_of
from toolkit.estimate.solve.absorb import rank_of
from toolkit.estimate.solve.covariance import cluster_info, counted_effects
from toolkit.language import Name, Note, Text, note
from toolkit.numerics import Floats
from toolkit.report import Report, ReportMixin, number, p_equation, report_table, warned

Multiplier = Literal["rademacher", "webb", "mammen"]
MULTIPLIERS: tuple[Multiplier, ...] = ("rademacher", "webb", "mammen")
_MOST_ENUMERATED = 12  # clusters up to which all 2^G Rademacher draws are taken
CELLS = 4_000_000  # cells of one block of draws (32 MB)

_ROOT5 = 5**0.5
_WEBB = np.array([-(1.5**0.5), -1.0, -(0.5**0.5), 0.5**0.5, 1.0, 1.5**0.5])
_MAMMEN = (1 - _ROOT5) / 2, (1 + _ROOT5) / 2
_MAMMEN_SHARE = (_ROOT5 + 1) / (2 * _ROOT5)  # of the negative value


def half_of_all_signs(clusters: int) -> Floats:
    """(2^(G-1), G) all Rademacher draws whose first sign is +1; the other half are their mirror images.

    Examples
    --------
    >>> half_of_all_signs(2)
    array([[ 1.,  1.],
           [ 1., -1.]])
    """
    numbers = np.arange(2 ** (clusters - 1))
    others = (numbers[:, None] >> np.arange(clusters - 1)) & 1
    return 1.0 - 2.0 * np.column_stack([np.zeros_like(numbers), others])


def all_signs(clusters: int) -> Floats:
    """(2^G, G) all Rademacher draws, the identity first.

    Examples
    --------
    >>> all_signs(1)
    array([[ 1.],
           [-1.]])
    """
    half = half_of_all_signs(clusters)
    return np.concatenate([half, -half])


def random_multipliers(kind: Multiplier, draws: int, clusters: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Blocks (m, G) of ``draws`` multipliers with mean 0 and variance 1.

    rademacher: -1 or 1. webb: six values, plus or minus sqrt(1/2), 1, sqrt(3/2) (Webb 2023). mammen: (1 - sqrt 5)/2 or (1 + sqrt 5)/2,
    third moment 1 (Mammen 1993).
    """
    size = max(1, CELLS // clusters)
    for start in range(0, draws, size):
        shape = (min(size, draws - start), clusters)
        if kind == "rademacher":
            yield np.array([1.0, -1.0])[rng.integers(0, 2, shape, dtype=np.int8)]
        elif kind == "webb":
            yield _WEBB[rng.integers(0, 6, shape, dtype=np.int8)]
        else:
            yield np.where(rng.random(shape) < _MAMMEN_SHARE, *_MAMMEN).astype(np.float64)


_DRAWS = Text("{procedure}, {draws:,} {kind} draws", "{procedure}，{kind}权重，抽样{draws:,}次")
_ALL_DRAWS = Text("{procedure}, all {draws:,} {kind} draws", "{procedure}，{kind}权重，抽样{draws:,}次")
_ABOUT = Text("{term}: {said}", "{term}：{said}")


@dataclass(frozen=True, eq=False, repr=False)
class WildBootstrap(ReportMixin):
    """A coefficient tested by the wild cluster bootstrap, or the one of its kind that its estimator has.

    Attributes
    ----------
    term, null : the hypothesis: the coefficient of ``term`` is ``null``.
    estimate : the coefficient.
    t_statistic : (estimate - null) / clustered standard error, with the small-sample factor of the estimate. For GMM the score statistic,
        whose standard error is that under the null.
    p_value : two-sided, symmetric; ties count.
    low, high : interval of the nulls that are not rejected at 1 - level; infinite where it is unbounded. Missing with instruments, where
        every null needs its own first stage.
    level : of the interval.
    draws : number of draws.
    enumerated : whether these are all sign patterns there are.
    weights : "rademacher", "webb" or "mammen".
    cluster, clusters : the cluster variable, and how many there are.
    procedure : what was done, in words.
    statistics : (draws,) bootstrap t statistics under the null.
    warnings : what the reader must know.
    """

    term: str
    null: float
    estimate: float
    t_statistic: float
    p_value: float
    low: float
    high: float
    level: float
    draws: int
    enumerated: bool
    weights: str
    cluster: str
    clusters: int
    procedure: Note
    statistics: NDArray[np.float64] = field(repr=False)
    warnings: tuple[Note, ...] = ()

    @property
    def method(self) -> Note:
        """How the p-value was computed, in words."""
        text = _ALL_DRAWS if self.enumerated else _DRAWS
        return note("wild_method", text, procedure=self.procedure, draws=self.draws, kind=self.weights.capitalize())

    def tidy(self) -> pd.DataFrame:
        """One row: term, null, estimate, statistic, p_value, conf_low, conf_high, clusters, draws."""
        return _frame([self])

    def _report(self) -> Report:
        p = p_equation(self.p_value, 4)
        head = f"{self.term} = {number(self.estimate)}, H0: {self.null:g}, t = {self.t_statistic:.3f}, wild {p}"
        line = head if np.isnan(self.low) else f"{head}, {self.level:.0%} interval [{number(self.low)}, {number(self.high)}]"
        return Report(line, lines=(self.method, *warned(self.warnings)))


@dataclass(frozen=True, repr=False)
class WildTests(ReportMixin):
    """Wild bootstrap tests of the coefficients of one estimate.

    Attributes
    ----------
    tests : one per term.
    """

    tests: tuple[WildBootstrap, ...]

    @property
    def p_values(self) -> dict[str, float]:
        """Term -> p-value."""
        return {test.term: test.p_value for test in self.tests}

    @property
    def method(self) -> Note:
        """How the p-values were computed, in words."""
        return self.tests[0].method

    @property
    def warnings(self) -> tuple[Note, ...]:
        """What the reader must know, each with its term and under its own key."""
        return tuple(Note(w.key, _ABOUT, (("term", Name(test.term)), ("said", w))) for test in self.tests for w in test.warnings)

    def tidy(self) -> pd.DataFrame:
        """One row per term."""
        return _frame(self.tests)

    def _report(self) -> Report:
        return Report(tables=(report_table(self.tidy()),), lines=(self.method, *warned(self.warnings)))


def _frame(tests: Sequence[WildBootstrap]) -> pd.DataFrame:
    names = ["term", "null", "estimate", "statistic", "p_value", "conf_low", "conf_high", "clusters", "draws"]
    rows = [(t.term, t.null, t.estimate, t.t_statistic, t.p_value, t.low, t.high, t.clusters, t.draws) for t in tests]
    return pd.DataFrame(rows, columns=names)


_COARSE = 6  # clusters below which two-point weights give too few different draws

_WILD_CLUSTERS = Text("restricted wild cluster bootstrap by {name}", "按{name}聚类的受约束野自助法")
_WILD_THETA = Text("restricted wild cluster bootstrap by {name} with theta held", "按{name}聚类的受约束野自助法（θ保持估计值）")
_WILD_ROWS = Text("restricted wild bootstrap with one row per {name}", "受约束野自助法（每个{name}一个观测）")
_WILD_EFFICIENT = Text("wild restricted efficient (WRE) cluster bootstrap by {name}", "按{name}聚类的受约束有效野自助法（WRE）")
_WILD_SCORE = Text(
    "score cluster bootstrap by {name} of the restricted GMM estimate with its weights held",
    "按{name}聚类的得分bootstrap（受约束GMM估计，权重矩阵保持不变）",
)


@dataclass(frozen=True)
class WildOptions:
    """How a call wants its draws, checked."""

    purpose: str
    draws: int
    weights: Multiplier
    cluster: str | None
    level: float

    def __post_init__(self) -> None:
        one_of("weights", self.weights, MULTIPLIERS)
        if self.draws < 1 or int(self.draws) != self.draws:
            raise UnknownOption(f"draws={self.draws!r} cannot be used", remedy="a whole number such as 999 or 9999")
        if not 0 < self.level < 1:
            raise UnknownOption(f"level={self.level} is no confidence level", remedy="a number between 0 and 1, such as 0.95")


@dataclass(frozen=True)
class WildScheme:
    """What all terms of a call share."""

    cluster: str
    groups: Grouping
    weights: Multiplier
    enumerated: bool
    draws: int
    level: float


def scheme_of(rows: FittedRows, options: WildOptions) -> WildScheme:
    """What a call means on these rows."""
    name, groups = rows.cluster(options.cluster, "the wild cluster bootstrap")
    if isinstance(rows, GmmRows):
        groups = rows.units(name, groups)
    enumerated = options.weights == "rademacher" and groups.levels <= _MOST_ENUMERATED
    return WildScheme(
        cluster=name,
        groups=groups,
        weights=options.weights,
        enumerated=enumerated,
        draws=2**groups.levels if enumerated else int(options.draws),
        level=options.level,
    )


def multipliers_of(scheme: WildScheme, rng: np.random.Generator) -> Iterator[Floats]:
    """Blocks (m, G); half of all signs where a draw and its mirror image say the same."""
    if scheme.enumerated:
        return iter([half_of_all_signs(scheme.groups.levels)])
    return random_multipliers(scheme.weights, scheme.draws, scheme.groups.levels, rng)


def factor_of(rows: FittedRows, scheme: WildScheme) -> float:
    """The small-sample factor of the clustered covariance, by the convention of the estimate; a score test has none."""
    if isinstance(rows, GmmRows):
        return 1.0
    options = Options(
        covariance="cluster",
        clusters=(scheme.cluster,),
        small_sample=rows.options.small_sample,
        weights=rows.options.weights,
        bandwidth=None,
    )
    sample, groups, n = rows.sample, (scheme.groups,), len(rows.sample.positions)
    rank = rank_of(sample.effects)
    counted = len(rows.estimate.terms) + counted_effects(
        effects=sample.named_effects, rank=rank, entity=rows.source.entity or "", clusters=groups, options=options
    )
    return cluster_info(
        n=n, df_residual=n - len(rows.estimate.terms) - rank, counted=counted, clusters=groups, options=options
    ).factor_value


def procedure_of(rows: FittedRows, scheme: WildScheme) -> Note:
    """What is done, in words."""
    name, method = Name(scheme.cluster), rows.estimate.method
    if isinstance(rows, InstrumentRows):
        return note("wild_efficient", _WILD_EFFICIENT, name=name)
    if isinstance(rows, GmmRows):
        return note("wild_score", _WILD_SCORE, name=name)
    if method == "between" and scheme.groups.levels == len(rows.sample.positions):
        return note("wild_rows", _WILD_ROWS, name=name)
    if method == "random":
        return note("wild_theta", _WILD_THETA, name=name)
    return note("wild_clusters", _WILD_CLUSTERS, name=name)


def no_variance(rows: FittedRows, j: int, scheme: WildScheme, reason: str) -> NoReturn:
    """Raise NotEstimable: there is no clustered variance."""
    raise NotEstimable(
        f"the variance of {rows.estimate.terms[j]} clustered by {scheme.cluster} is zero: {reason}",
        where=rows.estimate.spec.formula,
        remedy="a coefficient that only one cluster identifies has no clustered test; cluster at a finer level",
    )


def coarse(scheme: WildScheme) -> Iterator[Note]:
    """A note if two-point weights give too few different draws."""
    g, name = scheme.groups.levels, Name(scheme.cluster)
    if scheme.weights != "webb" and g < _COARSE:
        kinds = 2 ** (g - 1) if scheme.weights == "rademacher" else 2**g
        text = Text(
            "{clusters} clusters by {name} give {kinds} different draws: p-values are coarse; weights='webb' gives finer ones.",
            "按{name}聚类仅{clusters}组，只有{kinds}种不同抽样，p值粗略，可改用Webb权重。",
        )
        yield note("coarse_draws", text, clusters=g, name=name, kinds=kinds)


def without_variance(statistics: Floats) -> Iterator[Note]:
    """A note if some of the draws have no statistic."""
    undefined = np.isnan(statistics)
    if undefined.any():
        text = Text("{share:.1%} of the draws have no variance; they count as large.", "{share:.1%}的抽样方差为零，按极端值计。")
        yield note("draws_without_variance", text, share=float(undefined.mean()))

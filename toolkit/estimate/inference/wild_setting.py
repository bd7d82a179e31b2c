"""How a wild bootstrap is set: what was asked, what it means on the rows at hand, and what it says about itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate.covariance import cluster_info, counted_effects
from toolkit.estimate.fitted_rows import FittedRows
from toolkit.estimate.groups import Grouping
from toolkit.estimate.inference.multipliers import MOST_ENUMERATED, MULTIPLIERS, Multiplier, half_of_all_signs, random_multipliers
from toolkit.estimate.inference.wild_instruments import InstrumentRows
from toolkit.estimate.inference.wild_scores import GmmRows
from toolkit.estimate.kernels import rank_of
from toolkit.estimate.options import Options, one_of
from toolkit.language import Name, Note, Text, note

Floats = NDArray[np.float64]

COARSE = 6  # clusters below which two-point weights give too few different draws

WILD_CLUSTERS = Text("restricted wild cluster bootstrap by {name}", "按{name}聚类的受约束wild bootstrap")
WILD_THETA = Text("restricted wild cluster bootstrap by {name} with theta held", "按{name}聚类的受约束wild bootstrap（θ保持估计值）")
WILD_ROWS = Text("restricted wild bootstrap with one row per {name}", "受约束wild bootstrap（每个{name}一个观测）")
WILD_EFFICIENT = Text("wild restricted efficient (WRE) cluster bootstrap by {name}", "按{name}聚类的受约束有效wild bootstrap（WRE）")
WILD_SCORE = Text(
    "score cluster bootstrap by {name} of the restricted GMM estimate with its weights held",
    "按{name}聚类的得分bootstrap（受约束GMM估计，权重矩阵保持不变）",
)


@dataclass(frozen=True)
class Asked:
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
class Setting:
    """What all terms of a call share."""

    cluster: str
    groups: Grouping
    weights: Multiplier
    enumerated: bool
    draws: int
    level: float


def setting_of(rows: FittedRows, asked: Asked) -> Setting:
    """What a call means on these rows."""
    name, groups = rows.cluster(asked.cluster, "the wild cluster bootstrap")
    if isinstance(rows, GmmRows):
        groups = rows.units(name, groups)
    enumerated = asked.weights == "rademacher" and groups.levels <= MOST_ENUMERATED
    return Setting(name, groups, asked.weights, enumerated, 2**groups.levels if enumerated else int(asked.draws), asked.level)


def multipliers_of(setting: Setting, rng: np.random.Generator) -> Iterator[Floats]:
    """Blocks (m, G); half of all signs where a draw and its mirror image say the same."""
    if setting.enumerated:
        return iter([half_of_all_signs(setting.groups.levels)])
    return random_multipliers(setting.weights, setting.draws, setting.groups.levels, rng)


def factor_of(rows: FittedRows, setting: Setting) -> float:
    """The small-sample factor of the clustered covariance, by the convention of the estimate; a score test has none."""
    if isinstance(rows, GmmRows):
        return 1.0
    options = Options("cluster", (setting.cluster,), rows.options.small_sample, rows.options.weights, None)
    sample, groups, n = rows.sample, (setting.groups,), len(rows.sample.positions)
    rank = rank_of(sample.effects)
    counted = len(rows.estimate.terms) + counted_effects(sample.named_effects, rank, rows.source.entity or "", groups, options)
    return cluster_info(n, n - len(rows.estimate.terms) - rank, counted, groups, options).factor_value


def procedure_of(rows: FittedRows, setting: Setting) -> Note:
    """What is done, in words."""
    name, method = Name(setting.cluster), rows.estimate.method
    if isinstance(rows, InstrumentRows):
        return note("wild_efficient", WILD_EFFICIENT, name=name)
    if isinstance(rows, GmmRows):
        return note("wild_score", WILD_SCORE, name=name)
    if method == "between" and setting.groups.levels == len(rows.sample.positions):
        return note("wild_rows", WILD_ROWS, name=name)
    if method == "random":
        return note("wild_theta", WILD_THETA, name=name)
    return note("wild_clusters", WILD_CLUSTERS, name=name)


def no_variance(rows: FittedRows, j: int, setting: Setting, reason: str) -> NoReturn:
    """Raise NotEstimable: there is no clustered variance."""
    raise NotEstimable(
        f"the variance of {rows.estimate.terms[j]} clustered by {setting.cluster} is zero: {reason}",
        where=rows.estimate.spec.formula,
        remedy="a coefficient that only one cluster identifies has no clustered test; cluster at a finer level",
    )


def coarse(setting: Setting) -> Iterator[Note]:
    """A note if two-point weights give too few different draws."""
    g, name = setting.groups.levels, Name(setting.cluster)
    if setting.weights != "webb" and g < COARSE:
        kinds = 2 ** (g - 1) if setting.weights == "rademacher" else 2**g
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

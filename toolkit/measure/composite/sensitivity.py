"""Which choice moves the result: exact decomposition of variance over all combinations of discrete choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.measure.composite.choices import checked_alternatives, importance_of, need_two, weights_within
from toolkit.measure.composite.coupling import Form, checked_form
from toolkit.measure.composite.ranks import ranks_of
from toolkit.measure.composite.uncertainty import degree, years_of
from toolkit.measure.inputs.values import numeric
from toolkit.numerics import Floats
from toolkit.threads import frugal

FACTORS: Final = ("weights", "normalisation", "indicator", "form")
_RELATIVE: Final = 1e-20  # a variance below this fraction of the mean square is rounding of equal numbers


@dataclass(frozen=True, eq=False)
class VarianceShares:
    """Sobol indices of a result with p discrete factors, for one or more outcomes (the trailing axes, which may be none).

    Attributes
    ----------
    factors : (p,) names.
    first : (p, ...) share of the variance that the factor explains alone; zero where nothing varies.
    total : (p, ...) share that is lost when the factor is fixed: alone and in all interactions.
    pairs : (p, p, ...) symmetric, share of the interaction of two factors beyond both alone; zero diagonal.
    mean, variance : (...) over all combinations.
    combinations : how many.
    """

    factors: tuple[str, ...]
    first: Floats
    total: Floats
    pairs: Floats
    mean: Floats
    variance: Floats
    combinations: int

    def frame(self) -> pd.DataFrame:
        """One row per factor: factor, first, total. For a single outcome; with many, the mean over the outcomes that vary."""
        varies = np.atleast_1d(self.variance) > 0
        first, total = (np.reshape(x, (len(self.factors), -1))[:, varies.ravel()] for x in (self.first, self.total))
        if not varies.any():
            first = total = np.zeros((len(self.factors), 1))
        return pd.DataFrame({"factor": self.factors, "first": first.mean(axis=1), "total": total.mean(axis=1)})


@dataclass(frozen=True, eq=False)
class RankingSensitivity:
    """What moves D, the ranks and the ranking as a whole.

    Attributes
    ----------
    d : outcomes (n,), D of each row.
    rank : outcomes (n,), rank of each row in its year.
    shift : one outcome, the mean over all rows of \\|rank - base rank\\|; its mean is the usual measure of how far a ranking moves.
    levels : the levels of each factor, the base first.
    """

    d: VarianceShares
    rank: VarianceShares
    shift: VarianceShares
    levels: Mapping[str, tuple[str, ...]]


def decompose_variance(values: ArrayLike, factors: Sequence[str]) -> VarianceShares:
    r"""First-order, pair and total Sobol indices from a full factorial.

    .. math:: S_i = V(E[y \mid i]) / V(y), \qquad S_{ij} = V(E[y \mid i, j]) / V(y) - S_i - S_j, \qquad S_{Ti} = E[V(y \mid -i)] / V(y)

    All combinations are equally likely and the factors independent, so that the expectations are plain means over axes and the indices
    are exact. Sampling (as in ``scipy.stats.sobol_indices`` or SALib) is for factors that are continuous or too many; for a few discrete
    choices it would only add error.

    Parameters
    ----------
    values : (L1, ..., Lp, ...) the result for each combination of levels; trailing axes are outcomes, decomposed one by one.
    factors : p names of the leading axes.

    Raises
    ------
    MeasureError
        On fewer axes than factors, no factor, or a missing or infinite value.

    References
    ----------
    Sobol' (1993), Mathematical Modelling and Computational Experiments 1(4), 407–414; Saltelli et al. (2008), Global Sensitivity
    Analysis, section 1.2 and chapter 4.

    Examples
    --------
    >>> shares = decompose_variance([[0.0, 1.0], [2.0, 3.0]], ["a", "b"])  # a moves by 2, b by 1, no interaction
    >>> shares.first.tolist(), shares.total.tolist()
    ([0.8, 0.2], [0.8, 0.2])
    """
    y = numeric(values, "a decomposition of variance needs numbers")
    p = len(factors)
    if not 1 <= p <= y.ndim or y.size == 0:
        raise MeasureError(
            f"{p} factors cannot be the leading axes of values of shape {y.shape}", remedy="give one axis per factor, not empty"
        )
    if not np.isfinite(y).all():
        first = tuple(int(i) for i in np.argwhere(~np.isfinite(y))[0])
        raise MeasureError("a combination has no finite value", where=f"position {first}", remedy="evaluate every combination")
    axes = tuple(range(p))
    mean, variance = y.mean(axis=axes), y.var(axis=axes)
    variance = np.where(variance > _RELATIVE * np.square(y).mean(axis=axes), variance, 0.0)
    scale = np.divide(1.0, variance, out=np.zeros_like(variance), where=variance > 0)

    def explained(kept: tuple[int, ...]) -> Floats:
        """Share of the variance of the means given the factors ``kept``."""
        others = tuple(a for a in axes if a not in kept)
        return np.asarray(y.mean(axis=others, keepdims=True).var(axis=axes) * scale, dtype=np.float64)

    alone = np.array([explained((i,)) for i in axes])
    pairs = np.zeros((p, *alone.shape))
    for i, j in combinations(axes, 2):
        pairs[i, j] = pairs[j, i] = np.maximum(explained((i, j)) - alone[i] - alone[j], 0.0)
    total = np.array([y.var(axis=i).mean(axis=tuple(range(p - 1))) * scale for i in axes])
    return VarianceShares(
        factors=tuple(factors), first=alone, total=total, pairs=pairs, mean=mean, variance=variance, combinations=int(np.prod(y.shape[:p]))
    )


@frugal
def ranking_sensitivity(
    normalisations: Mapping[str, ArrayLike],
    schemes: Mapping[str, ArrayLike],
    systems: ArrayLike,
    entity: ArrayLike,
    time: ArrayLike,
    *,
    indicators: Sequence[str] | None = None,
    forms: Sequence[Form] = get_args(Form),
    alpha: ArrayLike | None = None,
) -> RankingSensitivity:
    """Which choice moves D and the ranking: weight scheme, normalisation, the indicator left out (or none), form of C.

    Every combination is computed, so that nothing is drawn. Beside :func:`ranking_uncertainty`, which says how far ranks may move, this
    says what moves them. An indicator that is the only one with a weight in its system under some scheme is never left out.

    Parameters
    ----------
    normalisations : name -> (n, m) normalised indicators in [0, 1]; the first is the base.
    schemes : name -> (m,) weights; only their ratios within a system matter; the first is the base.
    systems, entity, time, alpha : as in :func:`ranking_uncertainty`.
    indicators : (m,) names for the levels of the factor; by default their positions.
    forms : of C; the first is the base.

    Raises
    ------
    MeasureError
        As :func:`ranking_uncertainty`; on no scheme or no form.

    Examples
    --------
    >>> x = [[0.9, 0.2, 0.9], [0.5, 0.6, 0.5], [0.1, 0.9, 0.4]]
    >>> schemes = {"equal": [1, 1, 1], "first": [3, 1, 1]}
    >>> found = ranking_sensitivity({"min-max": x}, schemes, ["S", "S", "I"], list("abc"), [2020] * 3)
    >>> found.d.factors, found.d.combinations, bool(found.shift.first[1] == 0)
    (('weights', 'normalisation', 'indicator', 'form'), 12, True)
    """
    for given, word in ((normalisations, "normalised matrices"), (schemes, "weight schemes")):
        if not isinstance(given, Mapping):
            raise MeasureError(f"the {word} have no names", remedy="pass a mapping from names, such as {'entropy': weights}")
    if not schemes or not forms:
        raise MeasureError("there is no weight scheme or no form of C", remedy="pass at least one of each")
    for form in forms:
        checked_form(form)
    for name, w in schemes.items():
        if np.size(w) != np.size(systems):
            raise MeasureError(
                f"the weight scheme {name!r} has {np.size(w)} weights for {np.size(systems)} indicators", remedy="one of each"
            )
    within = [weights_within(w, systems) for w in schemes.values()]
    _, members, names = within[0]
    need_two(names)
    m = within[0][0].size
    matrices = checked_alternatives(list(normalisations.values()), m, *schemes.values())
    rows, share = years_of(entity, time, len(matrices[0])), importance_of(alpha, names)
    labels = [str(i) for i in (indicators if indicators is not None else range(m))]
    if len(labels) != m:
        raise MeasureError(f"{m} indicators have {len(labels)} names", remedy="give one name per indicator")
    can_go = [j for j in range(m) if all(0 < w[j] < 1 for w, _, _ in within)]
    sets = np.array([w * (np.arange(m) != j) for w, _, _ in within for j in (-1, *can_go)])
    for places in members:
        sets[:, places] /= sets[:, places].sum(axis=1, keepdims=True)
    d = np.array(
        [[degree(x=x, weights=sets, members=members, alpha=share, form=form) for form in forms] for x in matrices]
    )  # normalisation, form, scheme x indicator, row
    d = d.reshape(len(matrices), len(forms), len(within), 1 + len(can_go), -1).transpose(2, 0, 3, 1, 4)
    flat = d.reshape(-1, d.shape[-1])
    ranks = np.empty(flat.shape, dtype=np.int64)
    for here in rows:
        ranks[:, here] = ranks_of(flat[:, here])
    shift = np.abs(ranks - ranks[0]).mean(axis=1)  # the first combination has the first level of each factor
    levels = (tuple(schemes), tuple(normalisations), ("none", *(labels[j] for j in can_go)), tuple(forms))
    return RankingSensitivity(
        d=decompose_variance(d, FACTORS),
        rank=decompose_variance(ranks.reshape(d.shape), FACTORS),
        shift=decompose_variance(shift.reshape(d.shape[:-1]), FACTORS),
        levels=dict(zip(FACTORS, levels, strict=True)),
    )

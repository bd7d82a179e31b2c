"""Dependence between entities: the CD test of Pesaran."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate.diagnostics.outcome import TestResult, normal
from toolkit.estimate.diagnostics.rows import refit_rows
from toolkit.language import Text, note

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from toolkit.estimate.result import Estimate
    from toolkit.panel import Panel

FEW_COMMON_PERIODS = 10


@dataclass(frozen=True)
class PairwiseCorrelation:
    """Correlations of residuals over all pairs of entities.

    Attributes
    ----------
    cd : sum of sqrt(T_ij) rho_ij over the pairs used, over the root of their number.
    mean, mean_absolute : average rho_ij and |rho_ij| over the pairs used.
    pairs, left_out : pairs used, and pairs with too few common periods.
    periods : average number of common periods of the pairs used.
    """

    cd: float
    mean: float
    mean_absolute: float
    pairs: int
    left_out: int
    periods: float


AVERAGE = Text(
    "average correlation {mean:.3f}, average absolute correlation {absolute:.3f}", "平均相关系数{mean:.3f}，平均绝对相关系数{absolute:.3f}"
)
PAIRS = Text("{pairs} pairs with {periods:.1f} common periods on average", "{pairs}对个体，平均共同时期{periods:.1f}期")
LEFT_OUT = Text("{pairs} pairs with fewer than {least} common periods left out", "共同时期少于{least}期的{pairs}对未计入")
FEW_COMMON = note("few_common_periods", Text("few common periods: the normal approximation is rough", "共同时期较少：正态近似较为粗略"))
TIME_EFFECTS = note(
    "cd_time_effects",
    Text(
        "time effects are absorbed, which pushes the correlations below zero: CD is unreliable here (Juodis and Reese 2022)",
        "已吸收时间固定效应，相关系数因而偏负：CD检验在此不可靠（Juodis和Reese，2022）",
    ),
)


def pesaran_cd(estimate: Estimate, panel: Panel, *, least_common: int = 3) -> TestResult:
    r"""Test that residuals of different entities are uncorrelated (Pesaran's CD).

    .. math:: CD = \sqrt{1/P} \sum_{i<j} \sqrt{T_{ij}}\, \hat\rho_{ij} \sim N(0, 1)

    with the correlation taken over the T_ij periods that both entities have and over the P pairs that have at least ``least_common``
    of them; for a balanced panel P = N(N-1)/2. The residuals are those of the estimate itself.

    Parameters
    ----------
    estimate : a pooled, within or random-effects estimate.
    panel : the panel it was fitted on.
    least_common : pairs with fewer common periods are left out and counted (two periods give a correlation of +1 or -1).

    Returns
    -------
    TestResult
        Two-sided p-value; the note gives the average correlation, the pairs left out, and warnings.

    Raises
    ------
    NotEstimable
        Fewer than two entities, no pair with enough common periods, or an estimate in differences or entity means.
    UnknownOption
        ``least_common`` is below two.

    References
    ----------
    Pesaran (2004), General diagnostic tests for cross section dependence in panels; Pesaran (2021), Empirical Economics 60; Juodis and
    Reese (2022), Journal of Business & Economic Statistics 40, on residuals after time effects.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from toolkit.estimate import fit
    >>> from toolkit.panel import Panel
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"firm": np.repeat(list("abcdef"), 12), "year": np.tile(np.arange(2010, 2022), 6), "x": rng.normal(size=72)})
    >>> frame["y"] = frame["x"] + np.tile(rng.normal(size=12), 6) + 0.1 * rng.normal(size=72)  # a shock that all firms share
    >>> panel = Panel(frame, "firm", "year")
    >>> pesaran_cd(fit("y ~ x | firm", panel), panel).p_value < 0.001
    True
    """
    rows = refit_rows(estimate, panel, "pesaran_cd", ("pooled", "within", "random"))
    if least_common < 2:
        raise UnknownOption(f"least_common={least_common} periods give no correlation", remedy="2 or more; 3 is the default")
    found = pairwise_correlation(rows.residuals, rows.entity, rows.time, least_common)
    notes = [
        note("average_correlation", AVERAGE, mean=found.mean, absolute=found.mean_absolute),
        note("pairs_of_entities", PAIRS, pairs=found.pairs, periods=found.periods),
    ]
    if found.left_out:
        notes.append(note("pairs_left_out", LEFT_OUT, pairs=found.left_out, least=least_common))
    if found.periods < FEW_COMMON_PERIODS:
        notes.append(FEW_COMMON)
    if rows.time_name in estimate.effects:
        notes.append(TIME_EFFECTS)
    return normal("Pesaran CD", "residuals of different entities are uncorrelated", found.cd, "two-sided", notes)


def pairwise_correlation(
    residuals: NDArray[np.float64], entity: NDArray[np.integer], time: NDArray[np.int64], least_common: int
) -> PairwiseCorrelation:
    """Correlations over common periods for all pairs of entities, by products of entity-by-period matrices.

    Parameters
    ----------
    residuals, entity, time : (n,) residuals, entity codes 0..N-1, whole-number periods.
    least_common : pairs with fewer common periods are left out.
    """
    periods, column = np.unique(time, return_inverse=True)
    shape = (int(entity.max()) + 1, len(periods))
    e, seen = np.zeros(shape), np.zeros(shape)
    e[entity, column] = residuals / np.sqrt(np.mean(residuals**2))
    seen[entity, column] = 1.0
    upper = np.triu_indices(shape[0], 1)
    common = (seen @ seen.T)[upper]
    use = common >= least_common
    if not use.any():
        raise NotEstimable(
            f"no pair of entities has {least_common} common periods",
            where=f"{shape[0]} entities, {shape[1]} periods",
            remedy="the CD test needs entities that are observed together; use a longer panel",
        )
    t = common[use]
    i, j = upper[0][use], upper[1][use]
    sums, squares = e @ seen.T, (e**2) @ seen.T
    covariance = (e @ e.T)[i, j] - sums[i, j] * sums[j, i] / t
    variances = (squares[i, j] - sums[i, j] ** 2 / t) * (squares[j, i] - sums[j, i] ** 2 / t)
    if (variances <= 0).any():
        raise NotEstimable(
            "an entity's residuals do not vary over the periods it shares with another",
            where=f"{int((variances <= 0).sum())} pairs",
            remedy="drop entities that are fitted exactly, or raise least_common",
        )
    rho = covariance / np.sqrt(variances)
    return PairwiseCorrelation(
        cd=float((np.sqrt(t) * rho).sum() / np.sqrt(len(t))),
        mean=float(rho.mean()),
        mean_absolute=float(np.abs(rho).mean()),
        pairs=len(t),
        left_out=int((~use).sum()),
        periods=float(t.mean()),
    )

r"""Callaway and Sant'Anna (2021): effects by cohort and period from comparisons of two periods.

.. math:: ATT(g, t) = E[Y_t - Y_b \mid G = g] - E[Y_t - Y_b \mid C]

b is the base period and C the controls. With covariates of the base period, the second term is predicted for the treated (outcome
regression), weighted by the odds of being treated (weighting), or both (doubly robust; Sant'Anna and Zhao 2020). Errors are those of the
influence functions. Without covariates on a balanced panel these are linear in the rows of the outcome table, so that the covariance of
all effects, and with it the multiplier bootstrap, takes one matrix product per cohort, however many effects there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EstimationError
from toolkit.estimate.treatment.adoption import NEVER, Adoption
from toolkit.estimate.treatment.cells import Cells, Influence
from toolkit.language import Note, Text, note
from toolkit.numerics import Floats

Controls = Literal["never treated", "not yet treated"]
Base = Literal["varying", "universal"]
Adjustment = Literal["outcome regression", "weighting", "doubly robust"]
CONTROLS: tuple[Controls, ...] = ("never treated", "not yet treated")
BASES: tuple[Base, ...] = ("varying", "universal")
ADJUSTMENTS: tuple[Adjustment, ...] = ("outcome regression", "weighting", "doubly robust")

_Cell = tuple[int, int, int]  # cohort, column of the period, column of the base period
_TRIMMED = 0.995  # controls that are treated almost surely leave, as in the R package DRDID
_STEPS = 50  # of the logit


def callaway_santanna(adoption: Adoption, controls: Controls, base: Base, adjustment: Adjustment) -> Cells:
    """All cells that have a base period and controls.

    Raises
    ------
    EstimationError
        If there is no never-treated entity and they are the controls, or no cell has controls.
    """
    if controls == "never treated" and not (adoption.onset == NEVER).any():
        raise EstimationError(
            f"all {len(adoption.onset)} entities are treated at some time, so there are no never-treated controls",
            where=f"the last cohort begins in {adoption.shown(adoption.cohorts[-1])}",
            remedy="controls='not yet treated'",
        )
    wanted = list(_cells(adoption, base))
    units: list[NDArray[np.intp]]
    if adoption.seen.all() and not len(adoption.covariates):
        kept, estimates, influence, units = _from_means(adoption, wanted, controls)
    else:
        kept, estimates, influence, units = _pair_by_pair(adoption, wanted, controls, adjustment)
    if not kept:
        raise EstimationError(
            "no cohort and period has controls",
            where=f"{len(wanted)} cells, {len(adoption.cohorts)} cohorts",
            remedy="use a longer panel, or controls='not yet treated'",
        )
    found = np.array(kept)
    cohorts, shares, share_influence = _shares(adoption, units)
    if adoption.sample.options.clusters[0] != adoption.sample.source.entity:
        codes = adoption.clusters
        groups, levels = [codes[u] for u in units], adoption.sample.clusters[0].levels
        influence, share_influence = influence.clustered(groups, levels), share_influence.clustered(groups, levels)
    return Cells(
        cohort=found[:, 0],
        period=adoption.periods[found[:, 1]],
        estimates=estimates,
        weights=shares[np.searchsorted(cohorts, found[:, 0])],
        influence=influence,
        shares=(cohorts, share_influence, shares),
        notes=tuple(_lost(adoption, wanted, kept)),
    )


def _cells(adoption: Adoption, base: Base) -> Iterator[_Cell]:
    """Each cohort and period with its base: the last one before treatment, or (varying) the period before where not treated yet."""
    for g in adoption.cohorts:
        last = int(np.searchsorted(adoption.periods, g)) - 1
        for t in range(len(adoption.periods)):
            b = last if base == "universal" or t > last else t - 1
            if last >= 0 and b >= 0:
                yield int(g), t, b


def _is_control(adoption: Adoption, onset: NDArray[np.int64], cell: _Cell, controls: Controls) -> NDArray[np.bool_]:
    g, t, b = cell
    if controls == "never treated":
        return np.asarray(onset == NEVER)
    return np.asarray((onset > adoption.periods[max(t, b)]) & (onset != g))


def _shares(adoption: Adoption, units: list[NDArray[np.intp]]) -> tuple[NDArray[np.int64], Floats, Influence]:
    """Cohorts, their shares among all entities, and the influence of those, block by block of ``units``."""
    n, cohorts = len(adoption.onset), adoption.cohorts
    shares = np.array([(adoption.onset == g).mean() for g in cohorts])
    member = (adoption.onset[:, None] == cohorts).astype(np.float64)
    return cohorts, shares, Influence(tuple(((member[u] - shares) / n, np.eye(len(cohorts))) for u in units))


def _from_means(
    adoption: Adoption, wanted: list[_Cell], controls: Controls
) -> tuple[list[_Cell], Floats, Influence, list[NDArray[np.intp]]]:
    """Without covariates on a balanced panel: everything is linear in cohort means and in the rows less their cohort's mean."""
    levels = np.unique(adoption.onset)
    units = [np.flatnonzero(adoption.onset == g) for g in levels]
    table, sizes = adoption.outcome, np.array([len(u) for u in units])
    means = np.stack([table[u].mean(axis=0) for u in units])
    kept: list[_Cell] = []
    estimates: list[float] = []
    loads = np.zeros((len(levels), len(adoption.periods) + 1, len(wanted)))
    for cell in wanted:
        g, t, b = cell
        control = _is_control(adoption, levels, cell, controls)
        if not control.any():
            continue
        k, own, others = len(kept), int(np.searchsorted(levels, g)), int(sizes[control].sum())
        change = means[:, t] - means[:, b]
        controlled = float(sizes[control] @ change[control]) / others
        kept.append(cell)
        estimates.append(change[own] - controlled if t != b else 0.0)
        loads[own, t, k] += 1 / sizes[own]
        loads[own, b, k] -= 1 / sizes[own]
        loads[control, t, k] -= 1 / others
        loads[control, b, k] += 1 / others
        loads[control, -1, k] -= (change[control] - controlled) / others
    bases = [np.column_stack([table[u] - means[j], np.ones(len(u))]) for j, u in enumerate(units)]
    return kept, np.array(estimates), Influence(tuple((x, y[:, : len(kept)]) for x, y in zip(bases, loads, strict=True))), units


def _pair_by_pair(
    adoption: Adoption, wanted: list[_Cell], controls: Controls, adjustment: Adjustment
) -> tuple[list[_Cell], Floats, Influence, list[NDArray[np.intp]]]:
    """Each cell on the entities seen in both of its periods, with covariates of the base period."""
    table, covariates, seen = adoption.outcome, adoption.covariates, adoption.seen
    kept, estimates, columns = [], [], []
    for cell in wanted:
        g, t, b = cell
        both = seen[:, t] & seen[:, b]
        used = np.flatnonzero(both & ((adoption.onset == g) | _is_control(adoption, adoption.onset, cell, controls)))
        treated = (adoption.onset[used] == g).astype(np.float64)
        design = np.column_stack([np.ones(len(used)), *(x[used, b] for x in covariates)])
        if not treated.any() or (1 - treated).sum() <= design.shape[1] - 1:
            continue
        psi = np.zeros(len(adoption.onset))
        effect = 0.0
        if t != b:
            effect, psi[used] = _adjusted(
                change=table[used, t] - table[used, b], treated=treated, design=design, adjustment=adjustment, adoption=adoption, cell=cell
            )
        kept.append(cell)
        estimates.append(effect)
        columns.append(psi)
    influence = Influence.of(np.stack(columns, axis=1)) if columns else Influence(())
    return kept, np.array(estimates), influence, [np.arange(len(adoption.onset))]


def _adjusted(
    change: Floats, treated: Floats, design: Floats, adjustment: Adjustment, adoption: Adoption, cell: _Cell
) -> tuple[float, Floats]:
    """ATT of one comparison and its influence function (n,), already over n (Sant'Anna and Zhao 2020, section 3)."""
    n, control = len(change), 1 - treated
    weights, outcome = control, np.zeros(n)
    by_slopes, by_score = np.zeros((n, design.shape[1])), np.zeros((n, design.shape[1]))
    if adjustment != "weighting":
        gram = (design * control[:, None]).T @ design / n
        slopes = np.linalg.lstsq(gram, design.T @ (control * change) / n, rcond=None)[0]
        outcome = design @ slopes
        by_slopes = (control * (change - outcome))[:, None] * design @ np.linalg.pinv(gram, hermitian=True)
    if adjustment != "outcome regression":
        odds, by_score, trimmed = _odds(treated, design, adoption, cell)
        weights = control * odds * trimmed
    rest = change - outcome
    mean_treated = float(treated @ rest / treated.sum())
    for_treated = (treated * (rest - mean_treated) - by_slopes @ (treated @ design / n)) / treated.mean()
    if adjustment == "outcome regression":
        return mean_treated, for_treated / n
    mean_control = float(weights @ rest / weights.sum())
    by_weight = weights * (rest - mean_control)
    for_control = by_weight + by_score @ (by_weight @ design / n) - by_slopes @ (weights @ design / n)
    return mean_treated - mean_control, (for_treated - for_control / weights.mean()) / n


def _odds(treated: Floats, design: Floats, adoption: Adoption, cell: _Cell) -> tuple[Floats, Floats, Floats]:
    """Odds of treatment by a logit, influence of its coefficients (n, k), and 0 for controls that are treated almost surely.

    Raises
    ------
    EstimationError
        If the covariates tell treated from controls without error.
    """
    n, slopes = len(treated), np.zeros(design.shape[1])
    slopes[0] = np.log(treated.mean() / (1 - treated.mean()))
    for _ in range(_STEPS):
        score = 1 / (1 + np.exp(-np.clip(design @ slopes, -500, 500)))
        information = (design * (score * (1 - score))[:, None]).T @ design / n
        step = np.linalg.lstsq(information, design.T @ (treated - score) / n, rcond=None)[0]
        slopes = slopes + step
        if np.abs(design @ step).max() < 1e-10:
            break
    else:
        g, t, _b = cell
        raise EstimationError(
            "the covariates tell the treated from the controls without error, so that there is nobody to compare with",
            where=f"cohort {adoption.shown(g)}, period {adoption.shown(adoption.periods[t])}: {int(treated.sum())} treated of {n}",
            remedy="use fewer covariates, or adjustment='outcome regression'",
        )
    score = 1 / (1 + np.exp(-design @ slopes))
    by_score = (treated - score)[:, None] * design @ np.linalg.pinv(information, hermitian=True)
    return score / (1 - score), by_score, (score < _TRIMMED).astype(np.float64)


def _lost(adoption: Adoption, wanted: list[_Cell], kept: list[_Cell]) -> Iterator[Note]:
    lost = [cell for cell in wanted if cell not in set(kept)]
    if lost:
        text = Text(
            "{count} cells of cohort and period have no treated entity or too few controls and are left out (first cohort {cohort} in "
            "{period}).",
            "有{count}个批次×时期单元没有处理个体或对照过少，已略去（首个为{cohort}批次、{period}）。",
        )
        g, t, _ = lost[0]
        yield note(
            "cells_without_controls",
            text,
            count=len(lost),
            cohort=str(adoption.shown(g)),
            period=str(adoption.shown(adoption.periods[t])),
        )

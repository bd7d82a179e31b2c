r"""Randomisation inference over the timing: which entity is treated from when on is dealt out again.

On a balanced panel without covariates every estimate of an event study is :math:`\sum_i \sum_t a_{g(i),t} Y_{it}`, with weights that
depend on the entity's cohort alone. The weights are found once; the estimates of all permutations are then sums of entries of the table
:math:`Y a'`, entities by cohorts. Otherwise each permutation is estimated.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import EstimationError, NotEstimable, UnknownOption
from toolkit.estimate.treatment.adoption import Adoption
from toolkit.estimate.treatment.event_study import EventStudy, EventStudyOptions, estimated
from toolkit.language import Note, Text, note
from toolkit.numerics import SAME_DRAW, Floats
from toolkit.report import Report, ReportMixin, report_table, warned
from toolkit.threads import frugal


@dataclass(frozen=True, eq=False, repr=False)
class TimingTest(ReportMixin):
    """Effects against those of permuted first treated periods.

    Attributes
    ----------
    effects : by, term, estimate, p_value: (1 + #{\\|b*\\| >= \\|b\\|}) / (1 + draws); the null is no effect on any entity in any period.
    draws : number of permutations.
    permuted : (draws, r) effects of the permutations, NaN where one could not be estimated, which counts as a large value.
    warnings : what the reader must know.
    """

    effects: pd.DataFrame
    draws: int
    permuted: Floats = field(repr=False)
    warnings: tuple[Note, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """By, term, estimate, p_value."""
        return self.effects.copy()

    def _report(self) -> Report:
        title = f"First treated periods permuted across entities, {self.draws:,} draws"
        return Report(title, (report_table(self.effects),), warned(self.warnings))


@frugal
def permute_timing(study: EventStudy, *, draws: int = 999, rng: np.random.Generator) -> TimingTest:
    """Test that a treatment has no effect, against the effects of first treated periods dealt out again among the entities.

    Entities exchange their first treated period (or never) with entities seen in the same periods. The test is exact whatever the number
    of treated entities if the timing was as good as random; it does not repair a failure of parallel trends.

    Parameters
    ----------
    study : of any estimator; entities, not coarser clusters, are permuted.
    draws : number of permutations; 999 makes 5% a whole number of draws.
    rng : numpy generator.

    Raises
    ------
    NotEstimable
        If the study has been unpickled and has lost its rows, or no two entities can exchange anything.
    UnknownOption

    References
    ----------
    Fisher (1935), The Design of Experiments; MacKinnon and Webb (2020), Journal of Econometrics 218(2).

    Examples
    --------
    >>> from toolkit.estimate import event_study
    >>> from toolkit.panel import Panel
    >>> draw = np.random.default_rng(3)
    >>> frame = pd.DataFrame({"state": np.repeat(np.arange(24), 6), "year": np.tile(np.arange(6), 24)})
    >>> frame["first"] = np.repeat([0, 3, 4], 8)[frame["state"]]
    >>> frame["y"] = draw.normal(size=144) + 2.0 * ((frame["first"] > 0) & (frame["year"] >= frame["first"]))
    >>> study = event_study("y ~ 1", Panel(frame, "state", "year"), treatment="first", rng=draw)
    >>> bool(permute_timing(study, rng=draw).tidy()["p_value"].iloc[-1] < 0.01)
    True
    """
    if draws < 1 or int(draws) != draws:
        raise UnknownOption(f"draws={draws!r} cannot be used", remedy="a whole number such as 999")
    if study.inputs is None:
        raise NotEstimable("the study has no rows any more", where=study.outcome, remedy="estimate it again")
    adoption, options = study.inputs
    rows = study.effects["by"].isin(["event time", "overall"]).to_numpy()
    shown = study.effects.loc[rows, ["by", "term", "estimate"]].reset_index(drop=True)
    assigned, kept = _permutations(adoption, draws, rng)
    if adoption.seen.all() and not len(adoption.covariates):
        permuted = _linear(adoption, options, assigned, rows)
    else:
        permuted = np.stack([_again(adoption, options, onset, shown["term"]) for onset in assigned])
    same = np.abs(permuted) < np.abs(shown["estimate"].to_numpy()) * (1 - SAME_DRAW)
    warnings = []
    if kept:
        text = Text(
            "{kept} of {all} entities share their periods with no other and keep their timing.",
            "{all}个个体中有{kept}个的观测时期与其他个体均不相同，其处理时间保持不变。",
        )
        warnings.append(note("timing_kept", text, kept=kept, all=len(adoption.onset)))
    return TimingTest(shown.assign(p_value=(1 + (~same).sum(axis=0)) / (1 + draws)), draws, permuted, tuple(warnings))


def _permutations(adoption: Adoption, draws: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], int]:
    """(draws, N) first treated periods, and how many entities can exchange them with nobody."""
    pattern = np.unique(adoption.seen, axis=0, return_inverse=True)[1].ravel()
    groups = [np.flatnonzero(pattern == p) for p in np.unique(pattern)]
    if all(len(np.unique(adoption.onset[g])) == 1 for g in groups):
        raise NotEstimable(
            "no two entities can exchange their first treated periods",
            where=f"{len(groups)} groups of entities with the same periods",
            remedy="use a balanced panel",
        )
    found = np.tile(adoption.onset, (draws, 1))
    for group in groups:
        found[:, group] = rng.permuted(found[:, group], axis=1)
    return found, sum(len(g) == 1 for g in groups)


def _linear(adoption: Adoption, options: EventStudyOptions, assigned: NDArray[np.int64], rows: NDArray[np.bool_]) -> Floats:
    """Effects of all permutations from the weights of cohorts and periods."""
    levels = np.unique(adoption.onset)
    outcome, weights = adoption.outcome, np.zeros((len(levels), len(adoption.periods), int(rows.sum())))
    for h, g in enumerate(levels):
        one = np.zeros(outcome.shape)
        one[adoption.onset == g] = 1 / (adoption.onset == g).sum()
        for t in range(len(adoption.periods)):
            weights[h, t] = _estimates(_with_outcome(adoption, one * (np.arange(len(adoption.periods)) == t)), options)[rows]
    codes = np.searchsorted(levels, assigned)
    found = np.zeros((len(assigned), weights.shape[2]))
    for j in range(weights.shape[2]):
        table = outcome @ weights[:, :, j].T
        found[:, j] = table[np.arange(len(outcome)), codes].sum(axis=1)
    return found


def _with_outcome(adoption: Adoption, table: Floats) -> Adoption:
    matrix = adoption.sample.matrix.copy()
    matrix[0, adoption.at[adoption.seen]] = table[adoption.seen]
    return replace(adoption, sample=replace(adoption.sample, matrix=matrix))


def _estimates(adoption: Adoption, options: EventStudyOptions) -> Floats:
    return np.asarray(estimated(adoption, options)[0].frame["estimate"], dtype=np.float64)


def _again(adoption: Adoption, options: EventStudyOptions, onset: NDArray[np.int64], terms: pd.Series) -> Floats:
    """The effects of one permutation; NaN where they cannot be estimated."""
    try:
        frame = estimated(adoption.again(onset), options)[0].frame
    except EstimationError:
        return np.full(len(terms), np.nan)
    return np.asarray(frame.set_index("term")["estimate"].reindex(terms), dtype=np.float64)

"""From formula and declarations to the arrays of one model: rows, regressors, instruments."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EstimationError, FormulaError, TooFewClusters, TooFewPeriods
from toolkit.estimate.dynamic.declarations import Declarations, DynamicSettings, Equation
from toolkit.estimate.dynamic.equations import Stack, stack
from toolkit.estimate.dynamic.gmm import System, system
from toolkit.estimate.dynamic.instruments import Block, Instruments, InstrumentSet, assemble, gmm_blocks
from toolkit.estimate.dynamic.regressors import Regressors, choose_regressors, comes_from
from toolkit.estimate.kernels import norms
from toolkit.estimate.notes import NO_EARLIER_ROW, NO_LATER_ROW
from toolkit.estimate.options import Options
from toolkit.estimate.predict import INTERCEPT
from toolkit.estimate.records import Dropped
from toolkit.estimate.sample import Ledger, select_with_singletons
from toolkit.estimate.source import Source
from toolkit.estimate.spec import Spec
from toolkit.estimate.terms import Term

Floats = NDArray[np.float64]

_DECLARE = "declare lags of the outcome and of endogenous regressors in gmm={...: (2, None)}, exogenous regressors in iv=(...)"


@dataclass(frozen=True)
class Model:
    """One model, ready to be solved.

    Attributes
    ----------
    stack : the equations; its sample holds the rows.
    system : the arrays; regressors divided by ``lengths`` (k,).
    regressors, instruments : what they are.
    dropped : the account of rows that left.
    """

    stack: Stack
    system: System
    lengths: Floats
    regressors: Regressors
    instruments: Instruments
    dropped: tuple[Dropped, ...]


def build(spec: Spec, source: Source, options: Options, declared: Declarations, settings: DynamicSettings) -> Model:
    """Choose rows, stack the equations and build both matrices.

    Raises
    ------
    FormulaError
        If effects other than entity and time are absorbed.
    TooFewPeriods
        If no entity has rows enough for the transformation, or no lag can be an instrument.
    EstimationError
        If there are fewer instruments than coefficients.
    """
    _check_effects(spec, source)
    if not (declared.gmm or declared.iv):
        raise EstimationError("under-identified: no instrument is declared", where=spec.formula, remedy=_DECLARE)
    terms = {t.text: t for t in (*spec.terms, *(d.term for d in declared.iv))}
    sample = select_with_singletons(replace(spec, terms=tuple(terms.values())), source, options)
    stacked = stack(sample, settings.transformation, settings.system)
    dropped = _account(stacked, source)
    regressors = choose_regressors(spec, source, stacked)
    periods = regressors.levels[: regressors.hidden]
    instruments = assemble(
        _own_blocks(spec, source, stacked, periods)
        + [_iv_block(d.term, d.equation, stacked) for d in declared.iv]
        + [block for d in declared.gmm for block in gmm_blocks(d, stacked, source, settings.collapse)]
    )
    _check_order(regressors, instruments)
    columns = stacked.columns(regressors.levels)
    lengths = norms(columns, None)
    outcome = stacked.columns(sample.matrix[:1])[0]
    arrays = system(outcome, columns / lengths[:, None], instruments.columns, stacked.groups)
    return Model(stacked, arrays, lengths, regressors, instruments, dropped)


def _check_effects(spec: Spec, source: Source) -> None:
    for effect in spec.effects:
        if effect.columns not in ((source.entity,), (source.time,)):
            raise FormulaError(
                f"the effect {effect.text} cannot be absorbed by fit_dynamic",
                where=spec.formula,
                remedy=f"absorb {source.time} only ({source.entity} is always removed); write others as C({effect.columns[0]}), and in iv",
            )


def _account(stacked: Stack, source: Source) -> tuple[Dropped, ...]:
    """The rows that left; TooFewPeriods if nothing is left of the difference equation, TooFewClusters with one entity."""
    sample = stacked.sample
    ahead = stacked.transformation.ahead
    ledger = Ledger(source, sample.positions)
    if not stacked.system:
        alone = np.ones(sample.rows, dtype=bool)
        alone[stacked.transformation.rows] = False
        ledger.drop(alone, NO_LATER_ROW if ahead else NO_EARLIER_ROW)
    if not stacked.transformed:
        raise TooFewPeriods(
            f"no {source.entity} has two {'' if ahead else 'successive '}usable periods, so the {source.entity} effect cannot be removed",
            where="; ".join(f"{d.reason}: {d.rows}" for d in (*sample.dropped, *ledger.dropped)),
            remedy="use fewer lags or more periods; orthogonal_deviations tolerate gaps",
        )
    if stacked.groups.levels < 2:
        raise TooFewClusters(
            "dynamic panel estimates need more than one entity", where=f"{stacked.transformed} rows", remedy="use more entities"
        )
    return (*sample.dropped, *ledger.dropped)


def _own_blocks(spec: Spec, source: Source, stacked: Stack, periods: Floats) -> list[Block]:
    """Period indicators and the intercept are their own instruments: in levels for the system, else transformed."""
    where: Equation = "level" if stacked.system else "difference"
    blocks = []
    if len(periods):
        described = InstrumentSet(source.time or "", "effects", where, "", len(periods))
        blocks.append(Block(described, stacked.columns(periods, where)))
    elif stacked.system and spec.intercept:
        ones = np.ones((1, stacked.sample.rows))
        blocks.append(Block(InstrumentSet(INTERCEPT, "effects", "level", "", 1), stacked.columns(ones, "level")))
    return blocks


def _iv_block(term: Term, equation: Equation, stacked: Stack) -> Block:
    sample = stacked.sample
    positions = [j for j, column in enumerate(sample.columns) if comes_from(column, term)]
    columns = stacked.columns(sample.matrix[1:][positions], equation)
    return Block(InstrumentSet(term.text, "iv", equation, "", len(columns)), columns)


def _check_order(regressors: Regressors, instruments: Instruments) -> None:
    k, count = len(regressors.levels), len(instruments.columns)
    if count < k:
        hidden = f" (and {regressors.hidden} periods)" if regressors.hidden else ""
        listed = ", ".join(f"{s.count} from {s.term}" for s in instruments.sets if s.count) or "none"
        raise EstimationError(
            f"under-identified: {count} instruments for {k} coefficients",
            where=f"coefficients: {', '.join(regressors.terms)}{hidden}; instruments: {listed}",
            remedy=_DECLARE,
        )

"""What a call asks for, read against the data: the rows, the threshold variable, the regressors that switch."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import FormulaError, UnknownOption
from toolkit.estimate.columns import evaluate
from toolkit.estimate.options import Options
from toolkit.estimate.parser import Parser
from toolkit.estimate.sample import Sample, select
from toolkit.estimate.source import Source
from toolkit.estimate.spec import Effect, Spec, parse, refuse_instruments, refuse_slopes, with_effects
from toolkit.estimate.terms import Arithmetic, Category, Column, Factor, Lag, Number, Term, columns_of
from toolkit.transform.ties import settled

Floats = NDArray[np.float64]

FEW_ROWS = 10  # up to which an order of the rows can be that of the outcome by chance


@dataclass(frozen=True)
class Question:
    """A threshold question on its rows.

    Attributes
    ----------
    sample : the rows with the regressors of the formula, before anything is removed.
    variable : the threshold variable.
    q : (n,) its values; those that are the same but for rounding are one value.
    switching : positions in ``sample.columns`` of the k regressors whose slope switches.
    """

    sample: Sample
    variable: Term
    q: Floats
    switching: tuple[int, ...]

    @property
    def regime(self) -> tuple[str, ...]:
        """Names of the regressors that switch."""
        return tuple(self.sample.names[j] for j in self.switching)


def read_question(formula: str, source: Source, variable: str, regime: str | Sequence[str] | None, options: Options) -> Question:
    """Parse the formula, choose the rows, and find the switching regressors.

    Raises
    ------
    FormulaError, MissingColumn, NotNumeric, EmptySample, UnknownOption
    """
    spec = _absorbing(refuse_slopes(refuse_instruments(parse(formula), "fit_threshold"), "fit_threshold"), source)
    term = _read_variable(variable)
    sample = select(spec, source, options, present=(term,))
    q = settled(evaluate(term, source).numbers[sample.positions])
    _refuse_outcome(term, sample, q)
    return Question(sample, term, q, _switching(regime, sample))


def _absorbing(spec: Spec, source: Source) -> Spec:
    """The spec with the entity absorbed, and at most one effect more."""
    assert source.entity is not None
    entity = Effect((source.entity,))
    if not spec.effects:
        return with_effects(spec, (entity,))
    if entity not in spec.effects or len(spec.effects) > 2:
        raise FormulaError(
            f"fit_threshold absorbs {source.entity}, alone or with one effect more; the formula absorbs {' + '.join(spec.absorb)}",
            where=spec.formula,
            remedy=f'write "| {source.entity}" or "| {source.entity} + {source.time}", and smaller effects as dummies C(...)',
        )
    return spec


def _read_variable(text: str) -> Term:
    """The threshold variable: one numeric term, ``q``, ``log(q)`` or ``L(q, 1)``."""
    if not isinstance(text, str):
        raise FormulaError(f"the threshold variable is a text, not {type(text).__name__}", remedy='write variable="q"')
    reader = Parser(text)
    terms, _ = reader.terms()
    if reader.next.kind != "end" or len(terms) != 1 or any(isinstance(f, Category) for f in terms[0].factors):
        raise FormulaError(
            f"variable={text!r} is not one numeric term", remedy='name one column or term: variable="q", "log(q)" or "L(q, 1)"'
        )
    return terms[0]


def _refuse_outcome(term: Term, sample: Sample, q: Floats) -> None:
    """Raise FormulaError if the threshold variable is made of the outcome, or moves with it one way only."""
    outcome = sample.spec.left
    made_of = set(_present(outcome)) or set(columns_of(outcome))
    ranked = np.diff(q[np.lexsort((q, sample.matrix[0]))])
    if made_of <= set(_present(term)) or ((ranked.any() and len(q) > FEW_ROWS) and ((ranked >= 0).all() or (ranked <= 0).all())):
        raise FormulaError(
            f"the threshold variable {term.text} is the outcome {outcome.text} or follows from it",
            where=sample.spec.formula,
            remedy=f"name a variable that is given before the outcome, for example a lag of it, L({outcome.text}, 1)",
        )


def _present(node: Factor | Term) -> tuple[str, ...]:
    """Columns that a term uses at this period or a later one."""
    match node:
        case Term(factors):
            names = [name for factor in factors for name in _present(factor)]
        case Lag(argument, steps):
            names = list(columns_of(argument)) if steps < 0 else []
        case Arithmetic(_, left, right):
            names = [*_present(left), *_present(right)]
        case Column() | Number() | Category():
            names = list(columns_of(node))
        case _:
            names = list(_present(node.argument))
    return tuple(names)


def _switching(regime: str | Sequence[str] | None, sample: Sample) -> tuple[int, ...]:
    """Positions of the regressors that ``regime`` names; the first regressor if it is None."""
    names = [name.replace(" ", "") for name in sample.names]
    if not names:
        raise FormulaError("the formula has no regressor that could switch", where=sample.spec.formula, remedy="write y ~ x")
    if regime is None:
        return (0,)
    asked = [regime] if isinstance(regime, str) else list(regime)
    if not asked:
        raise UnknownOption("regime names no regressor", remedy=f"choices: {', '.join(sample.names)}")
    return tuple(dict.fromkeys(_position(name, names, sample) for name in asked))


def _position(name: str, names: list[str], sample: Sample) -> int:
    plain = str(name).replace(" ", "")
    if plain not in names:
        near = difflib.get_close_matches(plain, names, 1, 0.5)
        hint = f"did you mean {sample.names[names.index(near[0])]}? " if near else ""
        raise UnknownOption(
            f"regime {name!r} is not among the regressors",
            where=sample.spec.formula,
            remedy=f"{hint}choices: {', '.join(sample.names)}; to let another variable switch, add it to the formula",
        )
    return names.index(plain)

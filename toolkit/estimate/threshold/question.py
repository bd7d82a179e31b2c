"""What is asked of a threshold: settings, variable, rows, and the space in which it is searched.

The space is what the absorbed effects and the regressors leave, for many columns at once. The entity means are sums over runs of rows. A
second effect enters through an orthonormal basis of its dummies with the entity means removed, so that its removal is exact on unbalanced
panels. A column of that basis on row r is E[s(r)] - H[i(r)], with s(r) the level of the second effect and i(r) the entity: two small tables
hold a basis of any length.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import FormulaError, NotEstimable, UnknownOption
from toolkit.estimate.formula.parser import Parser
from toolkit.estimate.formula.spec import Effect, Spec, parse, refuse_instruments, refuse_slopes, with_effects
from toolkit.estimate.formula.terms import Arithmetic, Category, Column, Factor, Lag, Number, Term, columns_of
from toolkit.estimate.rows.columns import evaluate
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import Options, one_of
from toolkit.estimate.rows.sample import Sample, select
from toolkit.estimate.rows.source import Source
from toolkit.estimate.solve.absorb import NARROW
from toolkit.estimate.solve.kernels import Absorber, two_way
from toolkit.numerics import Floats, settled

Bootstrap = Literal["hansen", "wild"]
_BOOTSTRAPS: tuple[Bootstrap, ...] = ("hansen", "wild")


@dataclass(frozen=True)
class ThresholdSettings:
    """How thresholds are searched and tested.

    Attributes
    ----------
    thresholds : 1, 2 or 3.
    trim : least share of the rows in each regime.
    draws : bootstrap draws of each test; 0 gives F without a p value.
    method : "hansen" resamples whole entities of residuals, "wild" gives each entity's residuals a random sign.
    grid : most values of q that are tried (evenly spaced quantiles); None tries every distinct value.
    level : of the confidence sets of the thresholds.

    Raises
    ------
    UnknownOption

    Examples
    --------
    >>> ThresholdSettings(thresholds=2).trim
    0.05
    """

    thresholds: Literal[1, 2, 3] = 1
    trim: float = 0.05
    draws: int = 300
    method: Bootstrap = "hansen"
    grid: int | None = None
    level: float = 0.95

    def __post_init__(self) -> None:
        one_of("method", self.method, _BOOTSTRAPS)
        if self.thresholds not in (1, 2, 3):
            raise UnknownOption(f"thresholds={self.thresholds!r} is not a choice", remedy="choices: 1, 2, 3")
        if not 0 <= self.trim * (self.thresholds + 1) < 1:
            raise UnknownOption(
                f"trim={self.trim:g} leaves no room for {self.thresholds + 1} regimes",
                remedy=f"trim is the least share of the rows in each regime: at least 0, and well below {1 / (self.thresholds + 1):.2f}",
            )
        if not _whole(self.draws, 0):
            raise UnknownOption(f"draws={self.draws!r} cannot be used", remedy="a whole number such as 300, or 0 for no test")
        if self.grid is not None and not _whole(self.grid, 2):
            raise UnknownOption(f"grid={self.grid!r} cannot be used", remedy="a whole number from 2, or None for every value of q")
        if not 0 < self.level < 1:
            raise UnknownOption(f"level={self.level!r} is no confidence level", remedy="a number between 0 and 1, such as 0.95")


def _whole(value: float, least: int) -> bool:
    return not isinstance(value, bool) and value == int(value) and value >= least


_WIDTH = 16  # columns of the basis that are formed at a time


@dataclass(frozen=True)
class Space:
    """The absorbed effects: the entity, alone or with a second effect. Rows are sorted by entity.

    Attributes
    ----------
    absorber : removes the effects from few columns, with a check.
    entity : N entities.
    sums : (N, n) sparse, sums the rows of each entity.
    other : the second effect, or None.
    levels, averages : the tables E (levels, f) and H (N, f) of its orthonormal basis; f = 0 without a second effect.
    """

    absorber: Absorber
    entity: Grouping
    sums: Any
    other: Grouping | None
    levels: Floats
    averages: Floats

    @property
    def starts(self) -> NDArray[np.intp]:
        """(N,) first row of each entity."""
        return np.concatenate(([0], np.cumsum(self.entity.counts)[:-1])).astype(np.intp)

    def demeaned(self, columns: Floats) -> Floats:
        """A copy of ``columns`` (m, n) with the effects removed."""
        rest = columns.copy()
        self.absorber.demean(rest)
        return rest

    def basis(self, regressors: Floats) -> Iterator[Floats]:
        """Orthonormal columns (n, up to 16 or m), in blocks: the second effect beside the entity, then ``regressors`` (n, m)."""
        if self.other is not None:
            for first in range(0, self.levels.shape[1], _WIDTH):
                part = slice(first, first + _WIDTH)
                yield self.levels[self.other.codes, part] - self.averages[self.entity.codes, part]
        yield regressors

    def project(self, columns: Floats, regressors: Floats) -> None:
        """Remove effects and ``regressors`` (n, m), orthonormal and free of effects, from ``columns`` (n, b) in place."""
        means = (self.sums @ columns) / self.entity.counts[:, None]
        columns -= means[self.entity.codes]
        for block in self.basis(regressors):
            columns -= block @ (block.T @ columns)


def make_space(absorber: Absorber, effects: tuple[Grouping, ...], entity: Grouping) -> Space:
    """Prepare the projection on ``effects``: the entity, and at most one more.

    Raises
    ------
    NotEstimable
        If the second effect has more than 3,000 levels.
    """
    from scipy.sparse import csr_array

    n = len(entity.codes)
    bounds = np.concatenate(([0], np.cumsum(entity.counts)))
    sums = csr_array((np.ones(n), np.arange(n), bounds), shape=(entity.levels, n))
    others = [g for g in effects if g is not entity]
    if not others:
        return Space(absorber=absorber, entity=entity, sums=sums, other=None, levels=np.empty((0, 0)), averages=np.empty((0, 0)))
    if others[0].levels > NARROW:
        raise NotEstimable(
            f"the effect beside the entity has {others[0].levels} levels; the threshold search takes up to {NARROW}",
            remedy="absorb coarser groups beside the entity",
        )
    levels, averages = _orthonormal(entity, others[0])
    return Space(absorber=absorber, entity=entity, sums=sums, other=others[0], levels=levels, averages=averages)


def _orthonormal(entity: Grouping, other: Grouping) -> tuple[Floats, Floats]:
    """The tables E and H: dummies of ``other`` without entity means, made orthonormal by the root of their equations."""
    pair = two_way(entity, other, None)
    levels = np.zeros((other.levels, len(pair.free)))
    levels[pair.free] = pair.root.T
    return levels, np.asarray(pair.crossing @ levels) / pair.mass[:, None]


def orthonormal(columns: Floats) -> Floats:
    """(n, m) orthonormal columns that span ``columns`` (m, n), whatever their scales."""
    scaled = columns / np.sqrt(np.einsum("mn,mn->m", columns, columns))[:, None]
    return np.asarray(np.linalg.qr(scaled.T)[0])


_FEW_ROWS = 10  # up to which an order of the rows can be that of the outcome by chance


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


def read_question(formula: str | Spec, source: Source, variable: str, regime: str | Sequence[str] | None, options: Options) -> Question:
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
    if made_of <= set(_present(term)) or ((ranked.any() and len(q) > _FEW_ROWS) and ((ranked >= 0).all() or (ranked <= 0).all())):
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

"""The choices of a specification curve, declared as data.

Every set of controls of a block is solved at once, in the compressed basis.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import EmptySample, UnknownOption
from toolkit.estimate.rows.options import one_of
from toolkit.estimate.rows.source import Source
from toolkit.estimate.spec_curve.compress import Compressed, TreatmentCoordinates, meat, pair_products
from toolkit.language import Note, Text, note
from toolkit.numerics import Floats
from toolkit.periods import covered

CELLS = 4_000_000  # numbers that one pass over sets and draws may hold (32 MB)


@dataclass(frozen=True)
class PartialledOutcome:
    """m sets of controls, removed from the outcome.

    Attributes
    ----------
    sets : (m,) which sets of the block these are.
    removers : (m, r, r) projections off the controls of each set.
    outcome : (m, r) the outcome with them removed.
    """

    sets: NDArray[np.intp]
    removers: Floats
    outcome: Floats


@dataclass(frozen=True)
class Slopes:
    """The coefficient of B treatments in m models.

    Attributes
    ----------
    beta : (B, m).
    variance : (B, m) clustered by one variable, without the small-sample factor.
    length : (B, m) of the treatment with the controls removed.
    rss : (B, m) residual sum of squares.
    """

    beta: Floats
    variance: Floats
    length: Floats
    rss: Floats


def partial_out(small: Compressed, sets: Sequence[Sequence[int]]) -> Iterator[PartialledOutcome]:
    """Remove each set of columns from the outcome, which is the first column, in pieces of bounded size.

    Parameters
    ----------
    sets : for each model the columns of ``small`` that are its controls, linearly independent.
    """
    r = small.columns.shape[0]
    sizes = np.array([len(one) for one in sets])
    most = max(1, CELLS // (r * (r + 1)))
    for size in np.unique(sizes):
        members = np.flatnonzero(sizes == size)
        for start in range(0, len(members), most):
            chosen = members[start : start + most]
            columns = small.columns[:, np.array([sets[i] for i in chosen], dtype=np.intp).reshape(len(chosen), size)]
            q = np.linalg.qr(columns.transpose(1, 0, 2))[0]
            removers = np.eye(r) - q @ q.transpose(0, 2, 1)
            yield PartialledOutcome(chosen, removers, removers @ small.columns[:, 0])


def slopes(placed: TreatmentCoordinates, models: PartialledOutcome) -> Slopes:
    """Frisch, Waugh and Lovell for B treatments and m models together: b = u'y / u'u with u and y rid of the controls."""
    # b: treatments, m: models, r and s: directions of the block. The treatment rid of the controls of each model
    u = np.einsum("bs,mrs->bmr", placed.inside, models.removers, optimize=True)
    # what of the treatment lies beside the block is touched by no control
    beside = np.broadcast_to(placed.beside[:, None], u.shape[:2])
    square = np.einsum("bmr,bmr->bm", u, u) + beside**2
    with np.errstate(divide="ignore", invalid="ignore"):
        beta = np.einsum("bmr,mr->bm", u, models.outcome) / square
        # residuals in the same directions, and beside the block
        e = models.outcome - beta[..., None] * u
        e_beside = -beta * beside
        rss = np.einsum("bmr,bmr->bm", e, e) + e_beside**2
        variance = meat(placed, pair_products(u, beside, e, e_beside)) / square**2
    return Slopes(beta, variance, np.sqrt(square), rss)


Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
Rows = Literal["common", "own"]


@dataclass(frozen=True)
class Condition:
    """A rule that rows must meet; a row where the column is missing does not meet it.

    Examples
    --------
    >>> Condition("year", ">=", 2015).text
    'year >= 2015'
    >>> Condition("province", "not in", ("Beijing", "Shanghai")).text
    'province not in (Beijing, Shanghai)'
    """

    column: str
    operator: Operator
    value: object

    def __post_init__(self) -> None:
        one_of("operator", self.operator, get_args(Operator))
        if self.operator in ("in", "not in") and (isinstance(self.value, str) or not isinstance(self.value, Sequence | set | frozenset)):
            raise UnknownOption(f"{self.operator!r} takes several values, not {self.value!r}", remedy='("a", "b"), or the operator "=="')

    @property
    def values(self) -> tuple[object, ...]:
        """The value or values to compare with."""
        return (
            tuple(self.value) if isinstance(self.value, Sequence | set | frozenset) and not isinstance(self.value, str) else (self.value,)
        )

    @property
    def text(self) -> str:
        """The rule as it is read."""
        shown = f"({', '.join(map(str, self.values))})" if self.operator in ("in", "not in") else str(self.value)
        return f"{self.column} {self.operator} {shown}"


Rule = Condition | tuple[Condition, ...] | NDArray[np.bool_] | pd.Series | None


@dataclass(frozen=True)
class Choices:
    """What can be chosen in good faith; the curve has one cell for each combination.

    Attributes
    ----------
    outcomes, treatments : terms of a formula. Lags and forms are terms: ``("log(rd)", "L(log(rd), 1)")``.
    controls : candidates, of which all subsets are taken (2^q); or a mapping name -> controls, of which each set is taken as it is.
        ``"a + b"`` enters together.
    always : controls in every model.
    effects : absorbed effects of each variant, ``"province + year"``; ``""`` absorbs none and has an intercept.
    samples : name -> rule: a :class:`Condition`, several that must all hold, a mask over the rows of the panel, or None for all rows.
        A rule chooses rows of the estimation; lags still look at the rows outside, as with Stata's ``if``.
    weights : columns of analytic weights; None for no weights.

    Examples
    --------
    >>> choices = Choices("log(rd)", ["subsidy", "L(subsidy, 1)"], ["size", "age", "debt"], effects=["firm", "firm + year"])
    >>> choices.cells
    32
    """

    outcomes: Sequence[str]
    treatments: Sequence[str]
    controls: Sequence[str] | Mapping[str, Sequence[str]] = ()
    always: Sequence[str] = ()
    effects: Sequence[str] = ("",)
    samples: Mapping[str, Rule] = field(default_factory=lambda: {"all rows": None})
    weights: Sequence[str | None] = (None,)

    def __post_init__(self) -> None:
        for name in ("outcomes", "treatments", "always", "effects", "weights"):
            given = getattr(self, name)
            listed = (given,) if given is None or isinstance(given, str) else tuple(given)
            object.__setattr__(self, name, tuple(dict.fromkeys(listed)))
        if isinstance(self.controls, Mapping):
            sets = {name: (one,) if isinstance(one, str) else tuple(one) for name, one in self.controls.items()}
            object.__setattr__(self, "controls", sets)
        else:
            listed = (self.controls,) if isinstance(self.controls, str) else tuple(self.controls)
            object.__setattr__(self, "controls", tuple(dict.fromkeys(listed)))
        object.__setattr__(self, "samples", dict(self.samples))

    @property
    def control_sets(self) -> int:
        """How many sets of controls there are."""
        return len(self.controls) if isinstance(self.controls, Mapping) else 2 ** len(self.controls)

    @property
    def cells(self) -> int:
        """How many models there are."""
        lists = (self.outcomes, self.treatments, self.samples, self.effects, self.weights)
        return int(np.prod([len(one) for one in lists], dtype=object)) * self.control_sets


Mask = NDArray[np.bool_]


def rows_outside(name: str, rule: Rule, source: Source) -> tuple[Note, Mask] | None:
    """The reason and the rows (n,) that the sample ``name`` leaves out; None if it keeps all.

    Raises
    ------
    EmptySample
        If the rule keeps no row.
    UnknownOption
        If a mask does not fit the data, or a value that a condition names does not occur.
    MissingColumn, NotNumeric

    Examples
    --------
    >>> source = Source(pd.DataFrame({"year": [2014, 2015, 2016]}))
    >>> why, outside = rows_outside("later", Condition("year", ">", 2014), source)
    >>> str(why), outside
    ('outside later (year > 2014)', array([ True, False, False]))
    """
    if rule is None:
        return None
    if isinstance(rule, np.ndarray | pd.Series):
        inside, rules = _mask(name, rule, source), tuple[Condition, ...]()
    else:
        conditions = (rule,) if isinstance(rule, Condition) else tuple(rule)
        if not conditions or not all(isinstance(c, Condition) for c in conditions):
            raise UnknownOption(
                f"the rule of sample {name!r} is {rule!r}", remedy='Condition("year", ">=", 2015), a tuple of them, a mask, or None'
            )
        inside = np.logical_and.reduce([_met(condition, source) for condition in conditions])
        rules = conditions
    if not inside.any():
        raise EmptySample(f"the sample {name!r} keeps none of the {len(source)} rows", where=_named(name, rules), remedy="loosen its rule")
    return None if inside.all() else (outside_note(name, rules), ~inside)


def _named(name: str, rules: tuple[Condition, ...]) -> str:
    return f"{name} ({' and '.join(c.text for c in rules)})" if rules else name


def outside_note(name: str, rules: tuple[Condition, ...]) -> Note:
    """The reason of the rows that a sample leaves out, with its conditions if it has any."""
    return note("outside", Text("outside {sample}", "不属于{sample}"), sample=_named(name, rules))


def _mask(name: str, rule: Mask | pd.Series, source: Source) -> Mask:
    index, aligned = source.frame.index, True
    if isinstance(rule, pd.Series) and not rule.index.equals(
        index
    ):  # of the frame that a panel was made from: the same row labels in another order
        aligned = len(rule) == len(index) and rule.index.is_unique and bool(index.isin(rule.index).all())
        rule = rule.reindex(index) if aligned else rule
    if len(rule) != len(source) or rule.dtype != bool or not aligned:
        raise UnknownOption(
            f"the mask of sample {name!r} does not fit {source.label}: {len(rule)} values of type {rule.dtype} for {len(source)} rows",
            remedy="a series with the row labels of panel.frame, an array in its order (a Panel is sorted), or a Condition",
        )
    return np.asarray(rule, dtype=bool)


def _met(condition: Condition, source: Source) -> Mask:
    """(n,) whether each row meets the condition."""
    series = source.column(condition.column)
    match condition.operator:
        case "==" | "in" | "!=" | "not in":
            _require_known(condition, series)
            equal = series.isin(list(condition.values)).to_numpy(dtype=bool)
            found = equal if condition.operator in ("==", "in") else ~equal & series.notna().to_numpy(dtype=bool)
        case _ if condition.column == source.time and source.step in ("quarter", "month"):
            first, last = covered(condition.value, source.step)
            later, before = source.calendar > last, source.calendar < first
            found = {">": later, "<=": ~later, "<": before, ">=": ~before}[condition.operator]
        case _:
            numbers = source.numbers(condition.column)
            if not isinstance(condition.value, int | float | np.number):
                raise UnknownOption(f"{condition.text} compares with {condition.value!r}", remedy="order is defined for numbers only")
            compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}[condition.operator]
            with np.errstate(invalid="ignore"):
                found = compare(numbers, float(condition.value))
    return np.asarray(found, dtype=bool)


def _require_known(condition: Condition, series: pd.Series) -> None:
    """A text that never occurs is a slip of the pen; a number (a year) may well be absent."""
    known = {str(v) for v in series.dropna().unique() if isinstance(v, str)}
    for value in condition.values:
        if isinstance(value, str) and value not in known:
            near = difflib.get_close_matches(value, sorted(known), 3, 0.5)
            listed = f"did you mean {' or '.join(near)}?" if near else f"values: {', '.join(sorted(known)[:20]) or 'none is text'}"
            raise UnknownOption(f"{condition.column} is never {value!r}", where=condition.text, remedy=listed)

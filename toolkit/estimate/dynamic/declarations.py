"""What a dynamic formula declares: lags, instruments, settings, and its equations.

The equations are stacked: the transformed one, and below it the one in levels for the system. Levels are the n rows of the sample, sorted
by entity and time. First differences use the calendar: row t exists when t - 1 is in the sample too. Orthogonal deviations subtract the
mean of all later rows of the entity, times sqrt(r/(r+1)) with r later rows, so that errors that are independent with equal variance stay
so; they are dated one period later, which gives every lag the same meaning in both transformations.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import FormulaError, UnknownOption
from toolkit.estimate.formula.parser import Parser
from toolkit.estimate.formula.terms import Category, Term, Value
from toolkit.estimate.results.derived import squeeze
from toolkit.estimate.rows.grouping import Grouping, dense
from toolkit.estimate.rows.options import one_of
from toolkit.estimate.rows.sample import Sample
from toolkit.numerics import Floats

Equation = Literal["difference", "level", "both"]
EQUATIONS: tuple[Equation, ...] = ("difference", "level", "both")
IvEquation = Literal["difference", "level", "both", "each"]


@dataclass(frozen=True)
class DynamicSettings:
    """How a dynamic panel model is estimated.

    Attributes
    ----------
    estimator : "difference" (Arellano and Bond 1991) or "system" (Blundell and Bond 1998: the equation in levels is added).
    transformation : what removes the entity effect from the difference equation: "first_differences", or "orthogonal_deviations" from the
        mean of all later rows (Arellano and Bover 1995), which loses fewer rows where the panel has gaps.
    steps : 1 or 2.
    covariance : "robust" (clustered by entity after one step, Windmeijer's correction after two) or "conventional" (homoskedastic after one
        step, uncorrected after two, as in the tables of 1991).
    weighting : one-step weights of the system. With M the matrix that turns errors in levels into those of both equations, "full" is
        H = MM' (the default of xtabond2), "blocked" is the same without the blocks between the two equations (DPD for Ox, xtdpdsys).
    collapse : one GMM instrument per lag instead of one per lag and period.
    small_sample : "none" (normal distribution, no factor) or "reghdfe" (t with G - 1 degrees of freedom, factor G/(G-1)*(N-1)/(N-K)).

    Raises
    ------
    UnknownOption

    Examples
    --------
    >>> DynamicSettings(estimator="system", collapse=True).steps
    2
    """

    estimator: Literal["difference", "system"] = "difference"
    transformation: Literal["first_differences", "orthogonal_deviations"] = "first_differences"
    steps: Literal[1, 2] = 2
    covariance: Literal["robust", "conventional"] = "robust"
    weighting: Literal["full", "blocked"] = "full"
    collapse: bool = False
    small_sample: Literal["none", "reghdfe"] = "none"

    def __post_init__(self) -> None:
        one_of("estimator", self.estimator, ("difference", "system"))
        one_of("transformation", self.transformation, ("first_differences", "orthogonal_deviations"))
        one_of("covariance", self.covariance, ("robust", "conventional"))
        one_of("weighting", self.weighting, ("full", "blocked"))
        one_of("small_sample", self.small_sample, ("none", "reghdfe"))
        if self.steps not in (1, 2):
            raise UnknownOption(f"steps={self.steps!r} is not a choice", remedy="choices: 1, 2")
        if self.small_sample == "reghdfe" and self.covariance == "conventional":
            raise UnknownOption("the conventional covariance has no small-sample factor", remedy="use covariance='robust'")

    @property
    def system(self) -> bool:
        """Whether the equation in levels takes part."""
        return self.estimator == "system"


@dataclass(frozen=True)
class Lags:
    """Which lags of a variable are GMM instruments.

    For the difference equation: the levels of the variable ``first`` to ``last`` periods back. For the level equation of the system: its
    first difference ``first`` - 1 periods back, or 0 (the further ones are redundant). First lag 2 is for the outcome and for endogenous
    variables, 1 for predetermined ones, 0 for strictly exogenous ones.

    Attributes
    ----------
    first, last : lags in periods; None for all there are.
    equation : "both", or only "difference" or "level".
    """

    first: int
    last: int | None = None
    equation: Equation = "both"

    def __post_init__(self) -> None:
        one_of("equation", self.equation, EQUATIONS)
        whole = [lag for lag in (self.first, self.last) if lag is not None]
        if any(isinstance(lag, bool) or not isinstance(lag, int) or lag < 0 for lag in whole) or whole != sorted(whole):
            raise UnknownOption(
                f"({self.first!r}, {self.last!r}) is no range of lags",
                remedy="whole numbers, the smaller first: (2, None) for lag 2 and deeper, (1, 3) for lags 1 to 3",
            )


@dataclass(frozen=True)
class GmmDeclaration:
    """A variable whose lags are instruments."""

    value: Value
    lags: Lags


@dataclass(frozen=True)
class IvDeclaration:
    """A standard instrument: one column, through the equations named."""

    term: Term
    equation: Equation


@dataclass(frozen=True)
class Declarations:
    """All declared instruments, and the groups whose validity is to be tested.

    Attributes
    ----------
    gmm, iv : in the order declared.
    groups : (name, texts of declared instruments).
    """

    gmm: tuple[GmmDeclaration, ...]
    iv: tuple[IvDeclaration, ...]
    groups: tuple[tuple[str, tuple[str, ...]], ...]


LagChoice = Lags | tuple[int, int | None]
IvChoice = Sequence[str] | Mapping[str, IvEquation] | str
GroupChoice = Mapping[str, Sequence[str]]


def read_declarations(gmm: Mapping[str, LagChoice], iv: IvChoice, groups: GroupChoice, system: bool) -> Declarations:
    """Parse and check the declared instruments.

    Raises
    ------
    FormulaError
        If a text cannot be read or an instrument is declared twice.
    UnknownOption
        If lags, equations or groups are none that exist.
    """
    lagged = tuple(_gmm(text, lags, system) for text, lags in gmm.items())
    chosen: Mapping[str, IvEquation] = (
        iv if isinstance(iv, Mapping) else dict.fromkeys(_unique([iv] if isinstance(iv, str) else iv), "both")
    )
    placed = [(term, text, where) for text, where in chosen.items() for term in _read_terms(text)]
    names = _unique([d.value.text for d in lagged] + [term.text for term, _, _ in placed])
    standard = tuple(IvDeclaration(term, equation) for term, text, where in placed for equation in _equations(text, where, system))
    return Declarations(lagged, standard, tuple((name, _members(name, members, names)) for name, members in groups.items()))


def _read_terms(text: str) -> tuple[Term, ...]:
    """The terms of an instrument declaration: ``"log(wage)"``, ``"L(x, 0:1)"``, ``"C(year)"``, ``"a + b"``.

    Raises
    ------
    FormulaError
    """
    reader = Parser(text)
    terms, _ = reader.terms()
    if reader.next.kind != "end":
        reader.fail(f"{reader.next.text!r} cannot stand here", "name instruments one by one, or join them with +")
    return terms


def _gmm(text: str, lags: LagChoice, system: bool) -> GmmDeclaration:
    terms = _read_terms(text)
    factors = terms[0].factors if len(terms) == 1 else ()
    if len(factors) != 1 or isinstance(factors[0], Category):
        raise FormulaError(
            f"{text!r} is not one numeric variable, so its lags cannot be GMM instruments",
            remedy='declare variables one by one, as in gmm={"log(rd)": (2, None)}; categories and products go to iv',
        )
    if not isinstance(lags, Lags):
        if not isinstance(lags, tuple) or len(lags) != 2:
            raise UnknownOption(f"the lags of {text} are {lags!r}", remedy='write gmm={"log(rd)": (2, None)} or Lags(2, None)')
        lags = Lags(*lags)
    return GmmDeclaration(factors[0], Lags(lags.first, lags.last, _equation(text, lags.equation, system)))


def _equation(text: str, equation: Equation, system: bool) -> Equation:
    one_of(f"equation of {text}", equation, EQUATIONS)
    if system:
        return equation
    if equation == "level":
        raise UnknownOption(
            f"{text} is declared for the level equation, which the difference estimator does not have",
            remedy="use DynamicSettings(estimator='system'), or declare it for the difference equation",
        )
    return "difference"


def _equations(text: str, where: IvEquation, system: bool) -> tuple[Equation, ...]:
    """Where a standard instrument goes; "each" is one column per equation."""
    one_of(f"equation of {text}", where, (*EQUATIONS, "each"))
    if where != "each":
        return (_equation(text, where, system),)
    return ("difference", "level") if system else ("difference",)


def _unique(texts: Iterable[str]) -> list[str]:
    seen: list[str] = []
    for text in texts:
        if squeeze(text) in map(squeeze, seen):
            raise FormulaError(
                f"the instrument {text} is declared twice", remedy="declare each variable once, in gmm or in iv; widen its lags instead"
            )
        seen.append(text)
    return seen


def _members(name: str, members: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    found = []
    for member in [members] if isinstance(members, str) else members:
        texts = [term.text for term in _read_terms(member)]
        for text in texts:
            if text not in known:
                near = difflib.get_close_matches(text, known, 2, 0.5)
                hint = f"did you mean {' or '.join(near)}? " if near else ""
                raise UnknownOption(
                    f"the group {name!r} holds {text}, which is not a declared instrument",
                    remedy=f"{hint}declared: {', '.join(known) or 'none'}",
                )
        found += texts
    return tuple(found)


@dataclass(frozen=True)
class Transformation:
    """A linear map from levels (n,) to transformed rows (m,).

    Attributes
    ----------
    rows : (m,) the level row at which each transformed row stands.
    matrix : (m, n) sparse.
    ahead : periods between that row and the date of the transformed row: 0 for differences, 1 for deviations.
    variance : variance of a transformed error when that of the error is one: 2 for differences, 1 for deviations.
    """

    rows: NDArray[np.intp]
    matrix: Any
    ahead: int
    variance: float

    def of(self, columns: Floats) -> Floats:
        """Columns (q, n) in levels as transformed columns (q, m)."""
        if not self.ahead:
            found, before = np.empty((len(columns), len(self.rows))), self.rows - 1
            for change, column in zip(found, columns, strict=True):
                np.subtract(column[self.rows], column[before], out=change)
            return found
        return np.ascontiguousarray((self.matrix @ columns.T).T)

    def back(self, columns: Floats) -> Floats:
        """Columns (q, m) times the matrix: (q, n)."""
        if not self.ahead:
            found, before = np.zeros((len(columns), self.matrix.shape[1])), self.rows - 1
            for level, column in zip(found, columns, strict=True):
                level[self.rows] = column
                level[before] -= column
            return found
        return np.ascontiguousarray((self.matrix.T @ columns.T).T)


def first_differences(entity: NDArray[np.intp], calendar: NDArray[np.int64]) -> Transformation:
    """x(t) - x(t-1) over rows sorted by ``entity`` and ``calendar`` (both (n,)).

    Examples
    --------
    >>> d = first_differences(np.array([0, 0, 0]), np.array([2001, 2002, 2004]))
    >>> d.of(np.array([[1.0, 4.0, 9.0]]))
    array([[3.]])
    """
    from scipy.sparse import csr_array

    now = np.flatnonzero((entity[1:] == entity[:-1]) & (np.diff(calendar) == 1)) + 1
    m = len(now)
    values, at = np.tile([1.0, -1.0], m), np.column_stack([now, now - 1]).ravel()
    matrix = csr_array((values, at, 2 * np.arange(m + 1)), shape=(m, len(entity)))
    return Transformation(now.astype(np.intp), matrix, 0, 2.0)


def orthogonal_deviations(entity: NDArray[np.intp]) -> Transformation:
    """sqrt(r/(r+1)) (x - mean of the r later rows) over rows sorted by ``entity`` (n,) and time.

    Examples
    --------
    >>> d = orthogonal_deviations(np.array([0, 0, 0]))
    >>> d.of(np.array([[3.0, 2.0, 0.0]])).round(4)
    array([[1.633 , 1.4142]])
    """
    from scipy.sparse import csr_array

    n = len(entity)
    ends = np.searchsorted(entity, entity, side="right")
    later = ends - np.arange(n) - 1
    now = np.flatnonzero(later > 0)
    r = later[now]
    starts = np.concatenate([[0], np.cumsum(r + 1)])
    at = np.arange(starts[-1]) - np.repeat(starts[:-1], r + 1) + np.repeat(now, r + 1)
    values = np.repeat(-1.0 / np.sqrt(r * (r + 1.0)), r + 1)
    values[starts[:-1]] = np.sqrt(r / (r + 1.0))
    return Transformation(now.astype(np.intp), csr_array((values, at, starts), shape=(len(now), n)), 1, 1.0)


@dataclass(frozen=True)
class Stack:
    """How columns in levels become columns of the equations that are estimated.

    Attributes
    ----------
    sample : the n level rows.
    transformation : gives the first m rows of the stack.
    differences : first differences, for the tests of serial correlation.
    system : whether the n level rows follow.
    groups : (m or m + n,) entity of each row of the stack.
    """

    sample: Sample
    transformation: Transformation
    differences: Transformation
    system: bool
    groups: Grouping

    @property
    def transformed(self) -> int:
        """m, the rows of the transformed equation."""
        return len(self.transformation.rows)

    def columns(self, levels: Floats, equation: Literal["difference", "level", "both"] = "both") -> Floats:
        """Columns (q, n) in levels as rows of the stack, zero in an equation that is not named."""
        parts = [self.transformation.of(levels)]
        if equation == "level":
            parts[0] = np.zeros_like(parts[0])
        if self.system:
            parts.append(np.zeros_like(levels) if equation == "difference" else levels)
        return np.concatenate(parts, axis=1)

    def placed(self, block: Floats, equation: Literal["difference", "level"]) -> Floats:
        """A block (q, m) of the transformed or (q, n) of the level equation as rows of the stack."""
        if not self.system:
            return block
        rest = np.zeros((len(block), self.sample.rows if equation == "difference" else self.transformed))
        return np.concatenate([block, rest] if equation == "difference" else [rest, block], axis=1)

    def back(self, columns: Floats) -> tuple[Floats, Floats]:
        """Z_d M_d and Z_l, both (q, n): stacked columns (q, rows) carried to the errors in levels, by equation."""
        m = self.transformed
        return self.transformation.back(columns[:, :m]), columns[:, m:] if self.system else np.zeros((len(columns), self.sample.rows))


def stack(sample: Sample, transformation: str, system: bool) -> Stack:
    """Stack the equations of ``sample``, whose rows are sorted by entity and time."""
    assert sample.entity is not None
    assert sample.calendar is not None
    codes = sample.entity.codes
    differences = first_differences(codes, sample.calendar)
    chosen = differences if transformation == "first_differences" else orthogonal_deviations(codes)
    stacked = np.concatenate([codes[chosen.rows], codes]) if system else codes[chosen.rows]
    return Stack(sample=sample, transformation=chosen, differences=differences, system=system, groups=dense(stacked, sample.entity.levels))

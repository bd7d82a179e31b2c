"""The terms of a formula as values: what can stand on either side of the tilde."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Function = Literal["log", "log1p", "asinh", "sqrt", "exp", "abs"]
FUNCTIONS: tuple[Function, ...] = ("log", "log1p", "asinh", "sqrt", "exp", "abs")
Operator = Literal["+", "-", "*", "/", "^"]

_PLAIN = re.compile(r"[^\W\d]\w*\Z")


def written(name: str) -> str:
    """A column name as it stands in a formula: odd names in backticks.

    Examples
    --------
    >>> written("rd"), written("R&D intensity")
    ('rd', '`R&D intensity`')
    """
    return name if _PLAIN.match(name) and not name.startswith("__") else f"`{name}`"


@dataclass(frozen=True)
class Column:
    """A column of the data."""

    name: str

    @property
    def text(self) -> str:
        """The term as it is written."""
        return written(self.name)


@dataclass(frozen=True)
class Number:
    """A number inside I(...)."""

    value: float

    @property
    def text(self) -> str:
        """The term as it is written."""
        return f"{self.value:g}" if float(f"{self.value:g}") == self.value else repr(self.value)


@dataclass(frozen=True)
class Transform:
    """A function of one value: log, log1p, asinh, sqrt, exp, abs."""

    function: Function
    argument: Value

    @property
    def text(self) -> str:
        """The term as it is written."""
        return f"{self.function}({self.argument.text})"


@dataclass(frozen=True)
class Lag:
    """The value ``steps`` periods earlier by the calendar; negative steps look ahead."""

    argument: Value
    steps: int

    @property
    def text(self) -> str:
        """The term as it is written."""
        return f"{'L' if self.steps > 0 else 'F'}({self.argument.text}, {abs(self.steps)})"


@dataclass(frozen=True)
class Difference:
    """x(t) - x(t - steps), by the calendar."""

    argument: Value
    steps: int = 1

    @property
    def text(self) -> str:
        """The term as it is written."""
        return f"D({self.argument.text})" if self.steps == 1 else f"D({self.argument.text}, {self.steps})"


@dataclass(frozen=True)
class Arithmetic:
    """left operator right; only inside I(...), except for x^2."""

    operator: Operator
    left: Value
    right: Value

    @property
    def text(self) -> str:
        """The term as it is written."""
        gap = "" if self.operator == "^" else " "
        return f"{self.left.text}{gap}{self.operator}{gap}{self.right.text}"


@dataclass(frozen=True)
class Negative:
    """-x, inside I(...)."""

    argument: Value

    @property
    def text(self) -> str:
        """The term as it is written."""
        return f"-{self.argument.text}"


@dataclass(frozen=True)
class Parentheses:
    """(x) or I(x): the value of the arithmetic between the parentheses."""

    argument: Value
    mark: Literal["I", ""] = "I"

    @property
    def text(self) -> str:
        """The term as it is written."""
        return f"{self.mark}({self.argument.text})"


@dataclass(frozen=True)
class Category:
    """C(g): one column per level; the reference level is left out."""

    name: str
    reference: str | float | None = None

    @property
    def text(self) -> str:
        """The term as it is written."""
        if self.reference is None:
            return f"C({written(self.name)})"
        shown = f'"{self.reference}"' if isinstance(self.reference, str) else f"{self.reference:g}"
        return f"C({written(self.name)}, ref={shown})"


Value: TypeAlias = Column | Number | Transform | Lag | Difference | Arithmetic | Negative | Parentheses
Factor: TypeAlias = Value | Category


@dataclass(frozen=True)
class Term:
    """A product of one or more factors: ``a`` or ``a:b``."""

    factors: tuple[Factor, ...]

    @property
    def text(self) -> str:
        """The term as it is written."""
        return ":".join(factor.text for factor in self.factors)


def unlagged(factor: Factor) -> tuple[Factor, int]:
    """The value behind its lags, and how many periods it is lagged; negative for leads.

    Examples
    --------
    >>> unlagged(Lag(Column("x"), 2))
    (Column(name='x'), 2)
    """
    if not isinstance(factor, Lag):
        return factor, 0
    value, steps = unlagged(factor.argument)
    return value, steps + factor.steps


def columns_of(node: Factor | Term) -> tuple[str, ...]:
    """Names of the columns that a term uses, in order of appearance, each once."""
    match node:
        case Term(factors):
            names = [n for f in factors for n in columns_of(f)]
        case Column(name) | Category(name):
            names = [name]
        case Number():
            names = []
        case Arithmetic(_, left, right):
            names = [*columns_of(left), *columns_of(right)]
        case _:
            names = list(columns_of(node.argument))
    return tuple(dict.fromkeys(names))


def shifts(node: Factor | Term) -> bool:
    """Whether the term looks at another period (L, F or D)."""
    match node:
        case Term(factors):
            return any(shifts(f) for f in factors)
        case Lag() | Difference():
            return True
        case Column() | Number() | Category():
            return False
        case Arithmetic(_, left, right):
            return shifts(left) or shifts(right)
        case _:
            return shifts(node.argument)

"""Terms of a formula as SQL: each value with the reason where there is none, as :mod:`toolkit.estimate.rows.columns` has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.errors import FormulaError, PanelError
from toolkit.estimate.formula.spec import Spec, parse_clusters
from toolkit.estimate.formula.terms import (
    Arithmetic,
    Category,
    Column,
    Difference,
    Factor,
    Lag,
    Negative,
    Number,
    Parentheses,
    Transform,
    columns_of,
    shifts,
)
from toolkit.estimate.large.engines import number
from toolkit.estimate.large.table import LargeTable
from toolkit.estimate.rows.columns import reason_of
from toolkit.estimate.rows.options import Options, infinite, missing, zero_weight
from toolkit.language import Note

_DOMAIN = {"log": "> 0", "log1p": "> -1", "sqrt": ">= 0"}
_FUNCTION = {"log": "ln({x})", "log1p": "{log1p}", "asinh": "{asinh}", "sqrt": "sqrt({x})", "exp": "exp({x})", "abs": "abs({x})"}
# ln(1 + x) without loss for small x: with u = 1 + x rounded, ln(u) x / (u - 1) is right to the last digit
_LOG1P = "CASE WHEN 1e0 + {x} = 1e0 THEN {x} ELSE ln(1e0 + {x}) * ({x} / ((1e0 + {x}) - 1e0)) END"
# asinh(x) = sign(x) log1p(|x| + x^2 / (1 + sqrt(x^2 + 1))), which loses nothing where x is small, nor where it is large and negative
_ASINH = f"(CASE WHEN {{x}} < 0 THEN -1e0 ELSE 1e0 END * {_LOG1P.format(x='(abs({x}) + {x} * {x} / (1e0 + sqrt({x} * {x} + 1e0)))')})"

_LARGEST = float(np.finfo(float).max)


@dataclass(frozen=True)
class _SqlColumn:
    """Names of a value and of its reason (0 for a usable value), and the layer that has both."""

    value: str
    why: str
    layer: int


class Rows:
    """The rows of a question as SQL, built up in layers: a lag is a window over what the layer below has.

    Parameters
    ----------
    table : the data. spec : the question. options : weights and clusters. outside : reason and SQL of rows that leave first.
    """

    def __init__(self, table: LargeTable, spec: Spec, options: Options, outside: tuple[Note, str] | None = None) -> None:
        self.table = table
        self._layers: list[list[str]] = []
        self._made: dict[str, _SqlColumn] = {}
        self.reasons: list[tuple[str, Note]] = []
        self._usable: list[str] = []
        if outside is not None:
            self.reasons.append((outside[1], outside[0]))
            self._usable.append(f"NOT ({outside[1]})")
        self.windows = False
        self.weight = ""
        terms = (*spec.terms, *spec.endogenous, *spec.instruments)
        seen: set[str] = set()
        for factor in [spec.left, *(f for term in terms for f in term.factors)]:
            if isinstance(factor, Category):
                self._missing_group(factor.name)
            elif factor.text not in seen:
                seen.add(factor.text)
                self._reasons(factor, self.compile(factor))
            self._usable += [] if isinstance(factor, Category) else [_finite(self.compile(factor).value)]
        for name in (*(c for e in spec.effects for c in e.columns), *options.clusters):
            self._missing_group(name)
        if options.weights:
            made = self.compile(Column(options.weights))
            self.weight = made.value
            self._reasons(Column(options.weights), made)
            self.reasons.append((f"{made.value} = 0", zero_weight(options.weights)))
            self._usable += [_finite(made.value), f"{made.value} <> 0"]

    def value(self, factor: Factor) -> str:
        """The SQL name of a numeric factor."""
        return self._made[factor.text].value

    @property
    def usable(self) -> str:
        """The condition that a row is used: every value is a finite number, every key is there."""
        return " AND ".join(dict.fromkeys(self._usable))

    @property
    def why(self) -> str:
        """0 for a row that is used, else the number of its reason from 1, as SQL."""
        cases = " ".join(f"WHEN {condition} THEN {i}" for i, (condition, _) in enumerate(self.reasons, start=1))
        return f"CASE {cases} ELSE 0 END"

    def sql(self) -> str:
        """All rows of the table, with every value and its reason."""
        found = self.table.calendar[0]
        for layer in self._layers:
            found = f"(SELECT *, {', '.join(layer)} FROM {found})"
        return found

    def _missing_group(self, name: str) -> None:
        columns = cluster_parts(self.table, name)
        floats = [c for c in columns if self.table.types.get(c) in ("DOUBLE", "FLOAT")]
        test = " OR ".join([*(f"{self.table.column(c)} IS NULL" for c in columns), *(f"isnan({self.table.column(c)})" for c in floats)])
        self.reasons.append((f"({test})", missing(name)))
        self._usable.append(f"NOT ({test})")

    def _reasons(self, factor: Factor, made: _SqlColumn) -> None:
        if not shifts(factor):
            for name in columns_of(factor):
                why = self.compile(Column(name)).why
                self.reasons.append((f"{why} = 1", missing(name)))
                if not isinstance(factor, Column):
                    self.reasons.append((f"{why} = 4", infinite(name)))
        self.reasons += [(f"{made.why} = {code}", reason_of(code, factor)) for code in range(1, 5)]

    def compile(self, node: Factor) -> _SqlColumn:
        """Define the value of a numeric factor and its reason, once."""
        key = f"{type(node).__name__} {node.text}"
        if key not in self._made:
            self._made[key] = self._made[node.text] = self._compile(node)
        return self._made[key]

    def _compile(self, node: Factor) -> _SqlColumn:
        match node:
            case Column(name):
                column = self.table.number(name)
                why = f"CASE WHEN {column} IS NULL OR isnan({column}) THEN 1 WHEN NOT ({_finite(column)}) THEN 4 ELSE 0 END"
                return self._define(column, why, 0)
            case Number(constant):
                return self._define(number(constant), "0", 0)
            case Parentheses(argument):
                return self.compile(argument)
            case Negative(argument):
                inner = self.compile(argument)
                return self._define(f"-{inner.value}", inner.why, inner.layer)
            case Transform(function, argument):
                inner = self.compile(argument)
                x = inner.value
                outside = f"NOT ({x} {_DOMAIN[function]})" if function in _DOMAIN else "false"
                value = _FUNCTION[function].format(x=x, log1p=_LOG1P.format(x=x), asinh=_ASINH.format(x=x))
                return self._checked(
                    f"CASE WHEN {_finite(x)} AND NOT ({outside}) THEN {value} END",
                    f"CASE WHEN {inner.why} <> 0 THEN {inner.why} WHEN {outside} THEN 2 ELSE 0 END",
                    inner.layer,
                )
            case Lag(argument, steps):
                return self._lag(self.compile(argument), steps)
            case Difference(argument, steps):
                now = self.compile(argument)
                before = self._lag(now, steps)
                return self._define(f"{now.value} - {before.value}", _worst(now.why, before.why), max(now.layer, before.layer))
            case Arithmetic(operator, left, right):
                a, b = self.compile(left), self.compile(right)
                value = f"pow({a.value}, {b.value})" if operator == "^" else f"({a.value} {operator} {b.value})"
                if operator == "/":  # one engine gives infinity, another stops
                    value = f"CASE WHEN {b.value} = 0 THEN {a.value} * CAST('Infinity' AS DOUBLE) ELSE {value} END"
                why = _worst(a.why, b.why)
                return self._checked(f"CASE WHEN {_finite(a.value)} AND {_finite(b.value)} THEN {value} END", why, max(a.layer, b.layer))
            case _:
                raise FormulaError(f"{node.text} is a category, not a number", remedy="use it as a term of its own or in an interaction")

    def _define(self, value: str, why: str, above: int) -> _SqlColumn:
        """Give value and reason names in the layer above ``above``."""
        while len(self._layers) <= above:
            self._layers.append([])
        number = sum(map(len, self._layers))
        self._layers[above] += [f"{value} AS v{number}_", f"{why} AS w{number}_"]
        return _SqlColumn(f"v{number}_", f"w{number}_", above + 1)

    def _checked(self, value: str, why: str, layer: int) -> _SqlColumn:
        """A value that arithmetic made infinite or undefined is not used."""
        made = self._define(value, why, layer)
        bad = f"NOT ({_finite(made.value)})"
        return self._define(
            f"CASE WHEN {bad} THEN NULL ELSE {made.value} END",
            f"CASE WHEN {made.why} = 0 AND ({bad}) THEN 4 ELSE {made.why} END",
            made.layer,
        )

    def _lag(self, inner: _SqlColumn, steps: int) -> _SqlColumn:
        """The value of the same entity ``steps`` periods earlier by the calendar."""
        entity = self.table.entity
        if entity is None:
            raise PanelError(
                f"{self.table.label} is not a panel, so there is no calendar", remedy="make it one: LargeTable(source, entity, time)"
            )
        if self.table.in_file_order:
            return self._earlier(inner, steps)
        self.windows = True
        side = f"{abs(steps)} {'PRECEDING' if steps > 0 else 'FOLLOWING'}" if steps else "CURRENT ROW"
        window = f"OVER (PARTITION BY {self.table.column(str(entity))} ORDER BY t_ RANGE BETWEEN {side} AND {side})"
        return self._define(f"max({inner.value}) {window}", f"coalesce(max({inner.why}) {window}, 3)", inner.layer)

    def _earlier(self, inner: _SqlColumn, steps: int) -> _SqlColumn:
        """The same where the rows of each entity pass year after year: that period is at most ``steps`` rows away."""
        entity, side = self.table.column(str(self.table.entity)), "lag" if steps > 0 else "lead"
        value, why = "NULL", "3"
        for rows in range(abs(steps), 0, -1):
            away = f"{rows}) OVER ()"
            there = f"{side}({entity}, {away} = {entity} AND {side}(t_, {away} = t_ - ({steps})"
            value = f"CASE WHEN {there} THEN {side}({inner.value}, {away} ELSE {value} END"
            why = f"CASE WHEN {there} THEN {side}({inner.why}, {away} ELSE {why} END"
        if not steps:
            value, why = inner.value, inner.why
        return self._define(value, why, inner.layer)


def _finite(value: str) -> str:
    """Whether a value is a number; NaN is larger than any in both engines."""
    return f"abs({value}) <= {_LARGEST!r}"


def cluster_parts(table: LargeTable, name: str) -> tuple[str, ...]:
    """The columns behind the name of a cluster variable."""
    return (name,) if name in table.types else parse_clusters(name)[0].columns


def _worst(first: str, second: str) -> str:
    return f"CASE WHEN {first} = 0 THEN {second} WHEN {second} = 0 THEN {first} ELSE least({first}, {second}) END"

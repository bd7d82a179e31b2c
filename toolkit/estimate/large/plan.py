"""What a question asks of a table: which columns, which effects, and what cannot be had from grouped scans."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import FormulaError, UnknownOption
from toolkit.estimate.formula.spec import Effect, Spec
from toolkit.estimate.formula.terms import Category, Column
from toolkit.estimate.large.engines import number, quoted
from toolkit.estimate.large.grouped import by_small
from toolkit.estimate.large.lookup import looked_up
from toolkit.estimate.large.question import Question
from toolkit.estimate.large.sql import Rows, cluster_parts
from toolkit.estimate.large.table import LargeTable
from toolkit.estimate.rows.columns import DesignColumn, Level, design_columns
from toolkit.estimate.rows.options import Options
from toolkit.estimate.rows.source import Source
from toolkit.language import Note
from toolkit.numerics import Floats
from toolkit.periods import covered, shown_time

NARROW = 4096  # levels of the smaller effect: the solve is dense
_NESTED = ("BLOB", "BIT", "STRUCT", "MAP", "UNION")  # types whose values are no categories
_WIDE = ("DECIMAL", "HUGEINT", "UHUGEINT", *_NESTED)
_SMALL = "toolkit_small"
SAMPLE = "take a sample of entities, table.sample(0.01), or aggregate first, and estimate in memory"


def shell(table: LargeTable) -> Source:
    """The columns and roles of the table without rows, for what looks at names alone."""
    return Source(pd.DataFrame({name: [] for name in table.types}), entity=table.entity, time=table.time, name=table.label)


def refuse(spec: Spec, options: Options) -> None:
    """Say what cannot be pushed down, and what to do instead.

    Raises
    ------
    FormulaError, UnknownOption
    """
    if len(spec.effects) > 2:
        raise FormulaError(
            f"{len(spec.effects)} absorbed effects cannot be removed by grouped scans",
            where=spec.formula,
            remedy=f"absorb two, or join two of them (province^year); otherwise {SAMPLE}",
        )
    if any(effect.slopes for effect in spec.effects):
        raise FormulaError("slopes by group cannot be removed by grouped scans", where=spec.formula, remedy=SAMPLE)
    if options.covariance in ("HC2", "HC3", "driscoll_kraay"):
        remedy = "use HC1" if options.covariance != "driscoll_kraay" else "use cluster=[entity, time]"
        raise UnknownOption(
            f"covariance={options.covariance!r} is not offered for data beyond memory", remedy=f"{remedy}; otherwise {SAMPLE}"
        )


@dataclass(frozen=True)
class Plan:
    """A question made ready for the scans.

    Attributes
    ----------
    question : what is scanned. rows : its terms. design : the regressors. large, small : the effects that the parts of the question are.
    """

    question: Question
    rows: Rows
    design: tuple[DesignColumn, ...]
    large: Effect | None
    small: Effect | None


def make_plan(
    spec: Spec, table: LargeTable, options: Options, outside: tuple[Note, str] | None = None, without: tuple[int, ...] = ()
) -> Plan:
    """Columns, keys and shift of a question whose terms are all on the right (instruments too).

    Parameters
    ----------
    without : codes of the smaller effect that are seen once: levels of categories that occur in their rows alone are none.
    """
    refuse(spec, options)
    rows = Rows(table, spec, options, outside)
    sql = rows.sql()
    if rows.windows:
        table.materialise("toolkit_rows", f"SELECT * FROM {sql}", "lags")
        sql = "toolkit_rows"
    used = f"(SELECT * FROM {sql} WHERE {rows.usable})"
    keep_single = options.small_sample in ("xtreg", "plm")
    large, small, absorbed = _sides(spec, table, used)
    sql, small_key, levels, origin = _codes(table, sql, used, small)
    gone = f" AND {small_key} NOT IN ({', '.join(map(str, without))})" if without else ""
    staying = f"(SELECT * FROM {sql} WHERE {rows.usable}{gone})"
    design = _design(spec, table, staying, "" if keep_single or large is None else _key(large, table))
    columns = (rows.value(spec.left), *(_column(table, rows, c) for c in design))
    weight = rows.weight
    question = Question(
        table=table,
        rows=sql,
        usable=rows.usable,
        columns=columns,
        weight=weight,
        large="" if large is None else _key(large, table),
        small=small_key,
        levels=levels,
        absorbed=absorbed,
        single_pairs=large is not None and small is not None and {*large.columns, *small.columns} == {table.entity, table.time},
        keep_single=keep_single,
        centred=bool(spec.effects) or spec.intercept,
        shift=np.zeros(len(columns)),
        origin=origin,
    )
    in_order = table.ordered and not rows.windows and _SMALL not in sql  # a join leaves no order
    if in_order and large is not None and large.columns == (table.entity,):
        roles = {table.entity} if absorbed and not question.single_pairs else {table.entity, table.time}
        keys = tuple(dict.fromkeys(c for name in options.clusters for c in cluster_parts(table, name) if c not in roles))
        plain = () if outside else _plain(spec=spec, table=table, options=options, design=design, keys=keys)
        question = replace(question, ordered=True, plain=plain, keys=keys)
    if question.centred:
        question = replace(question, shift=_shift(question))
    return Plan(question=question, rows=rows, design=design, large=large, small=small if absorbed else None)


def _key(effect: Effect, table: LargeTable) -> str:
    """SQL of the levels of an effect; what an array of numpy would round, or cannot hold, is written out."""
    wide = [table.types[c].endswith("]") or table.types[c].startswith(_WIDE) for c in effect.columns]
    names = [f"CAST({quoted(c)} AS STRING)" if w else quoted(c) for c, w in zip(effect.columns, wide, strict=True)]
    return names[0] if len(names) == 1 else "{" + ", ".join(f"'a{i}': {name}" for i, name in enumerate(names)) + "}"


def _sides(spec: Spec, table: LargeTable, sql: str) -> tuple[Effect | None, Effect | None, bool]:
    """The larger and the smaller effect; beside an entity alone the periods stand as the smaller one, to be counted."""
    if not spec.effects:
        return None, None, False
    if len(spec.effects) == 1:
        only = spec.effects[0]
        counted = only.columns == (table.entity,) and len(table.calendar[2]) <= NARROW
        return only, Effect((str(table.time),)) if counted else None, False
    ordered = sorted(spec.effects, key=lambda effect: -_levels(table, sql, effect))
    if _levels(table, sql, ordered[1]) > NARROW:
        raise FormulaError(
            f"both absorbed effects have more than {NARROW} levels",
            where=spec.formula,
            remedy=f"make the finer periods coarser, or join the smaller effect into wider groups; otherwise {SAMPLE}",
        )
    return ordered[0], ordered[1], True


def _levels(table: LargeTable, sql: str, effect: Effect) -> int:
    _ = table.calendar
    if effect.columns == (table.entity,):
        return int(table._kept["entities"])
    if effect.columns == (table.time,):
        return len(table.calendar[2])
    return int(table.query(f"SELECT count(DISTINCT {_key(effect, table)}) AS n FROM {sql}")["n"][0])


def _codes(table: LargeTable, sql: str, used: str, small: Effect | None) -> tuple[str, str, int, int | None]:
    """The rows with a code 0, 1, ... of the smaller effect, its SQL, how many codes there are, and the period of code 0."""
    if small is None:
        return sql, "", 0, None
    periods = table.calendar[2]
    if small.columns == (table.time,) and len(periods):
        span = int(periods[-1] - periods[0]) + 1
        if span <= 4 * len(periods) + 64:
            return sql, f"CAST(t_ - ({int(periods[0])}) AS INTEGER)", span, int(periods[0])
        key, columns = "t_", ["t_"]
    else:
        key, columns = _key(small, table), [quoted(c) for c in small.columns if table.tells_apart(c)]
    if table.engine.copies and len(columns) == len(small.columns):
        names = [f"k{i}_" for i in range(len(columns))]
        asked = ", ".join(f"{column} AS {name}" for column, name in zip(columns, names, strict=True))
        found = table.query(f"SELECT DISTINCT {asked} FROM {used} ORDER BY {', '.join(names)}")
        values = [np.asarray(found[name]) for name in names]
        listed = looked_up(columns, values, np.arange(len(values[0]))) if len(values[0]) else ""
        if listed:
            return f"(SELECT *, CAST({listed} AS INTEGER) AS c_ FROM {sql})", "c_", len(values[0]), None
    table.materialise(
        _SMALL,
        f"SELECT k_, CAST(row_number() OVER (ORDER BY k_) - 1 AS INTEGER) AS c_ FROM (SELECT DISTINCT {key} AS k_ FROM {used})",
    )
    levels = int(table.query(f"SELECT count(*) AS n FROM {_SMALL}")["n"][0])
    return (
        f"(SELECT r_.*, l_.c_ FROM (SELECT *, {key} AS key_ FROM {sql}) r_ LEFT JOIN {_SMALL} l_ ON r_.key_ = l_.k_)",
        "c_",
        levels,
        None,
    )


def _plain(spec: Spec, table: LargeTable, options: Options, design: tuple[DesignColumn, ...], keys: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the columns if all stand in the files as they are; a row is then used if they are finite numbers."""
    factors = [spec.left, *(c.parts[0] for c in design if len(c.parts) == 1)]
    names = tuple(f.name for f in factors if isinstance(f, Column) and f.name != table.time)
    plain = len(names) == len(design) + 1 == len(spec.terms) + 1 and table.in_file_order
    names += (options.weights,) if options.weights else ()
    roles = {str(table.entity), str(table.time)}
    return names if plain and {*roles, *names, *keys} <= table.plain and all(map(table.tells_apart, keys)) else ()


def _design(spec: Spec, table: LargeTable, sql: str, key: str) -> tuple[DesignColumn, ...]:
    """The regressors, categories written out over the levels that occur."""
    names = dict.fromkeys(f.name for t in spec.terms for f in t.factors if isinstance(f, Category))
    where = f" WHERE {key} IN (SELECT {key} FROM {sql} GROUP BY 1 HAVING count(*) > 1)" if key else ""
    found = {name: _values(table, name, sql + where) for name in names}
    if not all(map(len, found.values())):
        return ()  # no row is left: the scans say why
    for name, values in found.items():
        if len(values) > 500:
            raise FormulaError(f"C({name}) has {len(values)} levels", remedy=f"absorb it instead: | {name}")
    longest = max(map(len, found.values()), default=1)
    frame = pd.DataFrame({name: values.take(np.arange(longest) % len(values)).array for name, values in found.items()}, range(longest))
    return design_columns(spec, Source(frame), np.ones(longest, dtype=bool))


def _values(table: LargeTable, name: str, rows: str) -> pd.Series[Any]:
    """The values of a category that occur, as a frame in memory has them."""
    kind = table.types[name]
    if name == table.time:
        counted = table.query(f"SELECT DISTINCT t_ AS g FROM {rows} ORDER BY 1")["g"].tolist()
        return pd.Series([shown_time(count, table.calendar[1]) for count in counted])
    if kind.endswith("]") or kind.startswith(_NESTED):
        raise FormulaError(f"{name} cannot be a category: its values are of type {kind}", remedy="make a column of text or numbers of it")
    exact = {"DECIMAL": Decimal, "HUGEINT": int, "UHUGEINT": int}.get(kind.partition("(")[0])
    column = f"CAST({quoted(name)} AS STRING)" if exact else quoted(name)
    order = " ORDER BY 1" if kind.startswith("ENUM") else ""  # the categories in their own order
    given = table.query(f"SELECT DISTINCT {column} AS g FROM {rows}{order}")["g"]
    values = pd.Series(np.ma.compressed(given) if np.ma.isMaskedArray(given) else np.asarray(given)).dropna()
    if exact or kind == "DATE":
        return pd.Series([exact(v) if exact else v.date() for v in values], dtype=object)
    return pd.Series(pd.Categorical(values, categories=list(values))) if order else values


def _column(table: LargeTable, rows: Rows, column: DesignColumn) -> str:
    parts = []
    for part in column.parts:
        if isinstance(part, Level):
            name, value = part.category.name, part.value
            same = f"t_ = {covered(value, table.calendar[1])[0]}" if name == table.time else f"{quoted(name)} = {literal(value)}"
            parts.append(f"CASE WHEN {same} THEN 1e0 ELSE 0e0 END")
        else:
            assert not isinstance(part, Category)
            parts.append(rows.value(part))
    return " * ".join(f"({p})" for p in parts)


def literal(value: object) -> str:
    """A value as SQL."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating) and not np.isfinite(value):
        return f"CAST('{value}' AS DOUBLE)"
    if isinstance(value, float | np.floating):
        return number(float(value))
    if isinstance(value, int | np.integer):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def _shift(question: Question) -> Floats:
    """Means of the columns over some rows: near enough for sums of squares to keep their digits."""
    some = f"(SELECT * FROM {question.rows} WHERE {question.usable} LIMIT 10000)"
    few = replace(question, rows=some, small="", large="", levels=0, weight="")
    found = by_small(few)
    return np.asarray(found.sums[0] / max(found.rows[0], 1.0))

"""A panel against a schema. The only door to pandera, which looks; the words are ours."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from toolkit.data.finding import Finding
from toolkit.language import Listed, Note, Text, note
from toolkit.panel import Panel
from toolkit.registry.schema import Schema, SchemaColumn

_SHOWN = 5  # names that a message lists
MOST = 200  # cells of one kind in a column that are told one by one
FACTORS = (100, 10_000, 100_000_000)  # between percent and fractions, yuan and 10,000 yuan, yuan and 100 million yuan
_ABSENT = Text("the schema has this column, the file does not{near}", "模式中有此列，文件中没有{near}")
_NEAR = Text(" (near: {names})", "（相近的列：{names}）")
_FURTHER = Text("the file has this column, the schema does not", "文件中有此列，模式中没有")
_NOTHING = Text(
    "no column of the file has a name of the schema, so nothing was compared; the schema has {names}, ...",
    "文件中没有与模式同名的列，因而未作比较；模式中的列为{names}等",
)
_RANGE = Text("{value:g} lies outside [{low:g}, {high:g}]{unit}", "{value:g}超出范围[{low:g}, {high:g}]{unit}")
_NUMBER = Text("{value!r} is no number", "{value!r}不是数值")
_INTEGER = Text("{value:g} is no whole number", "{value:g}不是整数")
_MISSING = Text("the cell is empty, and the schema refuses that", "单元格为空，而模式不允许缺失")
_UNIQUE = Text("{value!r} occurs more than once", "{value!r}重复出现")
_VALUES = Text("{value!r} is none of {allowed}", "{value!r}不在允许的取值之内：{allowed}")
_FURTHER_CELLS = Text("{count} further cells like the last ones", "另有{count}个同类单元格")
_SCALED = Text(
    "{count} values lie outside the range and fit when {ways}: are they in another unit{unit}?",
    "{count}个数值超出范围，{ways}后均在范围之内：是否使用了其他单位{unit}？",
)
OR = Text(" or ", "或")


def violations(panel: Panel, schema: Schema) -> list[Finding]:
    """All cells of a panel that a schema refuses, each with its row, and columns that are absent or further.

    Parameters
    ----------
    panel : its row labels are rows of the file.
    schema : of a table of the registry or of the user's own.
    """
    there = panel.frame.columns
    keys = (panel.entity, panel.time, schema.entity, schema.time)
    known = {name: column for name, column in schema.columns.items() if name not in keys}
    found = [_absent(name, there) for name in known if name not in there and schema.absent == "refused"]
    if schema.others == "refused":
        found += [Finding("error", note("further", _FURTHER), column=name) for name in panel.columns if name not in known]
    present = {name: column for name, column in schema.columns.items() if name in there}
    if not set(known) & set(there):
        found.append(Finding("warning", note("nothing_compared", _NOTHING, names=", ".join([*known][:_SHOWN]))))
    return found + list(_cells(panel, present))


def _absent(name: str, there: pd.Index) -> Finding:
    names = difflib.get_close_matches(name, [str(c) for c in there])
    near: Text | str = _NEAR.filled(names=", ".join(names)) if names else ""
    return Finding("error", note("absent", _ABSENT, near=near), column=name)


def _cells(panel: Panel, columns: dict[str, SchemaColumn]) -> Iterator[Finding]:
    import pandera.pandas as pa
    from pandera.errors import SchemaErrors

    frame = panel.frame
    rules = pa.DataFrameSchema({name: _rule(column, frame[name]) for name, column in columns.items()})
    try:
        rules.validate(frame, lazy=True)
        return
    except SchemaErrors as errors:
        cases = errors.failure_cases
    scaled = set()
    for name in dict.fromkeys(cases["column"]):
        column = columns[name]
        at = cases.loc[(cases["column"] == name) & (cases["check"] == "range"), "index"]
        if column.range is not None and len(at) and (told := _another_unit(frame.loc[at, name], frame[name].drop(at).dropna(), column)):
            scaled.add(name)
            yield Finding("error", told, column=name)
    cases = cases.sort_values("index", kind="stable")
    for (name, check), same in cases.groupby(["column", "check"], sort=False):
        kind = _KINDS.get(check, check)
        if kind == "range" and name in scaled:
            continue
        for label in same["index"].iloc[:MOST]:
            yield _finding(panel=panel, name=name, column=columns[name], kind=kind, label=label)
        if len(same) > MOST:
            yield Finding("error", note("further_cells", _FURTHER_CELLS, count=len(same) - MOST), column=name)


_KINDS = {"not_nullable": "empty_cell", "field_uniqueness": "unique"}


def _rule(column: SchemaColumn, values: pd.Series) -> Any:
    """What pandera looks for in a column."""
    import pandera.pandas as pa

    checks = []
    if column.type != "text" and not pd.api.types.is_numeric_dtype(values):
        checks.append(pa.Check(_numeric, error="number", name="number"))
    else:
        if column.type == "integer":
            checks.append(pa.Check(lambda series: series == np.floor(series), name="integer", error="integer"))
        if column.range is not None:
            checks.append(pa.Check.in_range(*column.range, error="range", name="range"))
    if column.values:
        checks.append(pa.Check(lambda series: series.astype(str).isin(column.values), error="values", name="values"))
    return pa.Column(None, checks, nullable=column.missing == "allowed", unique=column.unique)


def _numeric(values: pd.Series) -> pd.Series:
    numbers: pd.Series = pd.to_numeric(values, errors="coerce")
    return numbers.notna()


def _another_unit(outside: pd.Series, inside: pd.Series, column: SchemaColumn) -> Note | None:
    """The factors that bring every value outside the range among those inside, or into the range if none is; none for one value alone."""
    assert column.range is not None
    low, high = (inside.min(), inside.max()) if len(inside) else column.range
    ways = [(Text("divided by {f:,}", "除以{f:,}").filled(f=factor), outside / factor) for factor in FACTORS]
    ways += [(Text("multiplied by {f:,}", "乘以{f:,}").filled(f=factor), outside * factor) for factor in FACTORS]
    fitting = tuple(way for way, scaled in ways if scaled.between(*column.range).all() and low <= scaled.median() <= high)
    if len(outside) < 2 or not fitting:
        return None
    unit = Text(f" than {column.unit.en}", f"而非{column.unit.zh}") if column.unit.en else ""
    return note("unit", _SCALED, count=len(outside), ways=Listed(fitting, OR), unit=unit)


def _finding(*, panel: Panel, name: str, column: SchemaColumn, kind: str, label: Any) -> Finding:
    row = panel.frame.loc[label]
    return Finding(
        level="error", note=_said(kind, row[name], column), row=int(label), column=name, place=f"{row[panel.entity]} {row[panel.time]}"
    )


def _said(kind: str, value: Any, column: SchemaColumn) -> Note:
    match kind:
        case "range":
            low, high = column.range or (np.nan, np.nan)
            unit = Text(f" {column.unit.en}", column.unit.zh) if column.unit.en else ""
            return note("range", _RANGE, value=value, low=low, high=high, unit=unit)
        case "number":
            return note("number", _NUMBER, value=value)
        case "integer":
            return note("integer", _INTEGER, value=value)
        case "unique":
            return note("unique", _UNIQUE, value=value)
        case "values":
            return note("values", _VALUES, value=value, allowed=column.values)
        case _:
            return note("empty_cell", _MISSING)

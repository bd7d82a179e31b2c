"""A panel against a schema, and in itself. The only door to pandera, which looks; the words are ours.

What looks wrong in itself although every cell can be read is a warning, for only the owner of the data knows: units that change, and values
unlike the history beside them. Sizes are compared in powers of ten, within an entity, so that a large province and a small one are held to
the same standard.
"""

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
MOST = 200  # cells of one kind, or steps, of a column that are told one by one
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


LEAST = np.log10(3)  # a change by less than a factor of three is never called an outlier
ROBUST = 8 * 1.4826  # robust standard deviations of the changes of the column
NEAR = 0.3  # decades, a factor of two: how near a jump must be to a power of ten that divides two units
FEWEST = 8  # changes (or entities) from which "usual" has a meaning
VOLATILE = 0.5  # decades; a column whose usual change is larger has no history to speak of
APART = 1.7  # decades between the usual size of an entity and that of all others from which it may be in another unit
UNDOUBTED = 3.5  # decades; a step looked at also where there are too few to know what is usual

UNITS = {
    2: Text("percent beside fractions", "百分数与小数混用"),
    4: Text("yuan beside 10,000 yuan, or 10,000 beside 100 million", "元与万元、或万元与亿元混用"),
    8: Text("yuan beside 100 million yuan", "元与亿元混用"),
}
_JUMP = Text(
    "{before:g} in {earlier}, {after:g} in {later}: a factor of about {factor:,}; {units}?",
    "{earlier}为{before:g}，{later}为{after:g}，相差约{factor:,}倍；是否{units}？",
)
_LEVEL = Text(
    "its usual size is that of the others only in a unit that differs by {factor:,}: {units}?",
    "其数值须换算{factor:,}倍才与其他个体处于同一水平；是否{units}？",
)
_OUTLIER = Text(
    "{after:g} in {later}, {before:g} in {earlier}: {times:,.1f} times, where it usually changes by {usual:.0%}",
    "{later}为{after:g}，{earlier}为{before:g}，相差{times:,.1f}倍，而通常的变动为{usual:.0%}",
)


def suspicions(panel: Panel, column: str) -> list[Finding]:
    """Units and outliers of one column of numbers.

    Parameters
    ----------
    panel : its row labels are rows of the file.
    column : its name.

    Examples
    --------
    >>> years, firms = range(2010, 2020), ("a", "b")
    >>> rows = [(firm, year, 100.0 + year % 7) for firm in firms for year in years]
    >>> frame = pd.DataFrame(rows, columns=["firm", "year", "sales"])
    >>> frame.loc[4, "sales"] = 1040000.0
    >>> [found.note.key for found in suspicions(Panel(frame, "firm", "year"), "sales")]
    ['unit_jump']
    """
    frame = panel.frame
    values = frame[column].astype(float).to_numpy()
    sizes = np.full(len(values), np.nan)
    filled = np.isfinite(values) & (values != 0)
    sizes[filled] = np.log10(np.abs(values[filled]))
    if (values[filled] < 0).any() and (values[filled] > 0).any():  # a rate that changes its sign has no size to compare
        return []
    return [*_between(panel, column, sizes), *_within(panel, column, values, sizes)]


def _within(panel: Panel, column: str, values: np.ndarray, sizes: np.ndarray) -> Iterator[Finding]:
    """Steps from one observed value of an entity to its next, against those of the column and its own; a spike is reported once."""
    kept = np.flatnonzero(np.isfinite(sizes))
    entities = panel.frame[panel.entity].to_numpy()[kept]
    same = entities[1:] == entities[:-1]
    steps = np.where(same, np.diff(sizes[kept]), 0.0)
    if not same.any():
        return
    usual, few = float(np.median(np.abs(steps[same]))), same.sum() < FEWEST
    if usual > VOLATILE and not few:
        return
    own = pd.Series(np.where(same, np.abs(steps), np.nan)).groupby(entities[1:]).transform("median").fillna(usual).to_numpy()
    large = np.abs(steps) > (UNDOUBTED if few else np.maximum(LEAST, ROBUST * np.maximum(usual, own)))
    if large.sum() > MOST:
        large &= np.abs(steps) >= np.sort(np.abs(steps[large]))[-MOST]
    for at in np.flatnonzero(large):
        back = at > 0 and large[at - 1] and abs(steps[at - 1] + steps[at]) < NEAR
        if back:  # the way down from a spike
            continue
        spike = at + 1 < len(steps) and large[at + 1] and abs(steps[at + 1] + steps[at]) < NEAR
        first = at == 0 or not same[at - 1]
        odd = kept[at] if first and not spike else kept[at + 1]
        yield _step(panel=panel, column=column, before=kept[at], after=kept[at + 1], odd=odd, values=values, usual=float(own[at]))


def _step(*, panel: Panel, column: str, before: int, after: int, odd: int, values: np.ndarray, usual: float) -> Finding:
    frame, (low, high) = panel.frame, sorted(abs(values[[before, after]]))
    times = frame[panel.time]
    said = {"before": values[before], "after": values[after], "earlier": str(times.iloc[before]), "later": str(times.iloc[after])}
    power = _power(low, high)
    if power:
        told = note("unit_jump", _JUMP, **said, factor=10**power, units=UNITS[power])
    else:
        told = note("outlier", _OUTLIER, **said, times=high / low, usual=10**usual - 1)
    return _suspicion(panel, column, odd, told)


def _between(panel: Panel, column: str, sizes: np.ndarray) -> Iterator[Finding]:
    """Entities whose usual size lies far from that of all others, and near to them when it is taken to another unit."""
    levels = pd.Series(sizes).groupby(panel.frame[panel.entity].to_numpy()).median().dropna().sort_values()
    if len(levels) < FEWEST:
        return
    steps = levels.diff().to_numpy()[1:]
    at = int(steps.argmax()) + 1
    below, above = levels.iloc[:at], levels.iloc[at:]
    odd, usual = (below, above) if len(below) < len(above) else (above, below)
    if steps.max() < APART or len(odd) > len(usual) / 4:
        return
    for entity, level in odd.items():
        way = -1 if level > usual.iloc[-1] else 1
        low, high = sorted((10 ** float(level), 10 ** (float(level) + way * 2)))
        near = [power for power in UNITS if usual.iloc[0] - APART / 2 <= level + way * power <= usual.iloc[-1] + APART / 2]
        fitting = [power for power in near if power != 2 or _percent(low, high)]
        if fitting:
            power = min(fitting, key=lambda power: abs(level + way * power - usual.median()))
            told = note("unit_level", _LEVEL, factor=10**power, units=UNITS[power])
            yield Finding("warning", told, column=column, place=str(entity))


def _power(low: float, high: float) -> int:
    """The power of ten between two units that lies between two sizes; 0 if none. Percent and fractions lie on two sides of one."""
    size = float(np.log10(high / low))
    power = next((power for power in UNITS if abs(size - power) <= NEAR), 0)
    return 0 if power == 2 and not _percent(low, high) else power


def _percent(low: float, high: float) -> bool:
    """Whether one of two sizes can be a fraction and the other a percentage."""
    return low <= 1 < high <= 200


def _suspicion(panel: Panel, column: str, at: int, told: Note) -> Finding:
    row = panel.frame.iloc[at]
    label = panel.frame.index[at]
    place = f"{row[panel.entity]} {row[panel.time]}"
    row_of_file = int(label) if isinstance(label, int | np.integer) else None
    return Finding(level="warning", note=told, row=row_of_file, column=column, place=place)

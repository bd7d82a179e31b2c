"""Stata files: text in the encoding it was written in, whole numbers and calendars as Stata counts them, labels and missing codes."""

from __future__ import annotations

import io
import json
import re
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from struct import error as StructError
from typing import Any

import numpy as np
import pandas as pd
from pandas.io.stata import StataMissingValue, StataReader  # type: ignore[attr-defined]

from toolkit.data.readers.columns import missing_cells
from toolkit.data.readers.encoding import Decoded, decode
from toolkit.errors import RawFileMissing, UnknownOption, UnreadableFile
from toolkit.language import Name, Note, Text, note
from toolkit.paths import relative

_FORMAT = re.compile(r"%-?(t[ydqmhwcCb]|d)")
_RELEASE = re.compile(rb"<release>(\d{3})</release>")
PANEL = "panel "  # how the label of a data set begins that :func:`toolkit.data.export` wrote
_NAME_LENGTH, _LABEL_LENGTH = 32, 80  # characters that Stata holds
_UNIT_LABEL = re.compile(r"(.*?) ?\[([^\[\]]+)\]")
UNICODE = 118  # the first format whose text is UTF-8 by definition; before it, text is in the encoding of the writer's machine
_CALENDAR = Text("{name}: Stata's {format} read as {what}.", "{name}：Stata格式{format}按{what}读取。")
_LABELLED = Text("{name}: its codes were replaced by their labels ({labels}).", "{name}：编码已替换为取值标签（{labels}）。")
_CODES = Text(
    "{name}: some values have labels, others none; the codes stay ({labels}).", "{name}：部分取值没有标签，保留编码（{labels}）。"
)
_TITLES = Text("Labels of variables: {titles}.", "变量标签：{titles}。")


@dataclass(frozen=True)
class StataTable:
    """A Stata file: the frame, the variable labels by column, and what was done; of a panel that was exported also its roles and units."""

    frame: pd.DataFrame
    labels: dict[str, str]
    notes: tuple[Note, ...] = ()
    entity: str = ""
    time: str = ""
    units: Mapping[str, str] = field(default_factory=dict)


def stata_names(names: Sequence[str]) -> dict[str, str]:
    """Name -> one that Stata allows: letters of any script, digits and underscores, 32 at most, none twice.

    Examples
    --------
    >>> stata_names(["rd(亿元)", "2020", "gdp"])
    {'rd(亿元)': 'rd_亿元_', '2020': '_2020', 'gdp': 'gdp'}
    """
    found: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"\W", "_", name)[:_NAME_LENGTH] or "_"
        plain = plain if not plain[0].isdigit() else f"_{plain}"[:_NAME_LENGTH]
        number = 1
        while plain in found.values():
            plain = f"{plain[: _NAME_LENGTH - 4]}_{(number := number + 1)}"
        found[name] = plain
    return found


def stata_label(name: str, written: str, label: str, unit: str) -> str:
    """The label of a variable: its own name where Stata could not keep it, its label, its unit in square brackets.

    Examples
    --------
    >>> stata_label("rd", "rd", "R&D经费", "亿元"), stata_label("rd(亿元)", "rd_亿元_", "", "亿元"), stata_label("rd", "rd", "", "")
    ('R&D经费 [亿元]', 'rd(亿元) = [亿元]', '')
    """
    named = (f"{name} = {label}" if name != written else label).strip()
    end = f" [{unit}]" if unit else ""
    room = _LABEL_LENGTH - len(end)
    return (f"{named[: room - 1]}…{end}" if len(named) > room else named + end).strip()


@dataclass(frozen=True)
class _StataContent:
    """What the file holds: values with Stata's missing codes, and per column its format, label and labels of values."""

    frame: pd.DataFrame
    formats: dict[str, str]
    titles: dict[str, str]
    sets: dict[str, dict[float, str]]
    about: str = ""


def read_stata(path: Path, encoding: str | None = None) -> StataTable:
    """Read a .dta file.

    Whole numbers come as int64 (float64 where some are missing), so that products do not overflow. Years (%ty) come as years, quarters
    (%tq) and months (%tm) as pandas periods, days and times as dates; missing codes (. and .a to .z) are missing and counted; numeric
    columns whose values all have a label become text. Text of a format before 118 is decoded as a whole, by evidence or as named.

    Parameters
    ----------
    path : the file.
    encoding : of the text of a format before 118.

    Raises
    ------
    RawFileMissing, UnreadableFile, UnknownOption
    """
    if not path.is_file():
        raise RawFileMissing("there is no such file", where=relative(path), remedy="check the name and the folder")
    return stata_table(path.read_bytes(), relative(path), encoding)


def stata_table(content: bytes, where: str, encoding: str | None = None) -> StataTable:
    """The same from bytes."""
    release = _release(content)
    if release >= UNICODE and encoding is not None:
        raise UnknownOption(f"text of Stata's format {release} is UTF-8 by definition", where=where, remedy="leave encoding out")
    stored = _stored(content, where)
    said: tuple[Note, ...] = ()
    decoder: Callable[[str], str] = str
    if release < UNICODE:
        decoded = _encoding(stored, where, encoding)
        said, decoder = decoded.notes, lambda text: text.encode("latin-1").decode(decoded.encoding)
    columns: dict[str, pd.Series] = {}
    notes, missing = list(said), {}
    for column in stored.frame.columns:
        name = decoder(str(column))
        values, codes = _without_codes(stored.frame[column], decoder)
        missing[name] = codes
        labels = {value: decoder(text) for value, text in stored.sets.get(column, {}).items()}
        columns[name], found = _read(values, name, stored.formats[column], labels)
        notes += found
    notes += missing_cells(missing)
    titles = {decoder(column): decoder(text) for column, text in stored.titles.items() if text}
    if stored.about.startswith(PANEL):
        return _exported(columns, titles, stored.about, tuple(notes))
    if titles:
        notes.append(note("variable_labels", _TITLES, titles=tuple(f"{name}: {title}" for name, title in titles.items())))
    return StataTable(pd.DataFrame(columns), titles, tuple(notes))


def _exported(columns: Mapping[str, pd.Series], titles: Mapping[str, str], about: str, notes: tuple[Note, ...]) -> StataTable:
    """A panel that was exported, under the names that its columns had."""
    labels: dict[str, str] = {}
    units: dict[str, str] = {}
    names: dict[str, str] = {}
    for column in columns:
        title = titles.get(column, "")
        found = _UNIT_LABEL.fullmatch(title)
        title, unit = found.groups() if found else (title, "")
        own, equals, label = title.partition(" =")
        names[column] = own if equals and stata_names([own])[own] == column else column
        text = label.strip() if names[column] != column else title
        labels |= {names[column]: text} if text else {}
        units |= {names[column]: unit} if unit else {}
    try:
        entity, time = (names[role] for role in json.loads(about.removeprefix(PANEL)))
    except (ValueError, KeyError):
        entity = time = ""
    frame = pd.DataFrame(dict(columns)).rename(columns=names)
    return StataTable(frame=frame, labels=labels, notes=notes, entity=entity, time=time, units=units)


def is_stata(content: bytes) -> bool:
    """The bytes begin as a Stata file of a release since 2013, which names itself."""
    return content.startswith(b"<stata_dta>")


def _release(content: bytes) -> int:
    found = _RELEASE.search(content[:64])
    return int(found.group(1)) if found else content[0] if content else 0


def _stored(content: bytes, where: str) -> _StataContent:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UnicodeWarning)  # pandas would take text that is not UTF-8 for Latin-1
            with StataReader(io.BytesIO(content), convert_categoricals=False, convert_dates=False, convert_missing=True) as reader:
                frame = reader.read()  # type: ignore[attr-defined]
                titles, sets, inside, about = reader.variable_labels(), reader.value_labels(), _inside(reader), reader.data_label
    except UnicodeWarning as error:
        raise UnreadableFile(
            "text that is not UTF-8 in a format that is UTF-8 by definition",
            where=where,
            remedy="in Stata: unicode translate, then save again",
        ) from error
    except (ValueError, EOFError, StructError, UnicodeError, LookupError, OverflowError, MemoryError) as error:
        raise UnreadableFile(f"not a Stata file: {error}", where=where, remedy="save it again with Stata's save or saveold") from error
    formats, names = inside
    labelled = {column: sets[name] for column, name in names.items() if name in sets}
    return _StataContent(frame=frame, formats=formats, titles=titles, sets=labelled, about=about)


def _inside(reader: Any) -> tuple[dict[str, str], dict[str, str]]:
    """Format and name of the value labels by column, for which pandas has no public door."""
    names = reader._varlist
    return dict(zip(names, reader._fmtlist, strict=True)), dict(zip(names, reader._lbllist, strict=True))


def _encoding(stored: _StataContent, where: str, encoding: str | None) -> Decoded:
    """The encoding of all text of the file together: names, labels and cells."""
    texts = [str(column) for column in stored.frame.columns] + list(stored.titles.values())
    texts += [text for labels in stored.sets.values() for text in labels.values()]
    for column in stored.frame.columns:
        if not pd.api.types.is_numeric_dtype(stored.frame[column]):
            texts += sorted({cell for cell in stored.frame[column] if isinstance(cell, str)})
    return decode("\n".join(texts).encode("latin-1"), where, encoding)


def _without_codes(cells: pd.Series, decoder: Callable[[str], str]) -> tuple[pd.Series, Counter[str]]:
    """Numbers with NaN for the missing codes, as int64 or float64, and how often each code occurs; text decoded, "" missing."""
    if pd.api.types.is_numeric_dtype(cells):
        return cells.astype("int64" if pd.api.types.is_integer_dtype(cells) else "float64"), Counter()
    codes = Counter(str(cell) for cell in cells if isinstance(cell, StataMissingValue))
    if codes:
        return pd.Series([np.nan if isinstance(cell, StataMissingValue) else float(cell) for cell in cells], dtype="float64"), codes
    texts = [None if cell == "" or not isinstance(cell, str) else decoder(cell) for cell in cells]
    return pd.Series(texts, dtype="str"), Counter()


def _read(values: pd.Series, name: str, format: str, labels: Mapping[float, str]) -> tuple[pd.Series, list[Note]]:
    found = _FORMAT.match(format)
    if found is not None and pd.api.types.is_numeric_dtype(values):
        return _as_calendar(values, name, found.group(1))
    return with_labels(values, name, labels)


def with_labels(values: pd.Series, name: str, labels: Mapping[float, str]) -> tuple[pd.Series, list[Note]]:
    """Codes as their labels if every value has one of its own; else the codes, and a note if some have."""
    present = set(values.dropna().unique()) if labels else set()
    if not present:
        return values, []
    shown = tuple(f"{value:g} {text}" for value, text in list(labels.items())[:4])
    if present <= set(labels) and len({labels[value] for value in present}) == len(present):
        return values.map(labels).astype("str"), [note("labels", _LABELLED, name=Name(name), labels=shown)]
    return values, [note("label_codes", _CODES, name=Name(name), labels=shown)]


_WHAT = {
    "ty": Text("years", "年份"),
    "tq": Text("quarters", "季度"),
    "tm": Text("months", "月份"),
    "td": Text("dates", "日期"),
    "d": Text("dates", "日期"),
    "tc": Text("dates and times", "日期时间"),
    "tC": Text("dates and times (its leap seconds, 27 at most, are still in them)", "日期时间（未扣除闰秒，至多27秒）"),
    "th": Text("the first days of half-years", "半年首日"),
    "tw": Text("the first days of weeks", "各周首日"),
}


def _as_calendar(values: pd.Series, name: str, format: str) -> tuple[pd.Series, list[Note]]:
    if format not in _WHAT:
        return values, [note("calendar", _CALENDAR, name=Name(name), format=f"%{format}", what=Text("plain numbers", "普通数值"))]
    said = [note("calendar", _CALENDAR, name=Name(name), format=f"%{format}", what=_WHAT[format])]
    if format == "ty":
        return values if values.hasnans else values.astype("int64"), said
    if format in ("tq", "tm"):
        step, before = ("Q", 40) if format == "tq" else ("M", 120)  # periods between 1960, where Stata begins, and 1970, where pandas does
        periods = [pd.NaT if np.isnan(value) else pd.Period(ordinal=int(value) - before, freq=step) for value in values]
        return pd.Series(periods, dtype=f"period[{step}]"), said
    return _dates(values, format), said


def _dates(values: pd.Series, format: str) -> pd.Series:
    """Dates of any century: milliseconds reach further than the nanoseconds that pandas takes by itself."""
    numbers = values.to_numpy(dtype=np.float64)
    known = ~np.isnan(numbers)
    count = numbers[known].astype("int64")
    dates = np.full(len(numbers), np.datetime64("NaT", "ms"))
    if format in ("tc", "tC"):
        dates[known] = np.datetime64("1960-01-01", "ms") + count.astype("timedelta64[ms]")
    elif format == "th":
        dates[known] = (np.datetime64("1960-01", "M") + (6 * count).astype("timedelta64[M]")).astype("datetime64[D]")
    elif format == "tw":  # Stata's weeks begin anew on each 1 January; the 52nd has eight or nine days
        january = (np.datetime64("1960", "Y") + (count // 52).astype("timedelta64[Y]")).astype("datetime64[D]")
        dates[known] = january + (7 * (count % 52)).astype("timedelta64[D]")
    else:
        dates[known] = np.datetime64("1960-01-01", "D") + count.astype("timedelta64[D]")
    return pd.Series(dates)

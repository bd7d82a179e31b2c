"""The time column of a user's file: years in any spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import pandas as pd

from toolkit.data.readers.header import period_in
from toolkit.language import Name, Note, Text, note

_YEAR = re.compile(r"(?:FY|CY)?\s*(\d{4})(?:\.0*)?\s*(?:年度?末?|年底)?", re.IGNORECASE)
_WHOLE = re.compile(r"([+-]?[0-9]+)(?:\.0*)?")
_DATE = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?|(\d{4})年(\d{1,2})月(\d{1,2})日|(\d{4})(\d{2})(\d{2})"
)
_ENDS = ({(12, 31)}, {(1, 1)})
_PARTS = {"quarter": ("quarter", "季度", "季", "qtr", "q"), "month": ("month", "月份", "月")}
_TOGETHER = Text(
    "{year} and {name} were read as one period ({first}), in {name}.", "{year}与{name}合并为一个时期（如{first}），见{name}列。"
)
_READ = Text("{name}: {examples} read as years.", "{name}：{examples}按年份读取。")


def read_years(cells: Sequence[str], name: str) -> tuple[list[int | str], list[int], tuple[Note, ...]]:
    """Years where the column is yearly.

    Understood are ``2013``, ``2013年``, ``2013年度``, ``FY2013``, full-width digits, and dates if all of them are the last or all are
    the first day of a year. Whole numbers stay what they are.

    Parameters
    ----------
    cells : (n,) texts, none missing.
    name : name of the column.

    Returns
    -------
    values : (n,) years; texts where the column is not yearly.
    others : positions of cells that are no year although others are.
    notes : what was read as a year.

    Examples
    --------
    >>> read_years(["2013-12-31", "FY2014", "2015年度"], "year")[:2]
    ([2013, 2014, 2015], [])
    >>> read_years(["2013Q1", "2013Q2"], "t")[:2], read_years(["2013", "2014-06"], "t")[1]
    ((['2013Q1', '2013Q2'], []), [1])
    """
    plain = {cell: unicodedata.normalize("NFKC", cell).strip() for cell in set(cells)}
    dates = {cell: found for cell, text in plain.items() if (found := _date(text)) is not None}
    yearly = {found[1:] for found in dates.values()} in _ENDS
    years = {cell: year for cell, text in plain.items() if (year := _year(text)) is not None}
    if yearly:
        years |= {cell: found[0] for cell, found in dates.items()}
    if not years:
        return [plain[cell] for cell in cells], [], ()
    others = [i for i, cell in enumerate(cells) if cell not in years]
    rewritten = tuple(sorted(cell for cell, year in years.items() if cell != str(year)))
    examples = (*rewritten[:3], "…") if len(rewritten) > 3 else rewritten
    notes = (note("years", _READ, name=Name(name), examples=examples),) if rewritten else ()
    return [years.get(cell, cell) for cell in cells], others, notes


def with_parts(years: pd.Series, parts: pd.Series, name: str) -> tuple[pd.Series | None, tuple[Note, ...]]:
    """Quarters or months from a column of years and one of their parts (1, Q1, 一季度; 1, 1月); None where a cell fits neither.

    Examples
    --------
    >>> with_parts(pd.Series([2020, 2020]), pd.Series([1, 2]), "季度")[0].tolist()
    ['2020Q1', '2020Q2']
    >>> with_parts(pd.Series([2020]), pd.Series(["3月"]), "month")[0].tolist()
    ['2020-03']
    """
    step = next((step for step, names in _PARTS.items() if name.casefold() in names), None)
    if step is None or parts.isna().any() or not pd.api.types.is_integer_dtype(years):
        return None, ()
    found: list[str] = []
    for year, part in zip(years, parts, strict=True):
        text = f"{part:g}" if isinstance(part, int | float) else str(part).strip()
        forms = (f"{year}Q{text}" if step == "quarter" else f"{year}年{text}月", f"{year}年{text}", f"{year}{text}")
        read = next((when for form in forms if not (named := period_in(form))[0] and isinstance(when := named[1], str)), None)
        if read is None or ("Q" in read) != (step == "quarter"):
            return None, ()
        found.append(read)
    said = note("parts", _TOGETHER, name=Name(name), year=Name(str(years.name)), first=found[0])
    return pd.Series(found, index=years.index, dtype="str"), (said,)


def yearly_dates(column: pd.Series, name: str) -> tuple[pd.Series, tuple[Note, ...]]:
    """A column of dates as years if all are the last, or all the first, day of a year; else unchanged."""
    days = {(month, day) for month, day in zip(column.dt.month, column.dt.day, strict=True)}
    if days not in _ENDS:
        return column, ()
    month, day = days.pop()
    return column.dt.year.astype("int64"), (note("years", _READ, name=Name(name), examples=(f"{month:02d}-{day:02d}",)),)


def _year(text: str) -> int | None:
    found = _WHOLE.fullmatch(text) or _YEAR.fullmatch(text)
    return int(found.group(1)) if found else None


def _date(text: str) -> tuple[int, int, int] | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups() if part is not None and part.isdigit())
    return (year, month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None

"""The time column of a user's file: years in any spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import pandas as pd

from toolkit.language import Name, Note, Text, note

_YEAR = re.compile(r"(?:FY|CY)?\s*(\d{4})(?:\.0*)?\s*(?:年度?末?|年底)?", re.IGNORECASE)
_WHOLE = re.compile(r"([+-]?[0-9]+)(?:\.0*)?")
_DATE = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?|(\d{4})年(\d{1,2})月(\d{1,2})日|(\d{4})(\d{2})(\d{2})"
)
_ENDS = ({(12, 31)}, {(1, 1)})
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

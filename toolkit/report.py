"""How a result shows itself: a small report of title, tables and lines, with one text writer and one HTML writer."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from html import escape
from typing import TYPE_CHECKING, Annotated

from toolkit.language import Note

if TYPE_CHECKING:
    import pandas as pd


def number(value: float) -> str:
    """A number in at most six significant characters.

    Examples
    --------
    >>> number(0.123456), number(12345.6), number(1.5e-9)
    ('0.1235', '12345.6', '1.500e-09')
    """
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3e}"
    return f"{value:.4f}" if abs(value) < 100 else f"{value:.1f}"


def p_number(p_value: float, digits: int = 3) -> str:
    """A p value as a cell shows it: never zero.

    Examples
    --------
    >>> p_number(0.0123), p_number(1e-9)
    ('0.012', '<0.001')
    """
    least = 10.0**-digits
    return f"<{least:.{digits}f}" if p_value < least else f"{p_value:.{digits}f}"


def p_equation(p_value: float, digits: int = 3) -> str:
    """A p value as a sentence says it.

    Examples
    --------
    >>> p_equation(0.0123), p_equation(1e-9, 4)
    ('p = 0.012', 'p < 0.0001')
    """
    shown = p_number(p_value, digits)
    return f"p < {shown[1:]}" if shown[0] == "<" else f"p = {shown}"


@dataclass(frozen=True)
class ReportTable:
    """A table whose cells are formatted already.

    Attributes
    ----------
    heads : of the k columns.
    cells : rows of k texts; the first column names the row.
    """

    heads: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Report:
    """What a result says of itself.

    Attributes
    ----------
    title : one line.
    tables : below the title.
    lines : below the tables; a note is shown in English.
    below : reports of the parts of the result, in their order.

    Examples
    --------
    >>> print(as_text(Report("R&D", (ReportTable(("", "b"), (("x", "0.5"),)),), ("8 rows",))))
    R&D
         b
    x  0.5
    8 rows
    """

    title: str = ""
    tables: tuple[ReportTable, ...] = ()
    lines: tuple[str | Note, ...] = ()
    below: tuple[Report, ...] = ()


class ReportMixin:
    """A result that shows its report: as text where it is printed, as HTML in a notebook.

    A dataclass that inherits from it says ``repr=False``, because dataclasses write a ``__repr__`` of their own otherwise.
    """

    __slots__ = ()

    def _report(self) -> Report:
        """What the result says of itself."""
        raise NotImplementedError

    def _page(self) -> Report:
        """What a notebook shows: the report, unless there is more than a terminal has room for."""
        return self._report()

    def __repr__(self) -> str:
        return as_text(self._report())

    def _repr_html_(self) -> str:
        return as_html(self._page())


PValue = Annotated[float, "p value"]
"""The type of a field that :class:`Fields` shows as a p value."""
ROWS = 31  # of a table that a result shows of itself: all provinces


class Fields(ReportMixin):
    """A dataclass that shows its fields: single values one to a row, sequences of one length side by side, frames as they are.

    Examples
    --------
    >>> import numpy as np
    >>> @dataclass(frozen=True, repr=False)
    ... class Split(Fields):
    ...     total: float
    ...     groups: tuple[str, ...]
    ...     share: np.ndarray
    ...     draws: np.ndarray
    >>> Split(0.5, ("East", "West"), np.array([0.75, 0.25]), np.zeros(999))
    Split
    <BLANKLINE>
    total     0.5000
    <BLANKLINE>
    groups   share
    East    0.7500
    West    0.2500
    draws: 999 values
    """

    __slots__ = ()

    def _report(self) -> Report:
        import numpy as np
        import pandas as pd

        single: list[tuple[str, str]] = []
        tables: list[ReportTable] = []
        lines: list[str | Note] = []
        columns: dict[int, dict[str, Sequence[object]]] = {}
        for field in (field for field in fields(self) if field.repr):  # type: ignore[arg-type] # only dataclasses inherit
            name, value = field.name, getattr(self, field.name)
            if isinstance(value, (pd.DataFrame, pd.Series)) and len(value) <= ROWS:
                tables.append(report_table(value.reset_index()))
            elif isinstance(value, Note):
                lines.append(value)
            elif isinstance(value, (str, bool, int, float)) or value is None:
                shown = p_number if field.type in ("PValue", PValue) else number
                single.append((name, shown(value) if isinstance(value, float) else str(value)))
            elif np.ndim(value) == 1 and len(value) <= ROWS:
                columns.setdefault(len(value), {})[name] = value if isinstance(value, tuple) else np.asarray(value).tolist()
            else:
                size = " by ".join(map(str, np.shape(value))) if np.ndim(value) else type(value).__name__
                lines.append(f"{name}: {size} values" if np.ndim(value) else f"{name}: {size}")
        first = [ReportTable(("", ""), tuple(single))] if single else []
        beside = [report_table(pd.DataFrame(found)) for found in columns.values()]
        return Report(type(self).__name__, (*first, *beside, *tables), tuple(lines))


def warned(notes: Iterable[Note]) -> tuple[str, ...]:
    """Warnings as lines, marked so that nobody overlooks them."""
    return tuple(f"Note: {note}" for note in notes)


def report_table(frame: pd.DataFrame, p_values: Collection[str] = ("p_value",), shown: Callable[[float], str] = number) -> ReportTable:
    """A frame as a table, without its index.

    Parameters
    ----------
    frame : texts, whole numbers and numbers; what is missing is left empty.
    p_values : the columns that hold p values.
    shown : how the other numbers are written.

    Examples
    --------
    >>> import pandas as pd
    >>> report_table(pd.DataFrame({"term": ["x"], "estimate": [0.5], "p_value": [1e-9], "rows": [8]})).cells
    (('x', '0.5000', '<0.001', '8'),)
    """
    heads = tuple(map(str, frame.columns))
    formats = [p_number if head in p_values else shown for head in heads]
    records = zip(frame.itertuples(index=False, name=None), frame.isna().to_numpy().tolist(), strict=True)
    return ReportTable(heads, tuple(tuple(map(_cell, values, missing, formats)) for values, missing in records))


def _cell(value: object, missing: bool, shown: Callable[[float], str]) -> str:
    if missing:
        return ""
    return shown(value) if isinstance(value, float) else str(value)


def as_text(report: Report) -> str:
    """The report as plain text; a blank line stands between tables and above a report below."""
    tables = ["\n\n".join(map(_aligned, report.tables))] if report.tables else []
    own = "\n".join(filter(None, [report.title, *tables, *map(str, report.lines)]))
    return "\n\n".join(filter(None, [own, *map(as_text, report.below)]))


def _aligned(table: ReportTable) -> str:
    rows: Sequence[tuple[str, ...]] = (table.heads, *table.cells)
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        room = [" " * (wide - width(cell)) for cell, wide in zip((first, *others), widths, strict=True)]
        cells = [first + room[0], *(space + cell for cell, space in zip(others, room[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def width(text: str) -> int:
    """How many places a text takes on a terminal, where a Chinese character takes two.

    Examples
    --------
    >>> width("R&D 研发")
    8
    """
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def as_html(report: Report) -> str:
    """The report as compact HTML; every text is escaped here."""
    title = f"<p><b>{escape(report.title)}</b></p>" if report.title else ""
    lines = "<br>".join(escape(str(line)) for line in report.lines if str(line))
    foot = f'<p style="font-size:smaller">{lines}</p>' if lines else ""
    return title + "".join(map(_table, report.tables)) + foot + "".join(map(as_html, report.below))


_LANGUAGES = {"English": "en", "中文": "zh-CN"}  # head of a column -> the language of its cells


def _table(table: ReportTable) -> str:
    left = ' style="text-align:left"'
    spoken = [f' lang="{_LANGUAGES[head]}"' if head in _LANGUAGES else "" for head in table.heads]
    heads = "".join(f"<th{mark}>{escape(head)}</th>" for head, mark in zip(table.heads, spoken, strict=True))
    rows = []
    for first, *others in table.cells:
        cells = "".join(f"<td{mark}>{escape(cell)}</td>" for cell, mark in zip(others, spoken[1:], strict=True))
        rows.append(f"<tr><th{left}>{escape(first)}</th>{cells}</tr>")
    body = "".join(rows)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"

"""Where the table stands in a grid: title lines above it, its header of one or two rows, its rows, and notes below it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from toolkit.data.readers.grid import Grid, Rows
from toolkit.data.readers.numbers import BLANK, way_of
from toolkit.data.readers.problems import Problem, refuse
from toolkit.errors import UnreadableFile
from toolkit.language import Name, Note, Text, note

_BREAK = re.compile(r"\s*[\r\n]+\s*")
_SPACED = re.compile(r"(?<=[\u4e00-\u9fff])[ \u3000\xa0]+(?=[\u4e00-\u9fff])")
_NOTE = re.compile(r"(?:注|注释|说明|备注|附注|来源|(?:data )?sources?|notes?)\s*[:：]|注\s*\d|(?:数据|资料)来源", re.IGNORECASE)
_NAMELESS = ("", "unnamed: 0")  # what programs call a first column that counts the rows
_ABOVE = Text("Lines above the table were left out: {lines}.", "表格上方的说明行未读入：{lines}。")
_BELOW = Text("Lines below the table were left out: {lines}.", "表格下方的说明行未读入：{lines}。")
_AGAIN = Text("Repeated header rows left out: {count}.", "有{count}行重复表头，未读入。")
_BREAKS = Text("Line breaks in the names of columns became spaces: {names}.", "列名中的换行已改为空格：{names}。")
_SPACES = Text("Spaces inside the names of columns were removed: {names}.", "列名中的空格已去除：{names}。")
_TWO_ROWS = Text("The header has two rows ({rows}); they were joined: {names}.", "表头为两行（第{rows}行），已合并为：{names}。")
_SECOND = Text("A second line of the header was left out: {lines}.", "表头的第二行未读入：{lines}。")
_COUNTER = Text("The first column has no name and counts the rows; it was left out.", "首列没有列名且仅为行号，未读入。")
_MERGED = Text("{name}: rows that got the value of merged cells: {count}.", "{name}：合并单元格的值已填入{count}行。")


@dataclass(frozen=True)
class Region:
    """A table in a file.

    Attributes
    ----------
    names : the header.
    rows : cells, as many in each row as there are names.
    places : row of the file for each row.
    notes : what was left out.
    second : what a second line of the header says of a column: its name in another language, or its unit.
    """

    names: tuple[str, ...]
    rows: Rows
    places: tuple[int, ...]
    notes: tuple[Note, ...]
    second: Mapping[str, str] = field(default_factory=dict)


def one_line(name: str) -> str:
    """A name without line breaks, and without the spaces that yearbooks put between Chinese characters.

    Examples
    --------
    >>> one_line("研发投入\\n(万元)"), one_line("地  区")
    ('研发投入 (万元)', '地区')
    """
    return _SPACED.sub("", _BREAK.sub(" ", name.strip()))


def header_row(rows: Rows, roles: Sequence[str]) -> int | None:
    """The first row that names all roles, else the first with two cells, else the first that is not empty."""
    wanted = {one_line(role) for role in roles}
    tests = (lambda row: wanted <= set(map(one_line, row)), lambda row: sum(map(bool, row)) > 1, bool)
    return next((i for test in tests for i, row in enumerate(rows) if test(row)), None)


def is_note(row: Sequence[str]) -> bool:
    """A row that begins as sources and notes do.

    Examples
    --------
    >>> is_note(["数据来源：国家统计局"]), is_note(["Source: NBS", "2020"]), is_note(["北京", "2020"])
    (True, True, False)
    """
    return bool(row and _NOTE.match(next(filter(None, row), "")))


def find_region(grid: Grid, entity: str, time: str) -> Region:
    """The table whose header names ``entity`` and ``time``.

    Raises
    ------
    UnreadableFile
        There are no rows, a column has no name, two have the same, or a row is longer than the header.
    """
    top = header_row(grid.rows, (entity, time))
    if top is None or not any(grid.rows[top + 1 :]):
        raise UnreadableFile(
            "the file has no rows below its header", where=grid.where, remedy="the first row names the columns, the rows follow"
        )
    raw, first, notes, second = _header(grid, top, (one_line(entity), one_line(time)))
    body, places, below = _body(grid, first, raw)
    joined = any(found.key == "two_rows" and found.value("rows") == (top, top + 1) for found in notes)
    above = tuple(" ".join(filter(None, dict.fromkeys(row))) for row in grid.rows[: top - joined] if row)
    if above:
        notes.insert(0, note("lines_above", _ABOVE, lines=above))
    notes += below
    if _counts_without_name(raw, body):
        raw = ["", *raw]
    _refuse_long_rows(grid.where, raw, body, places)
    rows = [[*row, *[""] * (len(raw) - len(row))] for row in body]
    notes += _fill_merged(grid=grid, names=raw, rows=rows, places=places, roles=(one_line(entity), one_line(time)))
    kept, dropped = _named(raw, rows)
    names = [raw[j] for j in kept]
    _refuse_names(f"{grid.where}, row {top + 1}", names)
    cells = [[row[j] for j in kept] for row in rows]
    return Region(names=tuple(names), rows=cells, places=tuple(places), notes=(*notes, *dropped), second=second)


def _header(grid: Grid, top: int, roles: tuple[str, str]) -> tuple[list[str], int, list[Note], dict[str, str]]:
    """Names of the columns, the first row of the body, notes, and what a second line says of a column."""
    notes = []
    further: dict[str, str] = {}
    broken = [one_line(cell) for cell in grid.rows[top] if _BREAK.search(cell)]
    if broken:
        notes.append(note("line_breaks", _BREAKS, names=tuple(map(Name, broken))))
    spaced = [one_line(cell) for cell in grid.rows[top] if _SPACED.search(cell)]
    if spaced:
        notes.append(note("spaced_names", _SPACES, names=tuple(map(Name, spaced))))
    names = [one_line(cell) for cell in grid.rows[top]]
    at = [names.index(role) for role in roles if role in names]
    after = top + 1
    while (
        len(at) == len(roles) and after < top + 3 and (second := _second_row(grid=grid, row=after, top=top, at=at, names=names)) is not None
    ):
        joined = _joined(grid=grid, top=top, upper=names, lower=second, at=at)
        if joined != names:
            notes.append(_two_rows([name for name in joined if name not in names], (top + 1, after + 1)))
            names = joined
        elif any(second):
            said = {name: cell for name, cell in zip(names, second, strict=False) if cell and cell != name}
            further |= said
            lines = tuple(f"{name}: {cell}" for name, cell in said.items())
            notes.append(note("second_line", _SECOND, lines=lines))
        after += 1
    repeated = [name for name, count in Counter(names).items() if count > 1 or not name]
    above = [one_line(cell) for cell in grid.rows[top - 1]] if top else []
    title = any(above) and not any(above[1:])  # one cell at the left edge stands over the table, not over a column
    if any(above) and repeated and not title and not any(above[j : j + 1] not in ([], [""]) for j in at):
        joined = _joined(grid=grid, top=top - 1, upper=above, lower=names, at=at)
        notes.append(_two_rows([name for name in joined if name not in names], (top, top + 1)))
        names = joined
    return names, after, notes, further


def _two_rows(names: Sequence[str], rows: tuple[int, int]) -> Note:
    return note("two_rows", _TWO_ROWS, names=tuple(map(Name, names)), rows=rows)


def _second_row(grid: Grid, row: int, top: int, at: Sequence[int], names: Sequence[str]) -> list[str] | None:
    """The row below the header if it holds words only, and no entity or time of its own."""
    if row >= len(grid.rows) - 1 or not grid.rows[row] or is_note(grid.rows[row]):
        return None
    cells = [one_line(cell) for cell in grid.rows[row]]
    words = [cell for cell in cells if cell]
    if any(way_of(cell).number or (cell in BLANK) for cell in words) or _same_names(cells, names):
        return None
    keys = [cells[j] if j < len(cells) else "" for j in at]
    titles = all(key and not any(c.isdigit() for c in key) for key in keys)
    below = grid.rows[row + 1]
    timed = at[1] < len(below) and any(c.isdigit() for c in below[at[1]])
    return cells if not any(keys) or (titles and timed) else None


def _same_names(cells: Sequence[str], names: Sequence[str]) -> bool:
    """The names of the header once more, perhaps shifted by a column without a name."""
    return list(filter(None, cells)) == list(filter(None, names))


def _joined(grid: Grid, top: int, upper: Sequence[str], lower: Sequence[str], at: Sequence[int]) -> list[str]:
    """``upper_lower`` where one upper cell stands over several columns; the upper names where each column has its own."""
    width = max(len(upper), len(lower))
    low = [*lower, *[""] * (width - len(lower))]
    up = [*upper, *[""] * (width - len(upper))]
    merged = any(row == top for row, _ in grid.merged)
    parents = list(up)
    for j in range(width):
        if merged:
            parents[j] = up[j] or one_line(grid.merged.get((top, j), ""))
        elif not up[j] and low[j] and j and low[j - 1] and j - 1 not in at:
            parents[j] = parents[j - 1]
    counts = Counter(parent for parent, cell in zip(parents, low, strict=True) if cell)
    if all(count == 1 for parent, count in counts.items() if parent) and "" not in counts:
        return list(upper)
    return [
        parent if j in at and parent else f"{parent}_{cell}" if parent and cell and parent != cell else parent or cell
        for j, (parent, cell) in enumerate(zip(parents, low, strict=True))
    ]


def _body(grid: Grid, first: int, names: Sequence[str]) -> tuple[Rows, list[int], list[Note]]:
    body, places, lines, again, after_note = [], [], [], 0, False
    first_name = next(filter(None, names), "")
    for place, row in enumerate(grid.rows[first:], start=first + 1):
        cells = list(filter(None, row))
        if not cells:
            continue
        after_note = is_note(row) or (after_note and len(set(cells)) == 1)
        if after_note:
            lines.append(" ".join(dict.fromkeys(cells)))
        elif one_line(cells[0]) == first_name and _same_names([one_line(cell) for cell in cells], names):
            again += 1
        else:
            body.append(row)
            places.append(place)
    known = {row[0] for row in body if len(row) > 1}
    while body and len(names) > 2 and len(body[-1]) == 1 and body[-1][0] not in known:  # a last line of text that names no entity
        lines.insert(0, body.pop()[0])
        places.pop()
    notes = [note("lines_below", _BELOW, lines=tuple(lines))] if lines else []
    if again:
        notes.append(note("header_repeated", _AGAIN, count=again))
    if not body:
        raise UnreadableFile(
            "the file has no rows below its header", where=grid.where, remedy="the first row names the columns, the rows follow"
        )
    return body, places, notes


def _counting(cells: Sequence[str]) -> bool:
    """Whole numbers that grow from row to row."""
    numbers = [int(cell) for cell in cells if cell.isascii() and cell.isdigit()]
    return len(numbers) == len(cells) and all(b > a for a, b in pairwise(numbers))


def _counts_without_name(names: Sequence[str], rows: Rows) -> bool:
    """R's write.table gives the row numbers no cell in the header."""
    longest = max(map(len, rows))
    return longest == len(names) + 1 and "" not in names and _counting([row[0] for row in rows])


def _named(names: Sequence[str], rows: Rows) -> tuple[list[int], list[Note]]:
    """Columns to keep: not the empty ones, not a first one that only counts the rows."""
    kept = [j for j, name in enumerate(names) if name or any(row[j] for row in rows)]
    if kept and kept[0] == 0 and names[0].casefold() in _NAMELESS and _counting([row[0] for row in rows]):
        return kept[1:], [note("row_numbers", _COUNTER)]
    return kept, []


def _fill_merged(grid: Grid, names: Sequence[str], rows: Rows, places: Sequence[int], roles: Sequence[str]) -> list[Note]:
    notes = []
    for j in [names.index(role) for role in roles if role in names]:
        filled = 0
        for row, place in zip(rows, places, strict=True):
            if not row[j] and grid.merged.get((place - 1, j)):
                row[j] = grid.merged[place - 1, j]
                filled += 1
        if filled:
            notes.append(note("merged_cells", _MERGED, name=Name(names[j]), count=filled))
    return notes


def _refuse_long_rows(where: str, names: Sequence[str], rows: Rows, places: Sequence[int]) -> None:
    remedy = "quote text that contains commas, or give every column a name"
    long = [
        Problem(UnreadableFile, "a row has more cells than the header", row=place, remedy=remedy)
        for row, place in zip(rows, places, strict=True)
        if len(row) > len(names)
    ]
    refuse(long, where)


def _refuse_names(where: str, names: Sequence[str]) -> None:
    twice = [f"{name!r} stands over {count} columns" for name, count in Counter(names).items() if count > 1 and name]
    empty = [f"column {j} has none" for j, name in enumerate(names, 1) if not name]
    if twice or empty:
        raise UnreadableFile(
            f"a column has no name, or two have the same: {', '.join(twice + empty)}", where=where, remedy="give every column its own name"
        )

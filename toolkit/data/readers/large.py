"""Large text files by columns: what stands in the middle of a plain table is read without a Python object for each cell.

The first and the last lines are read like any file, so that titles, header and notes are found; the rows between them must be plain: as
many cells as the header, an entity in each, one line a row. Where they are not, the whole file is read in the usual way instead.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.data.readers.numbers import BLANK, votes

LARGE = 2**19  # bytes from which a text file is read so
_ENDS = 200  # lines at each end that are read in the usual way
_BLOCK = 2**22  # bytes that are parsed at a time
_SAMPLE = 2000  # cells in which a decimal point shows whether it is one
_FIRST = 64  # cells in which a text mostly shows
_WAIT = 2.0  # seconds after which a reader wants to see that something goes on
EXACT = 1e15
STRIPPED = " \t\u3000\xa0\r\n\ufeff"


class NotPlain(Exception):
    """The middle of the file needs the usual way."""


@dataclass(frozen=True)
class Numbers:
    """A column of plain numbers.

    Attributes
    ----------
    values : (n,) numbers, NaN where missing.
    marks : what stands in the missing cells, and how often.
    point : a cell proves that the point is the decimal sign.
    """

    values: npt.NDArray[np.float64]
    marks: Counter[str]
    point: bool


@dataclass(frozen=True)
class PlainBlock:
    """The rows of a file that are read by columns.

    Attributes
    ----------
    content : the file as UTF-8.
    start, stop : first byte of the middle, first byte after it.
    delimiter, width : between cells; number of cells in a row.
    rows, before : number of its rows, and of rows above it.
    name : of the file, for the progress that is shown.
    """

    content: bytes = field(repr=False)
    start: int
    stop: int
    delimiter: str
    width: int
    rows: int
    before: int
    name: str

    def place(self, place: int) -> int:
        """Row of the file of a row of head and tail alone."""
        return place if place <= self.before else place + self.rows

    def read(self, texts: Sequence[int]) -> tuple[dict[int, Numbers], dict[int, Any]]:
        """Columns by position: those that are plain numbers, and the others (``texts`` among them) as Arrow strings.

        Raises
        ------
        NotPlain
        """
        shown = _Progress(self.name, self.stop - self.start)
        gathered: dict[int, _PlainColumn] = {j: _PlainColumn() for j in range(self.width) if j not in texts}
        strings: dict[int, list[Any]] = {j: [] for j in texts}
        count = 0
        for batch in self._batches(range(self.width)):
            count += batch.num_rows
            shown.at(batch.nbytes)
            for j, column in gathered.items():
                column.add(batch.column(j))
            for j, parts in strings.items():
                parts.append(batch.column(j))
        if count != self.rows:
            raise NotPlain
        others = [j for j, column in gathered.items() if not column.settled]
        for batch in self._batches(others) if others else ():
            for at, j in enumerate(others):
                strings.setdefault(j, []).append(batch.column(at))
        shown.end()
        import pyarrow as pa
        import pyarrow.compute as pc

        stripped = {j: pc.utf8_trim(pa.chunked_array(parts, pa.string()), characters=STRIPPED) for j, parts in strings.items()}
        return {j: column.numbers() for j, column in gathered.items() if column.settled}, stripped

    def _batches(self, wanted: Sequence[int]) -> Iterator[Any]:
        import pyarrow as pa
        from pyarrow import csv as arrow

        names = [str(j) for j in range(self.width)]
        view = memoryview(self.content)[self.start : self.stop]
        try:
            reader = arrow.open_csv(
                pa.BufferReader(pa.py_buffer(view)),
                read_options=arrow.ReadOptions(column_names=names, block_size=_BLOCK),
                parse_options=arrow.ParseOptions(delimiter=self.delimiter, ignore_empty_lines=False),
                convert_options=arrow.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, include_columns=[str(j) for j in wanted]
                ),
            )
            yield from reader
        except pa.ArrowException as error:
            raise NotPlain from error


def _cast(cells: Any) -> npt.NDArray[np.float64] | None:
    """Texts as numbers; None where one of them is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.cast(cells[:_FIRST], pa.float64())  # a cast that fails looks at every cell nevertheless, at ten times the cost
        return np.asarray(pc.cast(cells, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    except pa.ArrowException:
        return None


class _PlainColumn:
    """The parts of a column while they are plain numbers."""

    def __init__(self) -> None:
        self._numeric = True
        self._parts: list[npt.NDArray[np.float64]] = []
        self._marks: Counter[str] = Counter()
        self._point = self._points = False

    def add(self, cells: Any) -> None:
        """Take another part, or give the column up."""
        if not self._numeric:
            return
        import pyarrow as pa
        import pyarrow.compute as pc

        values, present = _cast(cells), cells
        if values is None or np.isnan(values).any():  # a mark among them; most columns have none, and the search for marks takes time
            blank = pc.is_in(cells, value_set=pa.array(sorted(BLANK)))
            present = pc.if_else(blank, None, cells)
            values = _cast(present)
            counts = pc.value_counts(cells.filter(blank)).to_pylist()
            self._marks.update({str(each["values"]): int(each["counts"]) for each in counts})
        if values is None or np.isnan(values).sum() != present.null_count or (np.abs(values) >= EXACT).any():
            self._give_up()
            return
        whole = not (np.isfinite(values) & (values % 1 != 0)).any()
        if whole and pc.any(pc.match_substring_regex(present, r"^[+-]?0[0-9]")).as_py():  # a code
            self._give_up()
            return
        if not self._point:
            self._point = bool(votes([cell for cell in present[:_SAMPLE].to_pylist() if cell is not None]))
            self._points = self._points or bool(pc.any(pc.match_substring(present, ".")).as_py())
        self._parts.append(values)

    def _give_up(self) -> None:
        self._numeric = False
        self._parts.clear()

    @property
    def settled(self) -> bool:
        """All cells are plain numbers, and if points stand in them, one of them is the decimal sign beyond doubt."""
        return self.plain(point=False)

    def plain(self, point: bool) -> bool:
        """All cells are plain numbers, in a column of which another part may prove the decimal point."""
        return self._numeric and (point or self._point or not self._points)

    def numbers(self) -> Numbers:
        """The whole column."""
        return Numbers(np.concatenate(self._parts) if self._parts else np.empty(0), self._marks, self._point)


def with_ends(above: Sequence[str], middle: Numbers, below: Sequence[str]) -> Numbers:
    """A column with the cells of head and tail.

    Raises
    ------
    NotPlain
        They are not as plain as those between.
    """
    import pyarrow as pa

    parts = []
    for cells in (above, below):
        ends = _PlainColumn()
        ends.add(pa.array(list(cells), pa.string()))
        if not ends.plain(middle.point):
            raise NotPlain
        parts.append(ends.numbers())
    first, last = parts
    marks = first.marks + middle.marks + last.marks
    return Numbers(np.concatenate([first.values, middle.values, last.values]), marks, first.point or middle.point or last.point)


def middle_of(
    content: bytes, name: str, delimited: Callable[[str], tuple[list[list[str]], str]]
) -> tuple[list[list[str]], PlainBlock] | None:
    """The rows at both ends of a large UTF-8 file, and what stands between; None if the file is not so simple.

    Parameters
    ----------
    content, name : the file.
    delimited : the rows of a text, and what separates its cells.
    """
    start, stop = _after_lines(content, _ENDS), _before_lines(content, _ENDS)
    if start is None or stop is None or stop <= start or b"\t," in content:
        return None
    ends = (content[:start], content[start:stop], content[stop:])
    if any(part.count(b'"') % 2 for part in ends):
        return None
    try:
        head, tail = ends[0].decode("utf-8-sig"), ends[2].decode("utf-8")
        first = content[start : content.index(b"\n", start)].decode("utf-8")
    except UnicodeDecodeError:
        return None
    rows, delimiter = delimited(head + tail)
    width = len(next(csv.reader([first], delimiter=delimiter), []))
    before = sum(1 for _ in csv.reader(head.splitlines(keepends=True), delimiter=delimiter))
    middle = PlainBlock(
        content=content,
        start=start,
        stop=stop,
        delimiter=delimiter,
        width=width,
        rows=ends[1].count(b"\n"),
        before=before,
        name=name,
    )
    return (rows, middle) if width > 1 else None


def _after_lines(content: bytes, count: int) -> int | None:
    at = 0
    for _ in range(count):
        at = content.find(b"\n", at) + 1
        if not at:
            return None
    return at


def _before_lines(content: bytes, count: int) -> int | None:
    at = len(content.rstrip(b"\r\n"))
    for _ in range(count):
        at = content.rfind(b"\n", 0, at)
        if at < 0:
            return None
    return at + 1


class _Progress:
    """How far a file is, on standard error, if it takes longer than a moment: one growing line on a terminal, one a quarter elsewhere."""

    def __init__(self, name: str, size: int) -> None:
        self._name, self._size, self._done, self._shown = name, size, 0, 0
        self._began = time.monotonic()

    def at(self, size: int) -> None:
        """Another ``size`` bytes are read."""
        self._done = min(self._done + size, self._size)
        share = 100 * self._done // max(self._size, 1)
        step = 1 if sys.stderr.isatty() else 25
        if not os.environ.get("TOOLKIT_QUIET") and time.monotonic() - self._began > _WAIT and share >= self._shown + step:
            self._shown = share - share % step
            sys.stderr.write(f"\rreading {self._name}: {share}%" if step == 1 else f"reading {self._name}: {share}%\n")
            sys.stderr.flush()

    def end(self) -> None:
        """The file is read."""
        if self._shown and sys.stderr.isatty():
            sys.stderr.write("\n")

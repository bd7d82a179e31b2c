"""What stands in the way of reading a file: collected, and refused together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.errors import ToolkitError

SHOWN = 10


@dataclass(frozen=True)
class Problem:
    """One thing in a file that nobody but its owner can decide.

    Attributes
    ----------
    error : class of the error it raises when it is alone or comes first.
    what : one sentence that names the cell.
    row : row of the file; None if the problem is one of a column.
    column : name of the column.
    label : entity and time of the row.
    remedy : what the owner can do.
    """

    error: type[ToolkitError]
    what: str
    row: int | None = None
    column: str = ""
    label: str = ""
    remedy: str = ""

    @property
    def place(self) -> str:
        """Row, column, entity and time, as much as is known."""
        parts = ("" if self.row is None else f"row {self.row}", f"column {self.column}" if self.column else "", self.label)
        return ", ".join(part for part in parts if part)


def refuse(problems: Sequence[Problem], where: str) -> None:
    """Raise one error with all problems, the first ten of them in full; do nothing when there are none.

    Examples
    --------
    >>> from toolkit.errors import NotNumeric
    >>> cells = [Problem(NotNumeric, f"'{x}' is no number", row, "rd", "Beijing 2020", "correct it") for row, x in ((7, "b"), (3, "a"))]
    >>> refuse(cells, "mine.csv")
    Traceback (most recent call last):
    toolkit.errors.NotNumeric: 2 cells cannot be read; the first: 'a' is no number
      where:  mine.csv
              row 3, column rd, Beijing 2020: 'a' is no number
              row 7, column rd, Beijing 2020: 'b' is no number
      remedy: correct it
    """
    if not problems:
        return
    ordered = sorted(problems, key=lambda p: p.row or 0)
    first = ordered[0]
    if len(ordered) == 1:
        raise first.error(first.what, where=", ".join(filter(None, (where, first.place))), remedy=first.remedy)
    lines = [where, *(f"{p.place}: {p.what}" for p in ordered[:SHOWN])]
    if len(ordered) > SHOWN:
        lines.append(f"and {len(ordered) - SHOWN} more")
    raise first.error(
        f"{len(ordered)} cells cannot be read; the first: {first.what}",
        where=("\n" + " " * 10).join(lines),
        remedy="; ".join(dict.fromkeys(p.remedy for p in ordered if p.remedy)),
    )

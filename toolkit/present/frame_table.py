"""A three-line table of any frame of results."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from toolkit.errors import MissingColumn, PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.present import formats
from toolkit.present.exhibit import TableExhibit
from toolkit.present.labels import label
from toolkit.present.places import province_label, region_label
from toolkit.present.table import DASH, Cell, Row, Table
from toolkit.present.weak import weak_series

if TYPE_CHECKING:
    import pandas as pd

YES, NO = Text("yes", "是"), Text("no", "否")


def frame_table(
    frame: pd.DataFrame,
    heads: Mapping[str, str | Text],
    *,
    names: Mapping[str, str | Text] | None = None,
    digits: int | Mapping[str, int] = 3,
    title: str | Text = "",
    notes: Sequence[str | Text] = (),
    number: int | str = "",
) -> TableExhibit:
    """The columns of ``frame`` named in ``heads``, one row each, in both languages.

    Parameters
    ----------
    frame : a frame of results.
    heads : column -> its head, in the order of the table.
    names : texts for cells that hold short ids (a model, a reading); provinces, regions and ids of the registry are known.
    digits : decimals, for all columns or by column. Whole-number columns show none; columns called ``p``, ``p_value``
        or ``..._p`` never a bare zero.
    title, notes, number : caption, notes, "Table 1" / "表 1".

    Raises
    ------
    MissingColumn, PresentationError
        When a column of ``heads`` is not in the frame, or the frame is empty.

    Examples
    --------
    >>> import pandas as pd
    >>> shares = pd.DataFrame({"province": ["Beijing"], "share": [0.25]})
    >>> print(frame_table(shares, {"province": "Province", "share": "Share"}, digits=2).table().body[0].cells[1].text)
    0.25
    """
    absent = [column for column in heads if column not in frame.columns]
    if absent:
        raise MissingColumn(
            f"the frame has no column {absent[0]!r}", where=f"columns: {', '.join(map(str, frame.columns))}", remedy="correct it"
        )
    if frame.empty:
        raise PresentationError("the frame has no rows to show", remedy="check the rows that are left after filtering")
    shown = frame.loc[:, list(heads)].copy()

    def build(language: Language) -> Table:
        columns = [
            _cells(shown[column], names or {}, digits if isinstance(digits, int) else digits.get(column, 3), language) for column in heads
        ]
        header = Row(tuple(Cell(text_in(text, language), cells[0].kind) for text, cells in zip(heads.values(), columns, strict=True)))
        body = tuple(Row(tuple(cells[row] for cells in columns)) for row in range(len(shown)))
        said = (*weak_series(_cells_of(shown), names or {}, language), *(text_in(note, language) for note in notes))
        return Table(text_in(title, language), (header,), body, said, str(number), language, "right")

    return TableExhibit(build, shown.map(lambda value: value.en if isinstance(value, Text) else value))


def _cells(column: pd.Series, names: Mapping[str, str | Text], digits: int, language: Language) -> list[Cell]:
    if column.dtype == bool:
        return [Cell((YES if value else NO).to(language)) for value in column]
    if column.dtype.kind not in "iuf":
        return [Cell(_name(value, names, language), "label") for value in column]
    if str(column.name) in ("p", "p_value") or str(column.name).endswith("_p"):
        return [Cell(DASH if math.isnan(value) else formats.p_value(float(value), digits)) for value in column]
    if column.dtype.kind in "iu":
        return [Cell(str(value) if str(column.name) in ("year", "break_year") else formats.number(float(value), 0)) for value in column]
    return [Cell(DASH if math.isnan(value) else formats.number(float(value), digits)) for value in column]


def _cells_of(frame: pd.DataFrame) -> list[str]:
    """The text cells: ids of variables are among them."""
    return [value for column in frame for value in frame[column] if isinstance(value, str) and not isinstance(value, Text)]


def _name(value: object, names: Mapping[str, str | Text], language: Language) -> str:
    if isinstance(value, Text):
        return value.to(language)
    text = DASH if value is None or value != value else str(value)
    if text in names:
        return text_in(names[text], language)
    for known in (province_label(text, language), region_label(text, language)):
        if known != text:
            return known
    return label(text, language) if text.isidentifier() else text

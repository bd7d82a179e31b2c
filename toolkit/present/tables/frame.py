"""A three-line table of any frame of results."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from toolkit.errors import MissingColumn, PresentationError
from toolkit.language import Head, Kind, Language, Text, text_in
from toolkit.present.exhibit import TableExhibit
from toolkit.present.tables.notes import weak_series
from toolkit.present.tables.table import DASH, Cell, Row, Table
from toolkit.present.words import formats
from toolkit.present.words.labels import label, province_label, region_label
from toolkit.present.words.naming import Labels, Names, Notes, Texts, listed, names_for

if TYPE_CHECKING:
    import pandas as pd

YES, NO = Text("yes", "是"), Text("no", "否")


def frame_table(
    frame: pd.DataFrame,
    heads: Mapping[str, str | Text | Head],
    *,
    names: Texts | None = None,
    digits: int | Mapping[str, int] = 3,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    number: int | str = "",
) -> TableExhibit:
    """The columns of ``frame`` named in ``heads``, one row each, in both languages.

    Parameters
    ----------
    frame : a frame of results.
    heads : column -> its head, in the order of the table. ``Head(text, "p_value")`` and ``Head(text, "year")`` declare columns that are
        printed as p-values (never a bare zero) and as years (no separator); the name of a column says nothing.
    names : texts for cells that hold short ids (a model, a reading); provinces and regions are known.
    digits : decimals, for all columns or by column. Whole-number columns show none.
    labels : labels of ids in cells that take precedence over the registry, which names those of its own data; ``"registry"`` asks for its
        labels for any frame.
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
    declared = {column: head if isinstance(head, Head) else Head(head) for column, head in heads.items()}
    absent = [column for column in heads if column not in frame.columns]
    if absent:
        raise MissingColumn(
            f"the frame has no column {absent[0]!r}", where=f"columns: {', '.join(map(str, frame.columns))}", remedy="correct it"
        )
    if frame.empty:
        raise PresentationError("the frame has no rows to show", remedy="check the rows that are left after filtering")
    shown = frame.loc[:, list(heads)].copy()
    known = names_for(labels, frame).and_own(names or {})

    def build(language: Language) -> Table:
        columns = [
            _cells(
                shown[column],
                head.kind,
                digits=digits if isinstance(digits, int) else digits.get(column, 3),
                names=known,
                language=language,
            )
            for column, head in declared.items()
        ]
        header = Row(
            tuple(Cell(text_in(head.text, language), cells[0].kind) for head, cells in zip(declared.values(), columns, strict=True))
        )
        body = tuple(Row(tuple(cells[row] for cells in columns)) for row in range(len(shown)))
        said = (*weak_series(_cells_of(shown), known, language), *(text_in(note, language) for note in listed(notes)))
        return Table(
            title=text_in(title, language),
            header=(header,),
            body=body,
            notes=said,
            number=str(number),
            language=language,
            align="right",
        )

    return TableExhibit(build, shown.map(lambda value: value.en if isinstance(value, Text) else value))


def _cells(column: pd.Series, kind: Kind, *, digits: int, names: Names, language: Language) -> list[Cell]:
    missing = column.isna()
    if column.dtype.kind == "b":
        return [Cell(DASH if gone else (YES if value else NO).to(language)) for value, gone in zip(column, missing, strict=True)]
    if column.dtype.kind not in "iuf":
        return [Cell(DASH if gone else _name(value, names, language), "label") for value, gone in zip(column, missing, strict=True)]
    numbers = [float(value) for value in column.to_numpy(dtype=float, na_value=math.nan)]
    if kind == "p_value":
        return [Cell(DASH if math.isnan(value) else formats.p_value(value, digits)) for value in numbers]
    if kind == "year":
        return [Cell(f"{value:.0f}" if math.isfinite(value) else formats.shown(value)) for value in numbers]
    largest = formats.largest(numbers)
    scale = largest if largest >= 1e9 else 0.0  # a column in powers of ten is in powers of ten throughout
    return [Cell(formats.shown(value, 0 if column.dtype.kind in "iu" else digits, scale)) for value in numbers]


def _cells_of(frame: pd.DataFrame) -> list[str]:
    """The text cells: ids of variables are among them."""
    return [value for column in frame for value in frame[column] if isinstance(value, str) and not isinstance(value, Text)]


def _name(value: object, names: Names, language: Language) -> str:
    if isinstance(value, Text):
        return value.to(language)
    text = str(value)
    if text in names:
        return text_in(names[text], language)
    for known in (province_label(text, language), region_label(text, language)):
        if known != text:
            return known
    return label(text, language, names) if text.isidentifier() else text

"""One thing that the check of a file has found, with its place and its words in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from toolkit.language import Language, Note

Level = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing.

    Attributes
    ----------
    level : an error keeps the file from being used; a warning is for a person to look at.
    note : what it is.
    row : row of the file; None if it is one of a column or of the whole.
    column : name of the column.
    place : entity and time.
    """

    level: Level
    note: Note
    row: int | None = None
    column: str = ""
    place: str = ""

    def to(self, language: Language) -> str:
        """One line: place, then sentence."""
        row = "" if self.row is None else f"row {self.row}" if language == "en" else f"第{self.row}行"
        comma, colon = (", ", ": ") if language == "en" else ("，", "：")
        where = comma.join(filter(None, (row, self.column, self.place)))
        return f"{where}{colon if where else ''}{self.note.to(language)}"

    def plain(self) -> dict[str, Any]:
        """As it stands in the JSON report."""
        return {
            "level": self.level,
            "kind": self.note.key,
            "row": self.row,
            "column": self.column,
            "place": self.place,
            "text": {"en": self.note.to("en"), "zh": self.note.to("zh")},
        }

"""Figures read in public documents of the body that answers for them: official_figures.csv, one row a figure."""

from __future__ import annotations

import csv
import re
from collections.abc import Container
from pathlib import Path
from typing import Literal

from toolkit.errors import RegistryError
from toolkit.language import Text
from toolkit.paths import relative
from toolkit.registry.claims import Comparator
from toolkit.registry.records import Record, make

FILE = "official_figures.csv"
_TEXTS = ("quantity", "unit", "place", "body")
_DAY = re.compile(r"\d{4}(-\d{2}){0,2}")


class OfficialFigure(Record, frozen=True):
    """A figure as a document prints it.

    Attributes
    ----------
    id, claims : its key, and the statements it was looked up for.
    quantity, place, period : what it is about.
    comparator, value, unit : the digits as printed in the document (with 万 and 亿), how they are hedged, and their unit.
    body, document, date, address : who answers for the figure, where it was read and when that was published (a day, month or year).
    grade : A a document of the body itself; B its figure quoted with date by a state medium, an encyclopaedia or a reviewed journal;
        C no body is named or the page rewords its source: such a figure decides nothing.
    words : the passage that contains it, in the language of the page.
    read : day of reading.
    """

    id: str
    claims: tuple[str, ...]
    quantity: Text
    value: str
    unit: Text
    period: str
    place: Text
    body: Text
    document: str
    date: str
    address: str
    grade: Literal["A", "B", "C"]
    words: str
    read: str
    comparator: Comparator = "="

    def __post_init__(self) -> None:
        for name in ("value", "document", "address", "words"):
            if not getattr(self, name):
                raise ValueError(f"{name} is empty")
        for name in ("quantity", "place", "body"):
            if not all(getattr(self, name)):
                raise ValueError(f"{name} is needed in both languages")
        for name in ("date", "read"):
            if not _DAY.fullmatch(getattr(self, name)):
                raise ValueError(f"{name} must be a year, month or day such as 2025-07-18, not {getattr(self, name)!r}")
        if " " in self.address or "." not in self.address:
            raise ValueError(f"address must be that of a page, not {self.address!r}")

    @property
    def name(self) -> Text:
        """Who says it, and where and when it was read."""
        return Text(f"{self.body.en}: {self.document} ({self.date})", f"{self.body.zh}：{self.document}（{self.date}）")


def load_official(path: Path, claims: Container[str]) -> dict[str, OfficialFigure]:
    """The figures by id.

    Raises
    ------
    RegistryError
        Names the row of the first mistake: a field that is missing or wrong, an id written twice, a claim that does not exist.
    """
    found: dict[str, OfficialFigure] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), 2):
            where = f"{relative(path)}, row {number}, figure {row.get('id')}"
            try:
                figure = _figure(row)
            except (KeyError, TypeError, ValueError) as error:
                detail = f"column {error} is missing" if isinstance(error, KeyError) else str(error)
                raise RegistryError(f"malformed figure: {detail}", where=where, remedy="compare with a neighbouring row") from error
            if figure.id in found:
                raise RegistryError(f"{figure.id!r} is written twice", where=where, remedy="keep one of them")
            for claim in figure.claims:
                if claim not in claims:
                    raise RegistryError(f"there is no claim {claim!r}", where=where, remedy="correct the id of the claim")
            found[figure.id] = figure
    return found


def _figure(row: dict[str, str]) -> OfficialFigure:
    plain = {name: cell for name, cell in row.items() if not name.endswith(("_en", "_zh"))}
    texts = {name: {"en": row[f"{name}_en"], "zh": row[f"{name}_zh"]} for name in _TEXTS}
    figure: OfficialFigure = make(OfficialFigure, {**plain, **texts, "claims": row["claims"].split()})
    return figure

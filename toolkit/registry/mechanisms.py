"""The mechanisms that the five papers describe, as records: where each one is shown, and which series would settle what is open."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal

from toolkit.language import Text
from toolkit.registry.claims import Priority
from toolkit.registry.read import entries, read_yaml
from toolkit.registry.records import NOTHING, Record, distinct, make

FILE = Path(__file__).resolve().parent / "mechanisms.yaml"
Standing = Literal["shown", "in part", "open"]
_EXHIBIT = re.compile(r"\d\d_[a-z0-9_]+")


class Mechanism(Record, frozen=True):
    """One mechanism, index or measurement.

    Attributes
    ----------
    id, name, priority : its key (A1 to G5), what it is, and how much it matters to the papers.
    exhibits : recorded exhibits that show it; the number in front is that of the notebook.
    needs : the series that would settle it or its open part; empty when nothing is.
    """

    id: str
    name: Text
    priority: Priority
    exhibits: tuple[str, ...] = ()
    needs: Text = NOTHING

    def __post_init__(self) -> None:
        distinct(self.exhibits)
        if not all(self.name):
            raise ValueError("name is needed in both languages")
        if bool(self.needs.en) != bool(self.needs.zh):
            raise ValueError("needs is needed in both languages")
        if not self.exhibits and not self.needs.en:
            raise ValueError("name an exhibit, or the series that would settle it")
        for exhibit in self.exhibits:
            if not _EXHIBIT.fullmatch(exhibit):
                raise ValueError(f"{exhibit!r} is no name of an exhibit, such as 10_sales")

    @property
    def standing(self) -> Standing:
        """Shown, shown in part, or open."""
        return "open" if not self.exhibits else "in part" if self.needs.en else "shown"


@cache
def mechanisms() -> dict[str, Mechanism]:
    """All of them by id, in the order of the file, read and checked once.

    Raises
    ------
    RegistryError
        Names file and line of the first entry that is malformed or empty.

    Examples
    --------
    >>> mechanisms()["B3"].standing
    'shown'
    """
    return read_mechanisms(FILE)


def read_mechanisms(path: Path) -> dict[str, Mechanism]:
    """The mechanisms of a file; raises as :func:`mechanisms`."""
    found: dict[str, Mechanism] = entries(path, read_yaml(path), lambda name, entry: make(Mechanism, {"id": name, **entry}))
    return found

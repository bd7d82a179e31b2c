"""The head of a column of a table: its text, and what kind of number stands below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from toolkit.language import Text

Kind = Literal["number", "p_value", "year"]


@dataclass(frozen=True)
class Head:
    """The head of a column whose numbers are not printed as plain numbers.

    Attributes
    ----------
    text : what stands above the column.
    kind : ``"p_value"`` is never printed as a bare zero (``<0.001``), ``"year"`` has no separator of thousands.

    Examples
    --------
    >>> Head(Text("Wild p", "wild p值"), "p_value").text.zh
    'wild p值'
    """

    text: str | Text
    kind: Kind = "number"

"""Whose columns these are: those of the registry, whose labels and units are known, or the user's own, which only he can name."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    import pandas as pd

Origin: TypeAlias = str
"""``own``, perhaps with the labels and units that the file has (:func:`own_names`), ``registry``, or the schema of a user's file
(:attr:`toolkit.registry.schema.Schema.origin`), which names its columns."""

_OWN = "own"
_KEY = "toolkit_origin"
Frame = TypeVar("Frame", "pd.DataFrame", "pd.Series")


def origin_of(frame: pd.DataFrame | pd.Series) -> Origin:
    """Where the columns of a frame come from: what it is marked with (``"registry"`` if it was loaded from there), else ``"own"``.

    The mark stands in ``frame.attrs``. pandas keeps it when rows or columns are chosen, added, sorted, renamed, reshaped or grouped,
    and drops it when frames of different origin are merged or concatenated.

    Examples
    --------
    >>> import pandas as pd
    >>> origin_of(pd.DataFrame({"gdp": [1.0]}))
    'own'
    """
    return origin_in(frame.attrs)


def origin_in(attrs: Mapping[Hashable, object]) -> Origin:
    """The origin among the attributes of a frame.

    Examples
    --------
    >>> origin_in({})
    'own'
    """
    return str(attrs.get(_KEY, "own"))


def own_names(labels: Mapping[str, str], units: Mapping[str, str]) -> Origin:
    """The origin of a user's columns that says what they are called, so that an estimate and a figure know it as the panel does.

    Examples
    --------
    >>> names_in(own_names({"rd": "研发支出"}, {"rd": "万元"})), own_names({}, {})
    (({'rd': '研发支出'}, {'rd': '万元'}), 'own')
    """
    return f"{_OWN} {json.dumps([dict(labels), dict(units)], ensure_ascii=False, sort_keys=True)}" if labels or units else _OWN


def names_in(origin: Origin) -> tuple[dict[str, str], dict[str, str]] | None:
    """Labels and units of a user's columns; None where the origin is another."""
    if origin == _OWN:
        return {}, {}
    if not origin.startswith(f"{_OWN} "):
        return None
    labels, units = json.loads(origin.removeprefix(f"{_OWN} "))
    return labels, units


def marked(frame: Frame, origin: Origin = "registry") -> Frame:
    """A copy of the frame with its origin; one of the registry is shown with the registry's labels and units in every exhibit.

    Examples
    --------
    >>> import pandas as pd
    >>> origin_of(marked(pd.DataFrame({"gdp": [1.0]})).assign(share=1))
    'registry'
    """
    found = frame.copy(deep=False)
    found.attrs = {**frame.attrs, _KEY: origin}
    return found

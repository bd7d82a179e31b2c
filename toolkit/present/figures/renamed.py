"""Arguments by the names they had before: they work for one release, with a warning that says the new word.

At the end of the transition delete this module, the lines ``@old_words`` and :class:`toolkit.errors.RenamedArgument`.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from toolkit.errors import RenamedArgument, UnknownOption

P = ParamSpec("P")
R = TypeVar("R")

NEW_WORDS: Final[Mapping[str, str]] = {
    "reference": "references",
    "facet": "panel",
    "facet_names": "names",
    "group_names": "names",
    "panel_names": "names",
    "part_names": "names",
    "reading_names": "names",
    "decimals": "digits",
    "centre": "neutral",
    "note": "notes",
}
"""Old word -> new word, for every function that has an argument by the new one."""


def old_words(function: Callable[P, R]) -> Callable[P, R]:
    """The same function, which also takes its keywords by their old names.

    Two old words for one new one (names of groups and of panels) are joined.

    Raises
    ------
    UnknownOption
        if an argument is given by both names, or two mappings that are joined call one key differently.

    Warns
    -----
    RenamedArgument
        for each old word.

    Examples
    --------
    >>> import warnings
    >>> @old_words
    ... def rounded(value: float, *, digits: int = 2) -> float:
    ...     return round(value, digits)
    >>> with warnings.catch_warnings(record=True) as said:
    ...     warnings.simplefilter("always")
    ...     rounded(0.123, decimals=1)  # type: ignore[call-arg]
    0.1
    >>> print(said[0].message)
    rounded(decimals=...) is now called digits=
    """
    renamed = {old: new for old, new in NEW_WORDS.items() if new in inspect.signature(function).parameters}

    @wraps(function)
    def under_either_name(*args: P.args, **kwargs: P.kwargs) -> R:
        for old in [word for word in kwargs if word in renamed]:
            warnings.warn(f"{function.__name__}({old}=...) is now called {renamed[old]}=", RenamedArgument, stacklevel=2)
            given = kwargs.pop(old)
            kwargs[renamed[old]] = _joined(kwargs[renamed[old]], given, old, renamed[old]) if renamed[old] in kwargs else given
        return function(*args, **kwargs)

    return under_either_name


def _joined(first: Any, second: Any, old: str, new: str) -> Any:
    if first is None or second is None:
        return second if first is None else first
    if not isinstance(first, Mapping) or not isinstance(second, Mapping):
        raise UnknownOption(f"{new}= is given twice, also by its old name {old}=", remedy=f"give {new}= alone")
    twice = [key for key in first if key in second and first[key] != second[key]]
    if twice:
        raise UnknownOption(
            f"{old}= and another mapping have different texts for {twice[0]!r}", remedy=f"give {new}= alone, with one text for each key"
        )
    return {**first, **second}

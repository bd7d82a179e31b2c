"""What a notebook saved and stated, recorded for the pipeline, and sentences whose numbers are filled by code.

While a notebook runs, the environment variable TOOLKIT_RECORD names a JSON file of its own. Outside the pipeline it is unset and
nothing is recorded; there a reader waits, who sees the progress of a long loop.
"""

from __future__ import annotations

import json
import math
import os
import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from toolkit import paths
from toolkit.errors import PresentationError
from toolkit.language import Language, Text, text_in

VARIABLE = "TOOLKIT_RECORD"
Value = str | int | float | np.integer[Any] | np.floating[Any] | Text

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST = 120
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_DIGIT = re.compile(r"[0-9０-９]")


@dataclass(frozen=True)
class Statement:
    """A sentence with its numbers filled in, shown in the current language (Markdown in a notebook).

    Attributes
    ----------
    key : name under which the values are recorded.
    text : the filled sentence in both languages.
    values : what was filled in, unrounded.
    """

    key: str
    text: Text
    values: Mapping[str, Value]

    def __str__(self) -> str:
        return self.text.to()

    def __repr__(self) -> str:
        return self.text.to()

    def _repr_markdown_(self) -> str:
        return _TAG.sub("&lt;", self.text.to())


def statement(key: str, template: Text | str, **values: Value) -> Statement:
    """Fill a sentence with values taken from results, and record them.

    Parameters
    ----------
    key : letters, digits, ``_`` and ``-``; unique within a notebook.
    template : the sentence, with placeholders such as ``{b:.3f}`` or ``{share:.1%}``. No digit may be typed outside a placeholder, so
        that no number in a text can part from the result it reports.
    values : one value for each placeholder: a number, a string, or a :class:`~toolkit.language.Text`.

    Raises
    ------
    PresentationError
        For a typed digit, a placeholder without value, a value without placeholder, or a number that is not finite.

    Examples
    --------
    >>> print(statement("demo", "The elasticity is {b:.2f} ({level:.0%} interval).", b=-0.1234, level=0.95))
    The elasticity is −0.12 (95% interval).
    """
    checked_name(key)
    template = template if isinstance(template, Text) else Text(template, template)
    for name, value in values.items():
        if not isinstance(value, str | Text) and not math.isfinite(value):
            raise PresentationError(
                f"statement {key!r}: the value of {name!r} is {value}",
                remedy="state only numbers that exist; check the result it comes from",
            )
    filled = Text(_fill(key, template.en, values, "en"), _fill(key, template.zh, values, "zh"))
    record("statements", key, {"text": _plain(filled), **{name: _plain(value) for name, value in values.items()}})
    return Statement(key, filled, dict(values))


def progress(label: str | Text) -> Callable[[Iterable[int]], Iterator[int]]:
    """A wrapper that shows how far an iteration is; nothing is shown while the pipeline runs a notebook.

    Parameters
    ----------
    label : what is being done.

    Examples
    --------
    >>> steps = progress(Text("Monte Carlo", "蒙特卡洛模拟"))
    """

    def watched(steps: Iterable[int]) -> Iterator[int]:
        if VARIABLE in os.environ:
            yield from steps
            return
        from rich.progress import track

        yield from track(list(steps), description=text_in(label))

    return watched


def checked_name(name: str) -> str:
    """``name`` if it consists of letters, digits, ``_`` and ``-`` and a file can bear it; else a :class:`PresentationError`."""
    if len(name) > _LONGEST:
        raise PresentationError(f"a name of {len(name)} characters: {name[:40]!r} ...", remedy=f"use at most {_LONGEST} characters")
    if not _NAME.fullmatch(name):
        raise PresentationError(
            f"{name!r} cannot name an exhibit or statement", remedy="use letters, digits, _ and - only, e.g. '02_baseline'"
        )
    return name


def record(section: str, name: str, entry: Mapping[str, object]) -> None:
    """Add ``{section: {name: entry}}`` to the file that TOOLKIT_RECORD names; do nothing if it names none."""
    target = os.environ.get(VARIABLE, "")
    if not target:
        return
    path = Path(target)
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() and path.stat().st_size else {}
    known.setdefault(section, {})[name] = entry
    paths.write_text(path, json.dumps(known, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def _fill(key: str, template: str, values: Mapping[str, Value], language: Language) -> str:
    pieces, used = [], set()
    for literal, name, form, conversion in string.Formatter().parse(template):
        if (digit := _DIGIT.search(literal)) is not None:
            raise PresentationError(
                f"statement {key!r} has the digit {digit.group()!r} typed into its text",
                where=repr(literal.strip()),
                remedy="put the number into a placeholder, {name:.2f}, and pass its value from the result",
            )
        pieces.append(literal)
        if name is None:
            continue
        if name not in values or conversion:
            raise PresentationError(
                f"statement {key!r} has a placeholder {{{name}}} that no value fills",
                where=f"values given: {', '.join(values) or 'none'}",
                remedy="pass the value by name: statement(key, template, name=value)",
            )
        used.add(name)
        pieces.append(_shown(key=key, name=name, value=values[name], form=form or "", language=language))
    if unused := [name for name in values if name not in used]:
        raise PresentationError(
            f"statement {key!r} is given {', '.join(unused)} but its {language} text does not use it",
            remedy="drop the value, or add {" + unused[0] + "}",
        )
    return "".join(pieces)


def _shown(key: str, name: str, value: Value, form: str, language: Language) -> str:
    if isinstance(value, str | Text):
        return text_in(value, language)
    try:
        return format(value, form).replace("-", "−")
    except (ValueError, TypeError) as error:
        raise PresentationError(
            f"statement {key!r}: {value!r} cannot be shown as {{{name}:{form}}}", remedy="use a format such as .3f, .1% or ,.0f"
        ) from error


def _plain(value: Value) -> object:
    if isinstance(value, Text):
        return {"en": value.en, "zh": value.zh}
    if isinstance(value, str):
        return value
    return int(value) if isinstance(value, int | np.integer) else float(value)

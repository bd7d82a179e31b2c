"""The language of labels, notes and titles: English unless asked otherwise."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from toolkit.errors import UnknownOption

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


class Text(NamedTuple):
    """One piece of text in both languages.

    Examples
    --------
    >>> Text("Year", "年份").to("zh")
    '年份'
    """

    en: str
    zh: str

    def to(self, language: Language | None = None) -> str:
        """The text in ``language`` (default: the current one)."""
        return self.zh if (language or get_language()) == "zh" else self.en

    def filled(self, **values: object) -> Text:
        """The text with its fields filled in both languages; a value that is a text itself is filled in its own language.

        Examples
        --------
        >>> Text("{n} of {what}", "{what}{n}项").filled(n=3, what=Text("them", "其中"))
        Text(en='3 of them', zh='其中3项')
        """
        en = {name: value.en if isinstance(value, Text) else value for name, value in values.items()}
        zh = {name: value.zh if isinstance(value, Text) else value for name, value in values.items()}
        return Text(self.en.format(**en), self.zh.format(**zh))


class Name(str):
    """The name of a column inside a :class:`Note`: whoever shows the note may put the column's label in its place."""

    __slots__ = ()


@dataclass(frozen=True)
class Named:
    """A name inside a :class:`Note` that plain English spells out otherwise.

    Attributes
    ----------
    plain : what plain English says (``in log(gdp)``).
    name : the column or term whose label is shown where labels are given, and in Chinese.
    """

    plain: str
    name: str


@dataclass(frozen=True)
class Listed:
    """A list inside a :class:`Note` with its own word between the parts; a plain tuple has commas.

    Examples
    --------
    >>> str(note("of", Text("effects of {names}", "{names}的效应"), names=Listed((Name("firm"), Name("year")), AND)))
    'effects of firm and year'
    """

    parts: tuple[object, ...]
    between: Text


COMMA, AND, SEMICOLON = Text(", ", "、"), Text(" and ", "和"), Text("; ", "；")


@dataclass(frozen=True)
class Note:
    """Something that a result says about itself, made where the fact is known and never matched again as a sentence.

    Attributes
    ----------
    key : what it is about, for code that acts on it (``few_clusters``); the same for every note of this kind.
    text : the sentence in both languages, with named fields.
    values : (field, value) in the order given to :func:`note`. A :class:`Name` is shown by its label, a tuple as a list (:class:`Listed`
        with another word than a comma), a text or another note in its own language.

    Examples
    --------
    >>> few = note("few_clusters", Text("Only {count} clusters by {name}.", "按{name}聚类仅{count}组。"), count=8, name=Name("bloc"))
    >>> str(few), few.to("zh", lambda name, language: {"bloc": "区域"}[name]), few.value("count")
    ('Only 8 clusters by bloc.', '按区域聚类仅8组。', 8)
    """

    key: str
    text: Text
    values: tuple[tuple[str, object], ...] = ()

    def to(self, language: Language | None = None, label: Callable[[str, Language], str] | None = None) -> str:
        """The sentence in ``language`` (default: the current one); ``label(name, language)`` names the columns in it."""
        chosen = language or get_language()
        filled = {field: _shown(value, chosen, label) for field, value in self.values}
        return self.text.to(chosen).format(**filled)

    def value(self, field: str) -> object:
        """The value of a field; KeyError if there is none."""
        return dict(self.values)[field]

    def __str__(self) -> str:
        return self.to("en")


def note(key: str, text: Text, /, **values: object) -> Note:
    """A :class:`Note` with the values of its fields."""
    return Note(key, text, tuple(values.items()))


def joined(notes: Iterable[Note]) -> str:
    """Several notes as one English text, for frames and messages."""
    return "; ".join(map(str, notes))


def _shown(value: object, language: Language, label: Callable[[str, Language], str] | None) -> object:
    """A value as ``str.format`` shall see it: numbers keep their type, so that a field can round them."""
    if isinstance(value, Name):
        return label(value, language) if label else str(value)
    if isinstance(value, Named):
        return label(value.name, language) if label else value.plain if language == "en" else value.name
    if isinstance(value, Note):
        return value.to(language, label)
    if isinstance(value, Text):
        return value.to(language)
    if isinstance(value, tuple):
        return _shown(Listed(value, COMMA), language, label)
    if isinstance(value, Listed):
        return value.between.to(language).join(str(_shown(part, language, label)) for part in value.parts)
    return value


def text_in(text: str | Text, language: Language | None = None) -> str:
    """A plain string as it is; a :class:`Text` in ``language``."""
    return text.to(language) if isinstance(text, Text) else text


def _checked(name: str) -> Language:
    for language in LANGUAGES:
        if name == language:
            return language
    raise UnknownOption(f"there is no language {name!r}", remedy="use 'en' or 'zh' (argument, --lang, or TOOLKIT_LANG)")


_current: list[Language] = []


def get_language() -> Language:
    """The current language: the last one set, else TOOLKIT_LANG, else English."""
    return _current[-1] if _current else _checked(os.environ.get("TOOLKIT_LANG", "en"))


def set_language(language: str) -> None:
    """Use ``language`` ("en" or "zh") for all labels, notes and titles from now on."""
    _current[:] = [_checked(language)]


@contextlib.contextmanager
def using_language(language: str) -> Iterator[None]:
    """Use ``language`` inside the block."""
    _current.append(_checked(language))
    try:
        yield
    finally:
        _current.pop()


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
    >>> Head(Text("Wild p", "野自助p值"), "p_value").text.zh
    '野自助p值'
    """

    text: str | Text
    kind: Kind = "number"

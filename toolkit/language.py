"""The language of labels, notes and titles: English unless asked otherwise."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
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

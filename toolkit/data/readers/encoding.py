"""Bytes as text. An encoding is chosen for a whole file, by evidence that points one way only, or by the caller."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from typing import NamedTuple

from toolkit.errors import UnknownOption, UnreadableFile
from toolkit.language import Note, Text, note

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_RUN = re.compile(r"[^\x00-\x7f]+")
_BETWEEN_LETTERS = re.compile(r"(?<=[A-Za-z])[^\x00-\x7f](?=[A-Za-z])")
_WESTERN = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿŒœŠšŽžŸªº")
_SIGNS = frozenset("‘’“”–—…·°²³±§«»€£½¼¾×®™©¿¡\xa0")
MOSTLY_COMMON = 0.6  # share of the 3,755 everyday characters (GB 2312, first level) in Chinese text; names of firms and towns lie above 0.8
MOSTLY_ALONE = 0.6  # share of accented letters that stand alone between plain ones in a Western text
RARE = 0.05  # Chinese characters may hold a zero byte too, but few do
_REMEDY = 'say which it is: encoding="gb18030" (Chinese), encoding="cp1252" (Western European), or save it as CSV UTF-8'


class Decoded(NamedTuple):
    """A text and the encoding in which it stood ("ascii" where nothing had to be decided)."""

    text: str
    encoding: str

    @property
    def notes(self) -> tuple[Note, ...]:
        """A note where the encoding was other than UTF-8, the one that needs no choice."""
        if self.encoding in ("ascii", "utf-8", "utf-8-sig"):
            return ()
        return (note("encoding", Text("The file is in {encoding}.", "文件编码为{encoding}。"), encoding=self.encoding),)


def decode(content: bytes, where: str, encoding: str | None = None) -> Decoded:
    """Text from bytes: in the encoding named, by a byte-order mark, as UTF-8, or by one-sided evidence as GB 18030 or Windows-1252.

    Text that is not UTF-8 counts as Chinese if GB 18030 decodes it, most of its characters are everyday ones and they do not stand
    singly inside Latin words; as Western European if its accented letters are letters of Western languages and mostly stand alone
    between plain ones. Only if exactly one of the two holds is the text read.

    Parameters
    ----------
    content : the whole file.
    where : the file, for messages.
    encoding : any encoding that Python knows; None decides by evidence.

    Raises
    ------
    UnreadableFile
        The evidence is not one-sided, or the bytes do not fit the encoding named.
    UnknownOption
        There is no such encoding.

    Examples
    --------
    >>> decode("地区".encode("gbk"), "a.csv"), decode("São Paulo".encode("latin-1"), "a.csv").text
    (Decoded(text='地区', encoding='gb18030'), 'São Paulo')
    """
    if encoding is not None:
        return _as_named(content, where, encoding)
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None) or _utf16_without_mark(content)
    if marked is not None:
        return _as_named(content, where, marked, "the file is cut off or damaged: take it anew, or save it as UTF-8")
    for name in ("ascii", "utf-8"):
        try:
            return Decoded(content.decode(name), name)
        except UnicodeDecodeError:
            continue
    readings = [reading for reading in (_chinese(content), _western(content)) if reading is not None]
    if len(readings) == 1:
        return readings[0]
    what = "the file is neither UTF-8 nor GBK nor Western European text" if not readings else "the file may be GBK or Western European text"
    raise UnreadableFile(f"{what} beyond doubt", where=where, remedy=_REMEDY)


def _as_named(content: bytes, where: str, encoding: str, remedy: str = "leave encoding out, or name another") -> Decoded:
    try:
        text = content.decode("utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding)
    except LookupError:
        raise UnknownOption(f"there is no encoding {encoding!r}", where=where, remedy="utf-8, gb18030, big5, cp1252, utf-16, ...") from None
    except UnicodeError as error:
        at = f"byte {error.start}" if isinstance(error, UnicodeDecodeError) else "the end"
        raise UnreadableFile(f"the file is not in {encoding}", where=f"{where}, {at}", remedy=remedy) from error
    return Decoded(text.removeprefix("\ufeff"), encoding)


def _utf16_without_mark(content: bytes) -> str | None:
    """Which UTF-16 it is when every second byte of plain text is zero."""
    even, odd = content[::2].count(0), content[1::2].count(0)
    if len(content) % 2 or RARE * max(even, odd) <= min(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _chinese(content: bytes) -> Decoded | None:
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        return None
    signs = Counter("".join(_RUN.findall(text)))
    count = signs.total()
    everyday = sum(number for sign, number in signs.items() if _everyday(sign))
    alone = len(_BETWEEN_LETTERS.findall(text))
    return Decoded(text, "gb18030") if everyday >= MOSTLY_COMMON * count and alone < (1 - MOSTLY_COMMON) * count else None


def _everyday(sign: str) -> bool:
    """A character of the first level of GB 2312, or one of its punctuation marks and full-width signs."""
    try:
        code = sign.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return 0xA1 <= code[0] <= 0xA3 or 0xB0 <= code[0] <= 0xD7


def _western(content: bytes) -> Decoded | None:
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return None
    runs = _RUN.findall(text)
    if not set("".join(runs)) <= _WESTERN | _SIGNS:
        return None
    return Decoded(text, "cp1252") if sum(len(run) == 1 for run in runs) >= MOSTLY_ALONE * len(runs) else None

"""Official figures of the registry as figures of the audit, and whether the words quoted contain the number that is entered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction

from toolkit.audit.figures import Figure
from toolkit.audit.interval import Interval
from toolkit.audit.stated import as_printed, between, located, numbers, read_printed
from toolkit.errors import NotNumeric, RegistryError
from toolkit.language import Text
from toolkit.registry import OfficialFigure
from toolkit.units import unit_of

_MULTIPLES = {
    "千": 10**3,
    "thousand": 10**3,
    "mil": 10**3,
    "万": 10**4,
    "萬": 10**4,
    "million": 10**6,
    "亿": 10**8,
    "億": 10**8,
    "billion": 10**9,
    "万亿": 10**12,
    "萬億": 10**12,
    "兆": 10**12,
    "trillion": 10**12,
}
_NUMBER = re.compile(r"(\d[\d,.]*)\s?(万亿|萬億|billion|million|trillion|thousand|mil\b|[千万萬亿億兆])?")
_SPELLED = (
    *(
        ("zero",),
        ("one", "first", "一", "首", "率先"),
        ("two", "second", "twice", "二", "两"),
        ("three", "third", "三"),
        ("four", "fourth", "四"),
    ),
    *(("five", "fifth", "五"), ("six", "sixth", "六"), ("seven", "seventh", "七"), ("eight", "eighth", "八"), ("nine", "ninth", "九")),
    *(("ten", "tenth"), ("eleven",), ("twelve", "twelfth"), ("thirteen",), ("fourteen",), ("fifteen", "fifteenth"), ("sixteen",)),
)
_CHINESE = "零一二三四五六七八九"


def official_figure(record: OfficialFigure) -> Figure:
    """The figure with what its printed digits leave possible; one of grade C is no official figure and decides nothing.

    Raises
    ------
    RegistryError
        The words quoted do not contain the number.
    """
    if not quoted(record):
        raise RegistryError(
            f"the words quoted do not contain {record.value!r}: {record.words!r}",
            where=f"official_figures.csv, figure {record.id}",
            remedy="enter the number as the words give it",
        )
    interval, exact = _admitted(record, numbers), record.comparator == "=" and " to " not in record.value
    return Figure(
        label=Text(f"{record.quantity.en}, {record.period}", f"{record.quantity.zh}，{record.period}"),
        unit=record.unit,
        interval=interval,
        located=None if record.comparator in ("=", "~") else _admitted(record, located),
        sources=(record.id,),
        cells=(),
        time=int(exact and interval.low is not None),
        entity=record.place.en,
        shown=Text(record.value, record.value)
        if interval.low is None is interval.high
        else as_printed(record.comparator, record.value, record.unit),
    )


def _admitted(record: OfficialFigure, reading: Callable[[str, str, str], Interval]) -> Interval:
    """The numbers of a figure; a passage without a number leaves all of them open."""
    low, to, high = record.value.partition(" to ")
    try:
        return between(low, high) if to else reading(record.value, record.comparator, record.unit.en)
    except NotNumeric:
        return Interval(None, None)


def quoted(record: OfficialFigure) -> bool:
    """Whether the words hold the value: the text itself, or a number equal to it once 万, 亿, million and the unit are multiplied out.

    >>> from toolkit.registry import registry
    >>> quoted(registry().official["gii_rank_2024"])
    True
    """
    ends = [record.value] if record.value.casefold() in record.words.casefold() else record.value.split(" to ")
    return all(_holds(end, record.unit.en, record.words) for end in ends)


def _holds(value: str, unit: str, words: str) -> bool:
    if value.casefold() in words.casefold():
        return True
    try:
        printed = read_printed(value)
    except NotNumeric:
        return False
    if printed.bottom:
        return printed.bottom in set(_in_words(words))
    known = unit_of(unit)
    wanted = {printed.value * scale for scale in (1, known.factor if known else 1)}
    return not wanted.isdisjoint({*_in_words(words), *_in_digits(words)})


def _in_digits(words: str) -> Iterator[Fraction]:
    """Every number in digits as it stands and with its multiple; neighbours such as 2兆2398億 also as their sum."""
    total, end = Fraction(0), -1
    for found in _NUMBER.finditer(re.sub(r"(\d\.) (\d)", r"\1\2", words)):
        multiple = _MULTIPLES.get(found[2] or "", 1)
        for digits in _readings(found[1]):
            yield digits
            yield digits * multiple
        total = (total if found.start() == end else Fraction(0)) + max(_readings(found[1])) * multiple
        yield total
        end = found.end()


def _readings(digits: str) -> list[Fraction]:
    """A number with its commas as thousands (10,02: as the decimal sign); with points as thousands where they stand so (7.077)."""
    digits = digits.rstrip(",.")
    comma = re.fullmatch(r"(\d+),(\d{1,2})", digits)
    if comma:
        return [Fraction(f"{comma[1]}.{comma[2]}")]
    plain = digits.replace(",", "")
    whole = [Fraction(plain.replace(".", ""))] if re.fullmatch(r"\d{1,3}(\.\d{3})+", plain) else []
    return [*([Fraction(plain)] if plain.count(".") < 2 else []), *whole] or [Fraction(0)]


def _in_words(words: str) -> Iterator[int]:
    """Small numbers written out, in English and Chinese."""
    tokens = set(re.findall(r"[a-z]+", words.lower()))
    for number, names in enumerate(_SPELLED):
        if any(name in tokens if name.isascii() else name in words for name in names):
            yield number
    yield from (10 * _CHINESE.index(tenths) for tenths in re.findall(r"([一二三四五六七八九])成", words))
    for tens, ones in re.findall(r"([一二三四五六七八九]?)十([一二三四五六七八九]?)", words):
        yield 10 * (_CHINESE.index(tens) if tens else 1) + (_CHINESE.index(ones) if ones else 0)

"""Official figures as intervals of their printed rounding, each with the publication it comes from.

Those of official_figures.csv must stand in the words quoted. A figure beside a printed number is put into its unit here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from toolkit.audit.interval import NO_UNIT, Interval, Number, exact, range_text
from toolkit.audit.printed import PrintedClaim, as_printed, between, located, numbers, read_printed
from toolkit.audit.units import same_nature
from toolkit.errors import NotNumeric, RegistryError
from toolkit.language import Text
from toolkit.registry import OfficialFigure, registry
from toolkit.registry.claims import Nature
from toolkit.units import factor, unit_of

Grade = Literal["A", "B", "P", "C", "D"]
WIDER = 10
"""A figure that leaves more than this many times as much open as the printed number hardly tests it."""

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


@dataclass(frozen=True)
class Figure:
    """A number read in a publication, or computed from such numbers.

    Attributes
    ----------
    label, unit : what it is and in what unit.
    interval : what its printed digits leave possible; a single point when it is computed without rounding.
    sources : ids of the publications.
    cells : ``table.variable time entity`` of every cell it rests on.
    time, entity : its place; time is 0 for a computed figure.
    weak : why a series behind it needs care.
    located : of a figure printed as "over" or "nearly", where it can be taken to lie; None when that is the interval itself.
    shown : the figure as its document prints it; empty for a cell of a table and after any computation.
    nature : ``stock`` or ``flow`` where the series says so; the difference of two stocks is a flow.
    """

    label: Text
    unit: Text
    interval: Interval
    sources: tuple[str, ...]
    cells: tuple[str, ...]
    time: int = 0
    entity: str = ""
    weak: tuple[Text, ...] = ()
    nature: Nature = "either"
    located: Interval | None = None
    shown: Text = NO_UNIT

    @property
    def number(self) -> float:
        """The middle of the interval, which for a printed figure is the figure."""
        return self.interval.middle

    @property
    def text(self) -> Text:
        """The figure for a reader: a cell as printed, a computed figure with both ends."""
        if self.shown.en:
            return self.shown
        unit = NO_UNIT if self.unit.en == "share" else self.unit
        return range_text(Interval.point(self.number), digits=6, unit=unit) if self.time else range_text(self.interval, unit=unit)

    @property
    def grade(self) -> Grade:
        """The weakest of its publications: A of the issuing body, B its figure quoted with body and date, C any other quotation."""
        return grade_of(self.sources)

    @property
    def official(self) -> bool:
        """Whether it decides: every publication is that of the issuing body or quotes it with body and date."""
        return self.grade < "C"

    def named(self, label: Text, unit: Text | None = None) -> Figure:
        """The same figure under another name."""
        return replace(self, label=label, unit=self.unit if unit is None else unit)

    def __add__(self, other: Figure | Interval | Number) -> Figure:
        return self._with(other, self.interval + _interval(other))

    def __sub__(self, other: Figure | Interval | Number) -> Figure:
        change = self._with(other, self.interval - _interval(other))
        stocks = isinstance(other, Figure) and self.nature == other.nature == "stock"
        return replace(change, nature="flow") if stocks else change

    def __mul__(self, other: Figure | Interval | Number) -> Figure:
        return self._with(other, self.interval * _interval(other))

    def __truediv__(self, other: Figure | Interval | Number) -> Figure:
        return self._with(other, self.interval / _interval(other))

    __radd__, __rmul__ = __add__, __mul__

    def _with(self, other: Figure | Interval | Number, interval: Interval) -> Figure:
        if not isinstance(other, Figure):
            return replace(self, interval=interval, located=None, shown=NO_UNIT)
        return replace(
            self,
            interval=interval,
            located=None,
            shown=NO_UNIT,
            sources=tuple(dict.fromkeys(self.sources + other.sources)),
            cells=tuple(dict.fromkeys(self.cells + other.cells)),
            weak=tuple(dict.fromkeys(self.weak + other.weak)),
            time=0,
        )


def grade_of(sources: Sequence[str]) -> Grade:
    """The weakest of some publications, ids of sources or of official figures; C when there is none."""
    known, read = registry().sources, registry().official
    grades: list[Grade] = [read[name].grade if name in read else "A" if known[name].standing == "official" else "C" for name in sources]
    return max(grades, default="C")


def _interval(value: Figure | Interval | Number) -> Interval | Number:
    return value.interval if isinstance(value, Figure) else value


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


def is_wide(claimed: Interval, figure: Figure) -> bool:
    """Whether the figure is so wide against what is printed that almost any number would pass; a bound must hold for all it admits."""
    if claimed.low is None or claimed.high is None:
        return not figure.interval.inside(claimed)
    admitted = figure.located or figure.interval
    if admitted.low is None or admitted.high is None or not admitted.overlaps(claimed):
        return True
    return admitted.high - admitted.low > WIDER * (claimed.high - claimed.low)


def width_of(figure: Interval) -> Interval:
    """How much an interval leaves open; without an end beyond all bounds."""
    return Interval(Fraction(0), None) if figure.low is None or figure.high is None else Interval.point(figure.high - figure.low)


def in_unit_of(claim: PrintedClaim, figure: Figure, scale: float | None = None) -> Figure:
    """The figure in the unit of the claim, and shown in it: as printed where only the name of the unit differs, 1/n beside 1/m."""
    same_nature(claim.claim.measured, figure.nature, claim.id)
    same = scale is None and figure.unit.en == claim.unit.en
    by = Fraction(1) if same else factor(figure.unit.en, claim.unit.en) if scale is None else exact(scale)
    located = None if figure.located is None else figure.located * by
    shown = _renamed(figure.shown, figure.unit, claim.unit) if by == 1 else NO_UNIT
    there = replace(figure, interval=figure.interval * by, located=located, shown=shown, unit=claim.unit)
    return there if shown.en else replace(there, shown=_as_fraction(claim, there.interval))


def _renamed(shown: Text, old: Text, new: Text) -> Text:
    """A printed figure with the name of its unit exchanged."""
    en = f"{shown.en.removesuffix(old.en)}{new.en}" if old.en and shown.en.endswith(old.en) else shown.en
    return Text(en, f"{shown.zh.removesuffix(old.zh)}{new.zh}" if old.zh and shown.zh.endswith(old.zh) else shown.zh)


def _as_fraction(claim: PrintedClaim, interval: Interval) -> Text:
    """The ends as 1/n where the paper prints such a fraction; empty otherwise."""
    if not claim.claim.value.startswith("1/") or interval.low is None or interval.high is None or interval.low <= 0:
        return NO_UNIT
    many, few = (f"1/{float(1 / end):.4g}" for end in (interval.low, interval.high))
    return Text(many, many) if many == few else Text(f"{many} to {few}", f"{many}至{few}")

"""What stands in a time column, as a calendar: years, quarters, months or plain numbers, each with consecutive whole counts."""

from __future__ import annotations

import datetime
import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from toolkit.errors import UnclearPeriods, UnknownOption
from toolkit.language import Text

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

Step = Literal["unit", "year", "quarter", "month"]
StepChoice = Literal["auto", "unit", "year", "quarter", "month"]
STEPS: tuple[Step, ...] = ("unit", "year", "quarter", "month")
STEP_NAMES: dict[Step, Text] = {
    "unit": Text("period", "期"),
    "year": Text("year", "年"),
    "quarter": Text("quarter", "季度"),
    "month": Text("month", "月"),
}

Kind = Literal["unit", "year", "quarter", "month", "date"]
_MONTHS = {"year": 12, "quarter": 3, "month": 1}  # in one step
_LENGTH: dict[Kind, int] = {"unit": 1, "year": 12, "quarter": 3, "month": 1, "date": 1}  # months that a value covers
_FREQUENCY = {"quarter": "Q-DEC", "month": "M"}
_EXAMPLES: dict[Step, str] = {"unit": "a whole number", "year": "2010", "quarter": '"2010Q1"', "month": '"2010-03"'}
_YEARS = range(1500, 2501)  # whole numbers that are taken for years, alone or at the front of 201003
_COUNTER = 9999  # the largest whole number that may be a plain counter
_EPOCH = 1970  # pandas counts its periods from here
_CHINESE = {"一": 1, "二": 2, "三": 3, "四": 4}

_NUMBER = re.compile(r"[+-]?\d+(?:\.0*)?")
_YEAR = re.compile(r"(\d{4})年度?")
_QUARTER = re.compile(r"(\d{4})\s*[-/]?\s*[Qq]([1-4])|(\d{4})年?\s*第?([1-4一二三四])季度?")
_MONTH = re.compile(r"(\d{4})\s*[-/]?\s*[Mm](\d{1,2})|(\d{4})[-/](\d{1,2})|(\d{4})年(\d{1,2})月份?")
_DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]\d{1,2}:\d{2}.*)?|(\d{4})年(\d{1,2})月(\d{1,2})日")


class TimeValue(NamedTuple):
    """One value of a time column as it was understood.

    Attributes
    ----------
    kind : how it is written; "unit" for a number that is no year.
    year : the year, or the number.
    month : the first month that it covers.
    day : day of the month, of a date.
    """

    kind: Kind
    year: int
    month: int = 1
    day: int = 0

    def count(self, step: Step) -> int:
        """Its place in a calendar with this step."""
        return self.year if step == "unit" else (12 * self.year + self.month - 1) // _MONTHS[step]


class _Unclear(Exception):
    """What is wrong, the position of the first value that shows it, and the remedy; becomes an UnclearPeriods with its row."""

    def __init__(self, what: str, at: int, remedy: str) -> None:
        super().__init__(what)
        self.what, self.at, self.remedy = what, at, remedy


def read_times(times: pd.Series, step: StepChoice = "auto", label: str = "the panel") -> tuple[pd.Series, Step]:
    """A time column as the panel keeps it, and its step.

    Parameters
    ----------
    times : whole numbers, text, dates, or pandas periods; none missing.
    step : "auto" reads the step from the values. A named one says what numbers mean (``"unit"``: a counter, whatever their size) and
        takes finer values to a coarser step: dates to the month they lie in, months to their year.
    label : what the table is called in messages.

    Returns
    -------
    The column, and "unit", "year", "quarter" or "month". Years and units are int64, quarters and months pandas periods.

    Raises
    ------
    UnclearPeriods
        A value is no time, kinds are mixed, numbers fit no pattern, or dates have no common step. The first row is named.
    UnknownOption

    Notes
    -----
    Recognised are whole numbers (2010, 2010.0, "2010"; 1, 2, 3), 20104 (year and quarter), 201003 and 20100331 where every value fits,
    "2010年", "2010Q1", "2010-Q1", "2010年1季度", "2010年第一季度", "2010-03", "2010M3", "2010年3月", "2010-03-31", "2010/3/31",
    "2010年3月31日", dates and pandas periods. Dates are years if all lie in the same month, quarters if their months are three, six or
    nine apart, else months, always on the same day of the month or on its last; other dates need a named step. Whole numbers up to 9999
    that are not all years are a counter (so are the integers behind Stata's %tq and %tm).

    Examples
    --------
    >>> import pandas as pd
    >>> shown, step = read_times(pd.Series(["2019年第四季度", "2020Q1"]))
    >>> shown.astype(str).tolist(), step, counts(shown).tolist()
    (['2019Q4', '2020Q1'], 'quarter', [8079, 8080])
    >>> read_times(pd.Series(pd.to_datetime(["2019-12-31", "2020-12-31"])))[0].tolist()
    [2019, 2020]
    """
    import numpy as np
    import pandas as pd

    if step not in ("auto", *STEPS):
        raise UnknownOption(f"step={step!r} is not a choice", remedy=f"choices: 'auto', {', '.join(map(repr, STEPS))}")
    known = _plain(times)
    if known is not None and step in ("auto", known):
        return times.astype("int64") if known in ("unit", "year") else times, known
    missing = times.isna().to_numpy()
    if missing.any():
        raise UnclearPeriods(
            f"time of {label} is missing in {int(missing.sum())} rows",
            where=f"column {times.name}, first at row label {times.index[int(missing.argmax())]!r}",
            remedy="fill or drop those rows",
        )
    codes, distinct = pd.factorize(times.astype(object) if isinstance(times.dtype, pd.CategoricalDtype) else times)
    try:
        marks, chosen = _understand(list(pd.Index(distinct)), step)
    except _Unclear as unclear:
        row = times.index[int(np.argmax(codes == unclear.at))]
        where = f"column {times.name}, row label {row!r}"
        raise UnclearPeriods(f"time of {label} {unclear.what}", where=where, remedy=unclear.remedy) from None
    shown = _shown(np.array([mark.count(chosen) for mark in marks], dtype=np.int64), chosen)
    return pd.Series(shown.take(codes), index=times.index, name=times.name), chosen


def counts(times: pd.Series) -> npt.NDArray[np.int64]:
    """(n,) consecutive counts of a column that :func:`read_times` gave: the year or number, 4 year + quarter - 1, 12 year + month - 1.

    Examples
    --------
    >>> import pandas as pd
    >>> counts(pd.Series(pd.PeriodIndex(["2000-01", "2000-12"], freq="M"))).tolist()
    [24000, 24011]
    """
    import numpy as np
    import pandas as pd

    if isinstance(times.dtype, pd.PeriodDtype):
        ordinals = np.asarray(times.astype("int64").to_numpy(), dtype=np.int64)
        return ordinals + 12 * _EPOCH // _MONTHS["month" if isinstance(times.dtype.freq, pd.offsets.MonthEnd) else "quarter"]
    return times.to_numpy(dtype=np.int64)


def shown_time(count: int, step: Step) -> int | pd.Period:
    """A count of :func:`counts` as the panel shows it.

    Examples
    --------
    >>> str(shown_time(8080, "quarter")), shown_time(2020, "year")
    ('2020Q1', 2020)
    """
    if step not in _FREQUENCY:
        return int(count)
    import numpy as np

    period: pd.Period = _shown(np.array([count], dtype=np.int64), step)[0]
    return period


def covered(value: object, step: Step) -> tuple[int, int]:
    """First and last count that ``value`` covers in a calendar with this step: a year is four quarters, a date lies in one month.

    Raises
    ------
    UnclearPeriods

    Examples
    --------
    >>> covered(2020, "quarter"), covered("2020Q2", "quarter"), covered("2020-05", "quarter"), covered(2020, "year")
    ((8080, 8083), (8081, 8081), (8081, 8081), (2020, 2020))
    """
    mark = _mark(value)
    if mark is not None and mark.kind == "unit":
        read = None if step == "unit" else _patterned([mark.year])
        if read is None and step in ("unit", "year"):
            return mark.year, mark.year
        mark = read[0] if read else None
    if mark is None or step == "unit":
        raise UnclearPeriods(f"{value!r} is no {STEP_NAMES[step].en} of this calendar", remedy=f"write it like {_EXAMPLES[step]}")
    last = 12 * mark.year + mark.month - 1 + _LENGTH[mark.kind] - 1
    return mark.count(step), last // _MONTHS[step]


def _plain(times: pd.Series) -> Step | None:
    """The step of a column that needs no reading: years, a counter, or periods of a quarter or a month."""
    import numpy as np
    import pandas as pd

    if isinstance(times.dtype, pd.PeriodDtype):
        freq = times.dtype.freq
        if freq.n == 1 and isinstance(freq, pd.offsets.QuarterEnd):
            return "quarter"
        return "month" if freq.n == 1 and isinstance(freq, pd.offsets.MonthEnd) else None
    if not isinstance(times.dtype, np.dtype) or times.dtype.kind not in "iu" or not len(times):
        return None
    return _small(int(times.min()), int(times.max()))


def _small(low: int, high: int) -> Step | None:
    """Years or a counter, for whole numbers between these; None if they are too large for either."""
    if low in _YEARS and high in _YEARS:
        return "year"
    return "unit" if low >= -_COUNTER and high <= _COUNTER else None


def _shown(numbers: npt.NDArray[np.int64], step: Step) -> pd.Index:
    """Counts as years or units (int64), or as periods."""
    import pandas as pd

    if step in ("unit", "year"):
        return pd.Index(numbers, dtype="int64")
    periods: Any = pd.PeriodIndex
    shown: pd.Index = periods.from_ordinals(numbers - 12 * _EPOCH // _MONTHS[step], freq=_FREQUENCY[step])
    return shown


def _understand(values: Sequence[object], step: StepChoice) -> tuple[list[TimeValue], Step]:
    """Each distinct value as a mark, and the step of the calendar.

    Raises
    ------
    _Unclear
    """
    if not values:
        return [], "unit" if step == "auto" else step
    marks = []
    for at, value in enumerate(values):
        mark = _mark(value)
        if mark is None:
            raise _Unclear(f"must be whole numbers, dates or periods; {value!r} is none", at, _REMEDY)
        marks.append(mark)
    marks = _read_numbers(marks, values, step)
    kinds = list(dict.fromkeys(mark.kind for mark in marks))
    if len(kinds) > 1:
        at = next(j for j, mark in enumerate(marks) if mark.kind != kinds[0])
        raise _Unclear(f"mixes {_KINDS[kinds[0]]} ({values[0]}) and {_KINDS[kinds[1]]} ({values[at]})", at, "write all times in one way")
    kind = kinds[0]
    if step == "auto":
        return marks, _step_of_dates(marks) if kind == "date" else kind
    if (step == "unit") != (kind == "unit") or (kind != "unit" and _MONTHS[step] < _LENGTH[kind]):
        remedy = "leave step out" if kind == "date" else f"leave step out, or use step={kind!r}"
        raise _Unclear(f"holds {_KINDS[kind]} ({values[0]}), which step={step!r} does not fit", 0, remedy)
    return marks, step


_REMEDY = "use years (2023), quarters (2023Q1), months (2023-03) or dates (2023-12-31), or number the periods 1, 2, 3, ..."
_KINDS: dict[Kind, str] = {"unit": "plain numbers", "year": "years", "quarter": "quarters", "month": "months", "date": "dates"}


def _read_numbers(marks: list[TimeValue], values: Sequence[object], step: StepChoice) -> list[TimeValue]:
    """The marks with whole numbers read as years, 20104, 201003 or 20100331 where all fit; as they are for a counter.

    Raises
    ------
    _Unclear
    """
    at = [j for j, mark in enumerate(marks) if mark.kind == "unit"]
    found = [marks[j].year for j in at]
    if not found or step == "unit":
        return marks
    read = _patterned(found)
    if read is not None:
        replaced = dict(zip(at, read, strict=True))
        return [replaced.get(j, mark) for j, mark in enumerate(marks)]
    if _small(min(found), max(found)) is not None:
        return marks
    odd = next(j for j in at if _patterned([marks[j].year]) is None or _patterned([marks[at[0]].year, marks[j].year]) is None)
    raise _Unclear(
        f"holds whole numbers that are not all years (2010), quarters (20101), months (201003) or dates (20100331): {values[odd]}",
        odd,
        "correct the value, write dates as 2010-03-31, or pass step='unit' if the numbers count periods",
    )


def _patterned(found: Sequence[int]) -> list[TimeValue] | None:
    """Whole numbers as years, quarters, months or dates if all are of one of these patterns."""
    patterns: tuple[Callable[[int], TimeValue | None], ...] = (_as_year, _as_quarter, _as_month, _as_date)
    for pattern in patterns:
        read = [mark for mark in map(pattern, found) if mark is not None]
        if len(read) == len(found):
            return read
    return None


def _as_year(number: int) -> TimeValue | None:
    return TimeValue("year", number) if number in _YEARS else None


def _as_quarter(number: int) -> TimeValue | None:
    year, quarter = divmod(number, 10)
    return _dated("quarter", year, 3 * quarter - 2) if 1 <= quarter <= 4 else None


def _as_month(number: int) -> TimeValue | None:
    return _dated("month", *divmod(number, 100))


def _as_date(number: int) -> TimeValue | None:
    return _dated("date", number // 10000, number // 100 % 100, number % 100)


def _dated(kind: Kind, year: int, month: int, day: int = 0) -> TimeValue | None:
    """A mark if the year is plausible and month and day exist."""
    if year not in _YEARS or not 1 <= month <= 12 or (kind == "date" and not 1 <= day <= monthrange(year, month)[1]):
        return None
    return TimeValue(kind, year, month, day)


def _mark(value: object) -> TimeValue | None:
    """One value as it stands, whole numbers as "unit"; None if it is no time."""
    import numpy as np
    import pandas as pd

    if isinstance(value, str):
        return _of_text(unicodedata.normalize("NFKC", value).strip())
    if isinstance(value, pd.Period):
        return _of_period(value)
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if isinstance(value, datetime.date):
        return TimeValue("date", value.year, value.month, value.day)
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool) and float(value).is_integer():
        return TimeValue("unit", int(value))
    return None


def _of_period(period: pd.Period) -> TimeValue:
    import pandas as pd

    if isinstance(period.freq, pd.offsets.YearEnd):
        return TimeValue("year", period.ordinal + _EPOCH)
    if isinstance(period.freq, pd.offsets.QuarterEnd):
        return TimeValue("quarter", period.qyear, 3 * period.quarter - 2)
    if isinstance(period.freq, pd.offsets.MonthEnd):
        return TimeValue("month", period.year, period.month)
    return TimeValue("date", period.year, period.month, period.day)


def _of_text(text: str) -> TimeValue | None:
    if _NUMBER.fullmatch(text):
        return TimeValue("unit", int(text.partition(".")[0]))
    if found := _YEAR.fullmatch(text):
        return TimeValue("year", int(found[1]))
    if found := _QUARTER.fullmatch(text):
        year, quarter = (part for part in found.groups() if part)
        return _dated("quarter", int(year), 3 * _CHINESE.get(quarter, 0) - 2 if quarter in _CHINESE else 3 * int(quarter) - 2)
    if found := _MONTH.fullmatch(text):
        year, month = (int(part) for part in found.groups() if part)
        return _dated("month", year, month)
    if found := _DATE.fullmatch(text):
        year, month, day = (int(part) for part in found.groups() if part)
        return _dated("date", year, month, day)
    return None


def _iso(date: TimeValue) -> str:
    return f"{date.year}-{date.month:02d}-{date.day:02d}"


def _step_of_dates(marks: Sequence[TimeValue]) -> Step:
    """The longest step at which the dates are regular.

    Raises
    ------
    _Unclear
    """
    odd = next((j for j, mark in enumerate(marks) if mark.day != marks[0].day), None)
    if odd is not None:
        odd = next((j for j, mark in enumerate(marks) if mark.day != monthrange(mark.year, mark.month)[1]), None)
    if odd is not None:
        other = next(mark for mark in marks if mark.day != marks[odd].day)
        raise _Unclear(
            f"holds dates without a common step: {_iso(marks[odd])} and {_iso(other)} are on different days",
            odd,
            "pass step='month', 'quarter' or 'year' if each row stands for the one it lies in, or number the periods 1, 2, 3, ...",
        )
    months = {mark.month for mark in marks}
    if len(months) == 1:
        return "year"
    return "quarter" if len({month % 3 for month in months}) == 1 else "month"

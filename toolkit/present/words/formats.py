"""How numbers are printed: fixed decimals, never a false zero, a true minus sign."""

from __future__ import annotations

import math
from collections.abc import Iterable

from toolkit.errors import PresentationError

MINUS, DASH = "−", "—"
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_LARGE, _HUGE = 1e5, 1e9
_SIGNIFICANT = 2
_TINY = 1e-6


def number(value: float, digits: int = 3, largest: float = 0.0) -> str:
    """A number with ``digits`` decimals.

    A value that would round to zero keeps two significant digits instead; thousands are separated; from 10^5 on one decimal is enough,
    and from 10^9 on (or below 10^-6) powers of ten are used. Numbers that stand in one row are printed alike when ``largest``, the largest
    of them, is given to each: it decides about decimals and powers of ten for all.

    Raises
    ------
    PresentationError
        If ``value`` is not finite: missing values are for the caller to name.

    Examples
    --------
    >>> number(-0.12345), number(0.00012345), number(12345.678, 2), number(2.5e-11), number(0.0)
    ('−0.123', '0.00012', '12,345.68', '2.5×10⁻¹¹', '0.000')
    >>> [number(value, largest=1.6e9) for value in (1.6e9, 9.09e7, 0.0)]
    ['1.60×10⁹', '9.09×10⁷', '0']
    """
    if not math.isfinite(value):
        raise PresentationError(
            f"{value} cannot be printed as a number", remedy="show a dash and say in the note why the number is missing"
        )
    size, scale = abs(value), max(abs(value), abs(largest))
    places = min(digits, 1) if scale >= _LARGE else digits
    if scale >= _HUGE and size == 0:
        return "0"
    if scale >= _HUGE or 0 < size < _TINY:
        mantissa, exponent = f"{value:.{max(digits - 1, 1) if scale >= _HUGE else _SIGNIFICANT - 1}e}".split("e")
        shown = f"{mantissa}×10{str(int(exponent)).translate(_RAISED)}"
    elif size > 0 and float(f"{size:.{places}f}") == 0:
        shown = f"{value:.{_SIGNIFICANT - 1 - math.floor(math.log10(size))}f}"
    else:
        shown = f"{value:,.{places}f}"
        if not float(shown.replace(",", "")):
            shown = shown.lstrip("-")
    return shown.replace("-", MINUS)


def fixed(value: float, digits: int) -> str:
    """A number with exactly ``digits`` decimals, as in the cells of a figure: thousands separated, a true minus sign, none before zero.

    Examples
    --------
    >>> fixed(-1234.5, 1), fixed(-0.0004, 3), fixed(-0.0, 1)
    ('−1,234.5', '0.000', '0.0')
    >>> fixed(float("-inf"), 2)
    '−∞'
    """
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{value:,.{digits}f}"
    return text.lstrip("-") if not any(character in "123456789" for character in text) else text.replace("-", MINUS)


def interval(low: float, high: float, digits: int = 3) -> str:
    """An interval in brackets, with ``digits`` decimals, or more where an end would be printed as zero and is not.

    So a reader sees on which side of zero each end lies.

    Examples
    --------
    >>> interval(-0.0127, 0.1739), interval(-0.00127, 0.1939, 2), interval(0.0, 0.2, 1)
    ('[−0.013, 0.174]', '[−0.001, 0.194]', '[0.0, 0.2]')
    """
    sizes = [abs(end) for end in (low, high) if abs(end) >= _TINY]
    while any(not float(f"{size:.{digits}f}") for size in sizes):
        digits += 1
    return f"[{fixed(low, digits)}, {fixed(high, digits)}]"


def decimals(values: Iterable[float], digits: int = 3) -> int:
    """The decimals at which numbers that belong together (an estimate and its standard error) are printed alike and none as zero.

    Examples
    --------
    >>> decimals([0.0012345, 0.000057]), decimals([1.5, 0.2])
    (6, 3)
    """
    sizes = [abs(value) for value in values if math.isfinite(value) and _TINY <= abs(value) < _HUGE]
    false_zeros = [size for size in sizes if not float(f"{size:.{digits}f}")]
    return max([digits, *(_SIGNIFICANT - 1 - math.floor(math.log10(size)) for size in false_zeros)])


def largest(values: Iterable[float]) -> float:
    """The largest size among the finite numbers of a row; zero if there is none.

    Examples
    --------
    >>> largest([1.0, -2.5e9, math.nan, math.inf])
    2500000000.0
    """
    return max((abs(value) for value in values if math.isfinite(value)), default=0.0)


def shown(value: float, digits: int = 3, largest: float = 0.0) -> str:
    """A number as :func:`number` prints it, a dash for a missing one, and ∞ for an infinite one.

    Examples
    --------
    >>> shown(1.5, 1), shown(math.nan), shown(-math.inf)
    ('1.5', '—', '−∞')
    """
    if math.isnan(value):
        return DASH
    if math.isinf(value):
        return f"{MINUS if value < 0 else ''}∞"
    return number(value, digits, largest)


def p_value(value: float, digits: int = 3) -> str:
    """A p-value: ``0.023``, or ``<0.001`` for one below the last decimal that is shown.

    Raises
    ------
    PresentationError
        If there is no p-value.

    Examples
    --------
    >>> p_value(0.0234), p_value(1e-9)
    ('0.023', '<0.001')
    """
    if math.isnan(value):
        raise PresentationError("a missing p-value cannot be printed", remedy="show a dash and say in the note why it is missing")
    floor = 10.0**-digits
    return f"<{floor:.{digits}f}" if value < floor else f"{value:.{digits}f}"


def stars_for(p: float, levels: tuple[float, ...]) -> str:
    """One star for each level that ``p`` is below.

    Examples
    --------
    >>> stars_for(0.03, (0.1, 0.05, 0.01)), stars_for(0.05, (0.1, 0.05, 0.01))
    ('**', '*')
    """
    return "*" * sum(p < level for level in levels)

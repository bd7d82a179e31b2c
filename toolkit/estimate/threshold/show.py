"""A threshold regression as text and as HTML: thresholds, tests, then the regression."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from toolkit.estimate.show import number

if TYPE_CHECKING:
    from toolkit.estimate.threshold.bootstrap import ThresholdTest
    from toolkit.estimate.threshold.result import ThresholdResult

METHODS = {"hansen": "Hansen's bootstrap of entities", "wild": "wild bootstrap with a sign for each entity"}


def confidence_set(intervals: tuple[tuple[float, float], ...]) -> str:
    """Intervals as they are written.

    Examples
    --------
    >>> confidence_set(((1.0, 2.0), (3.0, 3.0)))
    '[1.0000, 2.0000] and {3.0000}'
    """
    return " and ".join(f"[{number(low)}, {number(high)}]" if low < high else f"{{{number(low)}}}" for low, high in intervals)


def p_text(test: ThresholdTest) -> str:
    """The p value; a share of zero as less than one draw, nothing without draws."""
    if not test.draws:
        return ""
    return f"{test.p_value:.3f}" if test.p_value > 0 else f"<{1 / test.draws:.2g}"


def thresholds_rows(result: ThresholdResult) -> list[list[str]]:
    """Header and rows of the thresholds."""
    head = ["", result.variable, f"{100 * result.settings.level:g} % confidence set"]
    return [head] + [[f"threshold {j}", number(t.value), confidence_set(t.intervals)] for j, t in enumerate(result.thresholds, 1)]


def tests_rows(result: ThresholdResult) -> list[list[str]]:
    """Header and rows of the tests; empty without tests."""
    head = ["thresholds", "F", "p", "10 %", "5 %", "1 %"]
    if not result.settings.draws:
        return [head[:2], *([f"{t.null} against {t.alternative}", f"{t.statistic:.2f}"] for t in result.tests)]
    rows = [
        [f"{t.null} against {t.alternative}", f"{t.statistic:.2f}", p_text(t)]
        + [f"{c:.2f}" for c in (t.critical_10, t.critical_5, t.critical_1)]
        for t in result.tests
    ]
    return [head, *rows] if rows else []


def how(result: ThresholdResult) -> str:
    """How the tests were made, in a sentence."""
    if not result.settings.draws:
        return "The number of thresholds was not tested (draws=0)."
    return f"p and critical values: {METHODS[result.settings.method]}, {result.settings.draws} draws."


def as_text(result: ThresholdResult) -> str:
    """The result as plain text."""
    blocks = [_aligned(rows) for rows in (thresholds_rows(result), tests_rows(result)) if rows]
    return "\n\n".join([*blocks, how(result), repr(result.estimate)])


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(len(row[j]) for row in rows) for j in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(w) if j == 0 else cell.rjust(w) for j, (cell, w) in enumerate(zip(row, widths, strict=True))) for row in rows
    )


def as_html(result: ThresholdResult) -> str:
    """The result as compact HTML tables."""
    tables = "".join(_table(rows) for rows in (thresholds_rows(result), tests_rows(result)) if rows)
    return f'{tables}<p style="font-size:smaller">{escape(how(result))}</p>{result.estimate._repr_html_()}'


def _table(rows: list[list[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    body = "".join(
        f'<tr><th style="text-align:left">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in rows[1:]
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

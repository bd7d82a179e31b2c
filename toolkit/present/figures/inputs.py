"""What every figure asks of its frame, checked in one place and refused by name; and how values of a column are called."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import MissingColumn, PresentationError, UnknownOption
from toolkit.language import Language, Text
from toolkit.present.style import LINES, MARKERS, PALETTE, LineStyle
from toolkit.present.words.labels import axis_label, label, province_label, region_label
from toolkit.present.words.naming import Names, listed, pairs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

References = Sequence[tuple[float, str | Text]] | tuple[float, str | Text] | None
"""(value, text) of the lines that are drawn for comparison; one pair alone needs no brackets."""


def require_columns(frame: pd.DataFrame, columns: Sequence[str | None], figure: str) -> None:
    """All named columns are there.

    Raises
    ------
    MissingColumn
        with the nearest names.
    """
    for column in columns:
        if column is not None and column not in frame.columns:
            names = [str(c) for c in frame.columns]
            near = difflib.get_close_matches(column, names, n=3, cutoff=0.5)
            raise MissingColumn(
                f"{figure} asks for column {column!r}, which the data do not have",
                where=f"columns: {', '.join(names[:30])}",
                remedy=f"did you mean {' or '.join(near)}?" if near else "name an existing column",
            )


def require_choice(value: str, choices: Sequence[str], argument: str) -> None:
    """An argument is one of its documented choices.

    Raises
    ------
    UnknownOption
    """
    if value not in choices:
        raise UnknownOption(f"{argument}={value!r} is not possible", remedy=f"use one of: {', '.join(choices)}")


def require_values(asked: Iterable[object], there: Iterable[object], column: str, figure: str) -> None:
    """The values of ``column`` that are picked out (to be named or coloured) are in the data.

    Raises
    ------
    PresentationError
        with the values that there are.
    """
    known = list(dict.fromkeys(there))
    unknown = [value for value in asked if value not in known]
    if unknown:
        raise PresentationError(
            f"{figure} has no value {unknown[0]!r} with data in column {column!r}",
            where=f"{column}: {', '.join(map(str, known[:40]))}",
            remedy="name values that are in the data",
        )


def require_few(count: int, most: int, what: str, column: str | None) -> None:
    """There are not more panels, lines, ... than can be read.

    Raises
    ------
    PresentationError
    """
    if count > most:
        raise PresentationError(
            f"{count} {what} are too many to tell apart", where=f"column {column}", remedy=f"choose at most {most} values of {column}"
        )


def checked_references(references: References) -> tuple[tuple[float, str | Text], ...]:
    """The values to compare with, each a finite number with a text.

    Raises
    ------
    PresentationError

    Examples
    --------
    >>> checked_references((0.38, "paper")), checked_references(None)
    (((0.38, 'paper'),), ())
    """
    checked = []
    for each in pairs(references) if isinstance(references, Sequence) else listed(references):
        whole = isinstance(each, tuple) and len(each) == 2 and isinstance(each[1], str | Text)
        if not whole or not isinstance(each[0], int | float | np.number) or not np.isfinite(each[0]):
            raise PresentationError(
                f"the reference {each!r} is no value with a text", remedy='references=[(0.38, Text("paper: 0.38", "论文：0.38"))]'
            )
        checked.append((float(each[0]), each[1]))
    return tuple(checked)


def complete_rows(frame: pd.DataFrame, numeric: Sequence[str], others: Sequence[str | None], figure: str) -> pd.DataFrame:
    """A copy of the rows with finite numbers in all ``numeric`` columns, with only the columns asked for.

    Raises
    ------
    MissingColumn
    PresentationError
        if a numeric column holds text, or no row is left.
    """
    require_columns(frame, [*numeric, *others], figure)
    keys = [column for column in others if column is not None]
    wanted = list(dict.fromkeys([*keys, *numeric]))
    rows: pd.DataFrame = frame[wanted].copy()
    for column in numeric:
        rows[column] = as_numbers(rows[column], figure)
    finite = np.isfinite(rows[list(numeric)].to_numpy(dtype="float64")).all(axis=1)
    rows = rows.loc[finite]
    for key in keys:
        rows = rows.loc[rows[key].notna()]
    if rows.empty:
        raise PresentationError(
            f"{figure} has nothing to draw: none of {len(frame)} rows has all of {', '.join(wanted)}",
            remedy="choose other columns or years, or check why the values are missing",
        )
    return rows.reset_index(drop=True)


def as_numbers(column: pd.Series, figure: str) -> pd.Series:
    """The column as floats; missing stays missing.

    Raises
    ------
    PresentationError
        if a cell is text; the message names it.
    """
    numbers = pd.to_numeric(column, errors="coerce")
    text = numbers.isna() & column.notna()
    if text.any():
        raise PresentationError(
            f"{figure} needs numbers in column {column.name!r}; {column[text].iloc[0]!r} is text",
            where=f"row label {column.index[text][0]!r}",
            remedy="convert the column to numbers first",
        )
    return numbers.astype("float64")


def check_once(frame: pd.DataFrame, keys: Sequence[str | None], figure: str) -> None:
    """Each combination of keys occurs once, so that no mark hides another.

    Raises
    ------
    PresentationError
        names the first repeated combination.
    """
    present = [key for key in keys if key is not None]
    twice = frame.duplicated(present)
    if twice.any():
        first = frame[present].loc[twice].iloc[0]
        raise PresentationError(
            f"{figure} has {int(twice.sum())} repeated rows",
            where=", ".join(f"{key} {first[key]}" for key in present),
            remedy=f"aggregate to one row per {' and '.join(present)}, or name the column that tells the rows apart",
        )


def groups_of(frame: pd.DataFrame, column: str | None, otherwise: object) -> dict[object, pd.DataFrame]:
    """The rows of each value of ``column``, in order of first appearance; all rows under the key ``otherwise`` if there is no column.

    Examples
    --------
    >>> list(groups_of(pd.DataFrame({"g": ["b", "a", "b"]}), "g", "all"))
    ['b', 'a']
    """
    if column is None:
        return {otherwise: frame}
    return dict(iter(frame.groupby(column, sort=False, observed=True)))


def as_written(text: str) -> str:
    r"""Text in which matplotlib reads no formula: a dollar sign in the name of a column is a dollar sign.

    Examples
    --------
    >>> as_written("sales ($)")
    'sales (\\$)'
    """
    return text.replace("$", r"\$")


def axis_text(name: str, language: Language, names: Names) -> str:
    """Label and unit of a column as a figure shows them."""
    return as_written(axis_label(name, language, names))


def name_of(value: object, language: Language, names: Names) -> str:
    """What a value of a grouping column is called: a province, a region, a variable that ``names`` knows, or itself.

    Examples
    --------
    >>> [name_of(value, "zh", Names()) for value in ("Shaanxi", "Northeast", 2020.0, "firm 7")]
    ['陕西', '东北', '2020', 'firm 7']
    """
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    text = str(value)
    for known in (province_label(text, language), region_label(text, language)):
        if known != text:
            return known
    return as_written(label(text, language, names))


@dataclass(frozen=True)
class SeriesStyle:
    """How one series is distinguished: by colour, and without colour by marker and line."""

    colour: str
    marker: str
    line: LineStyle


def series_style(position: int) -> SeriesStyle:
    """The style of the series at ``position``; from the seventh on, colours return with another marker and another line.

    Examples
    --------
    >>> series_style(0).colour == series_style(6).colour, series_style(0).line == series_style(6).line
    (True, False)
    """
    n = len(PALETTE)
    turn = position // n
    return SeriesStyle(PALETTE[position % n], MARKERS[(position + turn) % n], LINES[(position + turn) % len(LINES)])


def smallest_step(x: NDArray[np.float64]) -> float:
    """The least distance between two different values of ``x``; infinite if there is only one.

    Examples
    --------
    >>> smallest_step(np.array([2013.0, 2010.0, 2011.0, 2011.0]))
    1.0
    """
    steps = np.diff(np.unique(x))
    return float(steps.min()) if len(steps) else float("inf")


def with_gaps(x: NDArray[np.float64], y: NDArray[np.float64], step: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Insert a missing point wherever two neighbours are more than ``step`` apart, so that no line is drawn over years without data.

    Examples
    --------
    >>> with_gaps(np.array([2010.0, 2011.0, 2014.0]), np.array([1.0, 2.0, 5.0]), 1.0)[1].tolist()
    [1.0, 2.0, nan, 5.0]
    """
    holes = np.flatnonzero(np.diff(x) > step * 1.5) + 1
    return np.insert(x, holes, np.nan), np.insert(y, holes, np.nan)


def draw_series(
    axes: Axes,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    style: SeriesStyle,
    *,
    step: float,
    label: str | None = None,
    weight: float = 1.5,
    markers: bool = True,
) -> Line2D:
    """One line with gaps left open, told apart in grey by its markers, or without them by its dashes.

    With ``markers`` off, only points without neighbours get one, since no line shows them.
    """
    line_x, line_y = with_gaps(x, y, step)
    missing = np.concatenate([[True], np.isnan(line_y), [True]])
    alone = np.flatnonzero(missing[:-2] & missing[2:] & ~missing[1:-1])
    (line,) = axes.plot(
        line_x,
        line_y,
        color=style.colour,
        linestyle="-" if markers else style.line,
        linewidth=weight,
        marker=style.marker if markers or len(alone) else "None",
        markersize=4.0,
        markeredgecolor="white",
        markeredgewidth=0.5,
        markevery=None if markers else [int(i) for i in alone],
        label=label,
    )
    return line

"""What every figure asks of its frame, checked in one place and refused by name; and how values of a column are called."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from toolkit.errors import MissingColumn, PresentationError, UnknownOption
from toolkit.language import Language
from toolkit.present.labels import axis_label, label, province_label, region_label
from toolkit.present.naming import Names


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

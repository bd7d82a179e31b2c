"""Summary statistics of numeric columns."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import MissingColumn, NotNumeric, PresentationError
from toolkit.language import Language, Text
from toolkit.present.labels import label
from toolkit.present.naming import Names

if TYPE_CHECKING:
    import pandas as pd

STATISTICS = ("rows", "mean", "sd", "min", "p25", "p50", "p75", "max")


def summary(values: np.ndarray) -> dict[str, float]:
    """N, mean, sd (N − 1), min, quartiles (linear interpolation) and max of the finite values; NaN marks what does not exist.

    Examples
    --------
    >>> summary(np.array([1.0, np.nan, 3.0]))["sd"]
    1.4142135623730951
    """
    found = np.asarray(values, dtype=float)
    found = found[np.isfinite(found)]
    if not len(found):
        return {"rows": 0, **dict.fromkeys(STATISTICS[1:], math.nan)}
    low, p25, p50, p75, high = (float(value) for value in np.quantile(found, [0, 0.25, 0.5, 0.75, 1]))
    spread = float(np.std(found, ddof=1)) if len(found) > 1 else math.nan
    if low == high and len(found) > 1:
        spread = 0.0
    return {"rows": len(found), "mean": float(found.mean()), "sd": spread, "min": low, "p25": p25, "p50": p50, "p75": p75, "max": high}


def infinite_values(values: pd.DataFrame) -> dict[str, int]:
    """How many values of each column are infinite; columns without any are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> infinite_values(pd.DataFrame({"x": [1.0, np.inf, -np.inf], "z": [1.0, np.nan, 2.0]}))
    {'x': 2}
    """
    counts = {str(name): int(np.isinf(values[name]).sum()) for name in values}
    return {name: count for name, count in counts.items() if count}


def infinite_note(infinite: Mapping[str, int], names: Names, language: Language) -> list[str]:
    """A sentence that counts the infinite values of each variable; none if there are none."""
    if not infinite:
        return []
    counted = []
    for name, count in infinite.items():
        shown = label(name, language, names)
        counted.append(Text(f"{shown} ({count:,})", f"{shown}（{count:,}个）").to(language))
    listing = Text(", ", "、").to(language).join(counted)
    return [Text(f"Infinite values, left out as well: {listing}.", f"无穷大取值同样剔除：{listing}。").to(language)]


def numeric_columns(frame: pd.DataFrame, variables: Sequence[str], also: Sequence[str] = ()) -> pd.DataFrame:
    """The columns ``variables`` as floats, infinite values included; ``also`` must exist but may hold text.

    Raises
    ------
    MissingColumn
        With near matches.
    NotNumeric
        With the first cell that is no number.
    PresentationError
        If nothing is asked for.
    """
    import pandas as pd

    if not variables and not also:
        raise PresentationError("no variable is named", remedy="name at least one numeric column")
    for name in (*variables, *also):
        if name not in frame.columns:
            known = [str(column) for column in frame.columns]
            near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
            raise MissingColumn(
                f"there is no column {name!r}",
                where=f"columns: {', '.join(known)}",
                remedy=f"did you mean {' or '.join(near)}?" if near else "name a column",
            )
    numbers = {}
    for name in variables:
        converted = pd.to_numeric(frame[name], errors="coerce")
        bad = converted.isna() & frame[name].notna()
        if bad.any():
            raise NotNumeric(
                f"{name} holds {frame.loc[bad, name].iloc[0]!r}, which is no number",
                where=f"row label {frame.index[bad][0]!r}",
                remedy="name numeric columns only",
            )
        numbers[name] = converted.astype(float)
    return pd.DataFrame(numbers, index=frame.index)

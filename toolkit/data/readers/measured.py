"""Long files of one value a row, whose variable stands in a column: made wide under registry ids, with their printed marks beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from toolkit.data.raw import RawFolder
from toolkit.data.readers.raw_csv import read_flat
from toolkit.errors import DuplicateKey


def read_measured(raw: RawFolder, name: str, keys: Sequence[str], ids: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The values of the raw file ``name``, and what was printed beside or instead of them.

    Parameters
    ----------
    raw, name : raw folder and id of a file with the columns variable, year, value, printed, and perhaps flag.
    keys : the columns of a row besides the variable, the entity first and ``year`` among them.
    ids : name of the variable in the file -> column; others are left aside.

    Returns
    -------
    values, marks : one row per key, columns of ``ids``; marks such as ``"D"``, ``"0 - 744; flag i"``, missing where nothing was printed.

    Raises
    ------
    UnreadableFile, NotNumeric, DuplicateKey
    """
    long = read_flat(raw, name, numbers=("year", "value"), entity=keys[0], required=("variable", "printed"))
    long = long[long["variable"].isin(list(ids))]
    twice = long.duplicated([*keys, "variable"])
    if twice.any():
        at = int(long.index[twice][0])
        first = long.loc[at]
        raise DuplicateKey(
            f"{int(twice.sum())} repeated rows",
            where=f"{raw.label(name)}, row {at + 2}, {first['variable']}, {', '.join(f'{key} {first[key]}' for key in keys)}",
            remedy="keep one value per entity, year and variable",
        )
    flags = long["flag"] if "flag" in long else pd.Series(pd.NA, index=long.index)
    long = long.assign(column=long["variable"].map(ids), mark=joined_marks(long["printed"], flags), year=long["year"].astype("int64"))
    values, marks = (
        long.pivot(index=list(keys), columns="column", values=what).rename_axis(columns=None).reindex(columns=list(ids.values()))
        for what in ("value", "mark")
    )
    return values.reset_index(), marks.reset_index()


def joined_marks(printed: pd.Series, flags: pd.Series) -> pd.Series:
    """What is printed in a cell and the flag of the publisher, as one text; missing where there is neither.

    Examples
    --------
    >>> joined_marks(pd.Series(["D", None, "0 - 9"]), pd.Series([None, "i", "i"])).tolist()
    ['D', 'flag i', '0 - 9; flag i']
    """
    flag = "flag " + flags.astype("object").where(flags.notna())
    both = printed.astype("object").where(printed.notna()) + "; " + flag
    return both.fillna(printed.astype("object")).fillna(flag)

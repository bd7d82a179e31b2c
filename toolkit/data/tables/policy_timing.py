"""Pilot policies by place: the delivered list, completed by the rows whose document, or a dated quotation of it, was read later."""

from __future__ import annotations

import pandas as pd

from toolkit.data.raw import RawFolder
from toolkit.data.readers.raw_csv import read_flat
from toolkit.errors import MergeMismatch, MissingKey

_PLACE = ["policy", "unit_zh"]
_NEVER_EMPTY = ("address", "words", "read_on", "grade")


def build(raw: RawFolder) -> pd.DataFrame:
    """One row per place and list, with the number of prefecture-level units of its province (a municipality counts as one).

    A place that both files name for the same pilot keeps the row of ``pilots_read``, which says where and in which words it was read.

    Raises
    ------
    MissingKey
        A row of ``pilots_read`` without address, words, date of reading or grade.
    MergeMismatch
        A place for which the two files name different years.
    """
    listed = read_flat(raw, "policy_timing", numbers=("adcode", "year"), entity="unit_zh")
    read = read_flat(raw, "pilots_read", numbers=("adcode", "year"), entity="unit_zh", required=_NEVER_EMPTY)
    units = read_flat(raw, "prefecture_units", numbers=("adcode", "prefecture_units", "year"), entity="adcode")
    where = raw.label("pilots_read")
    for column in _NEVER_EMPTY:
        if read[column].isna().any():
            at = int(read.index[read[column].isna()][0])
            raise MissingKey(
                f"{column} is empty",
                where=f"{where}, row {at + 2}, {read['unit_zh'].iloc[at]} {read['year'].iloc[at]:.0f}",
                remedy="fill it from the text that was read, or take the row out: a row that was not read does not exist",
            )
    both = read.reset_index().merge(listed, on=_PLACE, suffixes=("", "_listed"))
    apart = both[both["year"] != both["year_listed"]]
    if len(apart):
        first = apart.iloc[0]
        raise MergeMismatch(
            f"{first['unit_zh']}: {first['year']:.0f} here, {first['year_listed']:.0f} in {raw.label('policy_timing')}",
            where=f"{where}, row {first['index'] + 2}, {first['policy']}",
            remedy="read the document again, and say in the folder's README which year holds and why",
        )
    kept = listed.merge(read[_PLACE], on=_PLACE, how="left", indicator="found")
    kept = kept[kept["found"] == "left_only"].drop(columns="found")
    frame = pd.concat([kept, read], ignore_index=True)
    return frame.assign(prefecture_units=frame["adcode"].map(units.set_index("adcode")["prefecture_units"]))

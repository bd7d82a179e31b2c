"""Business R&D by US industry: numbers where one was published, the note beside it where none was."""

from __future__ import annotations

import pandas as pd

from toolkit.data.raw import RawFolder
from toolkit.data.readers.raw_csv import read_flat
from toolkit.errors import MissingKey, UnknownName

VALUES = {
    "rd_company_paid": "note_company",
    "rd_federal_paid": "note_federal",
    "rd_other_paid": "note_other",
    "domestic_sales": "note_sales",
}


def build(raw: RawFolder) -> pd.DataFrame:
    """One row per industry and year.

    Raises
    ------
    MissingKey
        A value is empty and its note does not say why.
    UnknownName
        A row names a source that the sources file does not list.
    """
    frame = read_flat(raw, "us_industry", numbers=("year", "depth", "leaf", *VALUES), entity="naics")
    for value, note in VALUES.items():
        unexplained = frame.index[frame[value].isna() & frame[note].isna()]
        if len(unexplained):
            at = unexplained[0]
            raise MissingKey(
                f"{value} is empty and {note} does not say why",
                where=f"{raw.label('us_industry')}, row {at + 2}, naics {frame.loc[at, 'naics']}, year {frame.loc[at, 'year']:g}",
                remedy="write the printed number, or the reason into the note",
            )
    listed = {row["source_id"] for row in raw.rows("us_industry_sources")}
    for at, ids in frame["source_id"].items():
        for name in str(ids).split("+"):
            if name not in listed:
                raise UnknownName(
                    f"source {name!r} is not listed",
                    where=f"{raw.label('us_industry')}, row {at}",
                    remedy="add it to industry_us_berd_sources.csv",
                )
    return frame

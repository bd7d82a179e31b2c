"""R&D of US universities: total, federally financed, and by other payers; the row of all other institutions left out."""

from __future__ import annotations

import pandas as pd

from toolkit.data.raw import RawFolder
from toolkit.data.readers.raw_csv import read_flat
from toolkit.data.tables import build_declared

REMAINDER = "All other surveyed institutions"
SUMMED = {"rd_total": "institution_rd_total", "rd_federal": "institution_rd_federal"}  # in the file of the nation -> column


def build(raw: RawFolder) -> pd.DataFrame:
    """One row per institution and year, with columns of national sums that only the checks use.

    Raises
    ------
    UnreadableFile, NotNumeric
    """
    frame = build_declared(raw, "us_university_rd")
    nation = read_flat(raw, "us_universities_nation", numbers=("year", *SUMMED), entity="year").set_index("year")
    by_year, first = frame.groupby("year"), ~frame["year"].duplicated()  # one comparison a year
    for name, column in SUMMED.items():
        frame[f"{column}_nation"] = frame["year"].map(nation[name]).where(first)
        frame[f"{column}_summed"] = frame["year"].map(by_year[column].sum(min_count=1))
    frame["institution_rd_nonfederal"] = frame["institution_rd_total"] - frame["institution_rd_federal"]
    return frame[frame["institution"] != REMAINDER].reset_index(drop=True)


def excluded(raw: RawFolder) -> tuple[str, ...]:
    """The rows of all other institutions together."""
    return tuple(f"{row['institution']} {row['year']}" for row in raw.rows("us_universities") if row["institution"] == REMAINDER)

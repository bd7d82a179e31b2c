"""R&D of companies in US metropolitan areas: values as published, marks beside them, rows of totals and remainders left out."""

from __future__ import annotations

import pandas as pd

from toolkit.data.raw import RawFolder
from toolkit.data.readers.measured import joined_marks
from toolkit.data.readers.raw_csv import read_flat

NATION = "All locations"
COLUMNS = {  # in the file -> column, note
    "total": ("rd_performed_by_companies", "note_performed"),
    "company_paid": ("rd_company_paid", "note_company"),
    "others_paid": ("rd_paid_by_others", "note_paid_by_others"),
}


def build(raw: RawFolder) -> pd.DataFrame:
    """One row per area and year, with columns of national sums that only the checks use.

    Raises
    ------
    UnreadableFile, NotNumeric
    """
    printed = [f"{name}_{what}" for name in COLUMNS for what in ("printed", "flag")]
    file = read_flat(raw, "us_metros", numbers=("year", *COLUMNS), entity="area", required=("cbsa_code", *printed))
    frame = file[["year", "area", "cbsa_code"]].copy()
    for name, (column, note) in COLUMNS.items():
        frame[column], frame[note] = file[name], joined_marks(file[f"{name}_printed"], file[f"{name}_flag"])
    nation, rest = frame[frame["area"] == NATION].set_index("year"), frame[frame["area"] != NATION].groupby("year")
    frame = frame[frame["cbsa_code"].notna()].reset_index(drop=True)
    first = ~frame["year"].duplicated()  # one comparison a year
    for column, _ in COLUMNS.values():
        frame[f"{column}_nation"] = frame["year"].map(nation[column]).where(first)
        frame[f"{column}_summed"] = frame["year"].map(rest[column].sum(min_count=1))
    return frame


def excluded(raw: RawFolder) -> tuple[str, ...]:
    """Rows that are no areas: all locations, other areas, locations outside areas, what is not distributed."""
    return tuple(f"{row['area']} {row['year']}" for row in raw.rows("us_metros") if not row["cbsa_code"])

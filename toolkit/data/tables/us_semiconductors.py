"""R&D of US semiconductor firms beside wider industries, and US patents in semiconductors by economy."""

from __future__ import annotations

import pandas as pd

from toolkit.data.raw import RawFolder
from toolkit.data.readers.measured import read_measured
from toolkit.data.readers.raw_csv import read_flat

KEYS = ("unit_name", "year")
COLUMNS = {"rd_performed_us": "rd_performed_us", "uspto_semiconductor_patents": "semiconductor_patents"}
SEMICONDUCTORS, ALL = "Semiconductor and other electronic components", "All industries"
SECTORS = ("Manufacturing industries", "Nonmanufacturing industries")
WORLD = "World"
REGIONS = (
    "North America",
    "Central America and Caribbean",
    "South America",
    "Europe",
    "Asia",
    "Middle East",
    "Africa",
    "Australia and Oceania",
    "Unclassified",
)
PAYERS = ("rd_company_paid", "rd_federal_paid", "rd_other_paid")


def build(raw: RawFolder) -> pd.DataFrame:
    """One row per industry or economy and year, with columns that only the checks use.

    Raises
    ------
    UnreadableFile, NotNumeric, DuplicateKey
    """
    values, marks = read_measured(raw, "us_semiconductors", KEYS, COLUMNS)
    names = pd.DataFrame(raw.rows("us_semiconductors")).drop_duplicates("unit_name").set_index("unit_name").replace("", None)
    frame = values.assign(
        note_performed=marks["rd_performed_us"],
        industry_code=values["unit_name"].map(names["code"]),
        source_id=values["unit_name"].map(names["source_id"]),
    )
    survey = read_flat(raw, "us_industry", numbers=("year", *PAYERS), entity="naics")
    chips = survey[survey["naics"] == "3344"].set_index("year")[list(PAYERS)].sum(axis=1, skipna=False)
    performed, patents = (frame.pivot(index="year", columns="unit_name", values=c) for c in COLUMNS.values())
    whole, world = frame["unit_name"] == ALL, frame["unit_name"] == WORLD
    return frame.assign(
        rd_of_naics_3344=frame["year"].map(chips).where(frame["unit_name"] == SEMICONDUCTORS),
        all_industries=frame["rd_performed_us"].where(whole),
        manufacturing_and_other=frame["year"].map(performed[list(SECTORS)].sum(axis=1)).where(whole),
        world=frame["semiconductor_patents"].where(world),
        world_regions=frame["year"].map(patents[list(REGIONS)].sum(axis=1)).where(world),
    )

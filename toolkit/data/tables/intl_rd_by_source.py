"""R&D of countries by payer and performer, and the ratios to GDP that do not depend on the rate of exchange."""

from __future__ import annotations

import pandas as pd

from toolkit.data.raw import RawFolder
from toolkit.data.readers.raw_csv import read_flat
from toolkit.data.repairs import correct
from toolkit.data.tables import build_declared
from toolkit.errors import UnknownName

PERFORMERS = {"BES": "business_rd", "GOV": "government_rd", "HES": "higher_education_rd", "TOTAL": "total_rd"}
PAYERS = {
    "BES": "_by_business",
    "GOV": "_by_government",
    "HES": "_by_higher_education",
    "ROW": "_by_abroad",
    "ROW_EC": "_by_eu",
    "TOTAL": "",
}
UNITS = {"MIO_EUR": "", "PC_GDP": "_to_gdp"}
PERCENT = 100.0
MILLION_YUAN = 100.0  # in 100 million yuan


def build(raw: RawFolder) -> pd.DataFrame:
    """One row per country and year, with the totals in dollars and yuan that only the checks use.

    Raises
    ------
    UnreadableFile, NotNumeric, UnknownName, CorrectionObsolete
    """
    long = read_flat(
        raw, "intl_rd_by_source", numbers=("year", "value"), entity="iso3", required=("country", "source_of_funds", "performer", "measure")
    )
    names = long["performer"].map(PERFORMERS) + long["source_of_funds"].map(PAYERS) + long["measure"].map(UNITS)
    unknown = long.index[names.isna()]
    if len(unknown):
        row = long.loc[unknown[0]]
        raise UnknownName(
            f"{row['source_of_funds']} paying {row['performer']} in {row['measure']} is not described",
            where=f"{raw.label('intl_rd_by_source')}, row {unknown[0] + 2}",
            remedy="describe payer, performer and unit in toolkit/data/tables/intl_rd_by_source.py and the registry",
        )
    long = long.assign(column=names, year=long["year"].astype("int64"))
    wide = long.pivot(index=["iso3", "year", "country"], columns="column", values="value").rename_axis(columns=None).reset_index()
    rules = [c for c in raw.registry.corrections.values() if c.table == "intl_rd_by_source"]
    return _compared(derived(correct(wide, rules, entity="iso3", time="year")), raw)


def derived(frame: pd.DataFrame) -> pd.DataFrame:
    """GDP as total R&D over its ratio, and business R&D by payer over that GDP."""
    gdp = frame["total_rd"] / frame["total_rd_to_gdp"] * PERCENT
    return frame.assign(
        gdp_euro=gdp,
        business_paid_to_gdp=frame["business_rd_by_business"] / gdp * PERCENT,
        government_paid_to_gdp=frame["business_rd_by_government"] / gdp * PERCENT,
    )


def _compared(frame: pd.DataFrame, raw: RawFolder) -> pd.DataFrame:
    """The same total in the currency of the country, for the United States and China."""
    dollars = {
        int(row["year"]): float(row["value"])
        for row in raw.rows("us_states_by_performer")
        if row["state"] == "United States" and row["variable"] == "rd_all" and row["value"]
    }
    yuan = build_declared(raw, "national_series").set_index("year")["gerd"] * MILLION_YUAN
    return frame.assign(
        total_rd_in_dollars=frame["year"].map(dollars).where(frame["iso3"] == "USA"),
        total_rd_in_yuan=frame["year"].map(yuan).where(frame["iso3"] == "CHN"),
    )

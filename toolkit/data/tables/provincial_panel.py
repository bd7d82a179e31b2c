"""The provincial panel: 31 provinces by year, published series and the ratios built from them."""

from __future__ import annotations

import pandas as pd

from toolkit.data.checks import correct, merge
from toolkit.data.provinces import canonical
from toolkit.data.raw import RawFolder
from toolkit.data.readers.raw_csv import read_long, widen
from toolkit.data.tables import build_declared

YUAN = 1e8  # yuan in 100 million yuan
YUAN_IN_10000 = 1e4  # yuan in 10,000 yuan
PERSONS = 1e4  # persons in 10,000 persons
PERCENT = 100.0
PER_10000 = 1e4
PRINTED_DECIMALS = 2  # of the intensity in the bulletin
KEYS = ("adcode", "year")


def build(raw: RawFolder) -> pd.DataFrame:
    """One row per province and year under registry ids, and three columns that only the checks use.

    Raises
    ------
    UnknownProvince, NotNumeric, DuplicateKey, MissingKey, UnknownName, MergeMismatch, CorrectionObsolete
    """
    table = raw.registry.tables["provincial_panel"]
    long = read_long(raw, "provincial_panel", KEYS)
    for code, row in long.drop_duplicates("adcode")[["adcode", "row"]].itertuples(index=False):
        canonical(code, where=f"{raw.label('provincial_panel')}, row {row}, column adcode")
    wide = widen(
        long=long, keys=KEYS, rename=table.rename, known=(*table.columns, *table.checked_only), where=raw.label("provincial_panel")
    )
    names = build_declared(raw, "provinces")[["adcode", "province", "region4", "region3"]]
    panel = merge(wide, names, ["adcode"], names=("provincial_panel", "provinces"))
    rules = [c for c in raw.registry.corrections.values() if c.table == table.id]
    return derived(correct(panel, rules, entity="province", time="year"))


def derived(p: pd.DataFrame) -> pd.DataFrame:
    """The ratios; formulas and units are declared in toolkit/registry/variables.

    Money is in 100 million yuan except ``education_funds_total`` (10,000 yuan); population and students are in 10,000 persons.
    """
    persons = p["population"] * PERSONS
    intensity = p["rd_expenditure"] / p["gdp"] * PERCENT
    return p.assign(
        rd_intensity=intensity,
        rd_intensity_rounded=intensity.round(PRINTED_DECIMALS),
        gdp_per_capita=p["gdp"] * YUAN / persons,
        gdp_growth=p["gdp_index"] - PERCENT,
        fiscal_sci_share=p["fiscal_sci_exp"] / p["fiscal_total_exp"] * PERCENT,
        fiscal_sci_per_capita=p["fiscal_sci_exp"] * YUAN / persons,
        fiscal_sci_to_rd=p["fiscal_sci_exp"] / p["rd_expenditure"] * PERCENT,
        rd_per_capita=p["rd_expenditure"] * YUAN / persons,
        patents_per_10k=p["patent_grant_invention"] / persons * PER_10000,
        patent_applications_per_10k=p["patent_app_invention"] / persons * PER_10000,
        tech_market_to_gdp=p["tech_market_value"] / p["gdp"] * PERCENT,
        trade_openness=p["trade_total_rmb"] / p["gdp"] * PERCENT,
        primary_share=p["va_primary"] / p["gdp"] * PERCENT,
        secondary_share=p["va_secondary"] / p["gdp"] * PERCENT,
        tertiary_share=p["va_tertiary"] / p["gdp"] * PERCENT,
        students_per_10k=p["college_students"] / p["population"] * PER_10000,
        education_funds_per_capita=p["education_funds_total"] * YUAN_IN_10000 / persons,
        ind_rd_fte_per_10k=p["ind_rd_fte"] / persons * PER_10000,
        urban_share_of_population=p["urban_population"] / p["population"] * PERCENT,
    )

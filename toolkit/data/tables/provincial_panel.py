"""The provincial panel: 31 provinces by year, published series and the ratios built from them."""

from __future__ import annotations

import pandas as pd

from toolkit.data.agreements import join_publications
from toolkit.data.checks import merge
from toolkit.data.provinces import canonical
from toolkit.data.raw import RawFolder
from toolkit.data.readers.raw_csv import read_long
from toolkit.data.repairs import correct
from toolkit.data.tables import build_declared, read_file

YUAN = 1e8  # yuan in 100 million yuan
YUAN_IN_10000 = 1e4  # yuan in 10,000 yuan
PERSONS = 1e4  # persons in 10,000 persons
PERCENT = 100.0
PER_10000 = 1e4
PRINTED_DECIMALS = 2  # of the intensity in the bulletin
KEYS = ("adcode", "year")
FILES = ("provincial_panel", "yearbook")
NATION = 0  # adcode of the national rows of the yearbook
VALID_YEARS = 3  # of the certificate of a high-technology enterprise


def publications(raw: RawFolder) -> pd.DataFrame:
    """The published series of every publication as printed, one row per province and year, with the names of the provinces.

    Raises
    ------
    UnknownProvince, NotNumeric, DuplicateKey, MissingKey, UnknownName, MergeMismatch
    """
    table = raw.registry.tables["provincial_panel"]
    for file in FILES:
        long = read_long(raw, file, KEYS)
        for code, row in long.drop_duplicates("adcode")[["adcode", "row"]].itertuples(index=False):
            if code != NATION:
                canonical(code, where=f"{raw.label(file)}, row {row}, column adcode")
    first, yearbook = (read_file(raw, table, file, KEYS) for file in FILES)
    provinces = yearbook[yearbook["adcode"] != NATION]
    wide = merge(first, provinces, KEYS, names=FILES, unmatched="left allowed")
    names = build_declared(raw, "provinces")[["adcode", "province", "region4", "region3"]]
    return merge(wide, names, ["adcode"], names=("provincial_panel", "provinces"))


def repaired(raw: RawFolder) -> pd.DataFrame:
    """:func:`publications` after the declared repairs; the two publications of a quantity still stand side by side.

    Raises
    ------
    CorrectionObsolete
    """
    rules = [c for c in raw.registry.corrections.values() if c.table == "provincial_panel"]
    return correct(publications(raw), rules, entity="province", time="year")


def build(raw: RawFolder) -> pd.DataFrame:
    """One row per province and year under registry ids, and the columns that only the checks use.

    Raises
    ------
    UnknownProvince, NotNumeric, DuplicateKey, MissingKey, UnknownName, MergeMismatch, CorrectionObsolete, SumMismatch
    """
    return derived(join_publications(repaired(raw), raw.registry.tables["provincial_panel"]))


def derived(p: pd.DataFrame) -> pd.DataFrame:
    """The ratios; formulas and units are declared in toolkit/registry/variables.

    Money is in 100 million yuan except ``education_funds_total`` (10,000 yuan); population and students are in 10,000 persons.
    Every province has a row for every year, so three rows are three years.
    """
    persons = p["population"] * PERSONS
    intensity = p["rd_expenditure"] / p["gdp"] * PERCENT
    by_province = p.sort_values(["adcode", "year"]).groupby("adcode")["hightech_enterprises_recognised"]
    return p.assign(
        rd_intensity=intensity,
        rd_intensity_of_bulletin=p["rd_expenditure_bulletin"] / p["gdp"] * PERCENT,
        rd_intensity_rounded=intensity.round(PRINTED_DECIMALS),
        gdp_per_capita=p["gdp"] * YUAN / persons,
        gdp_growth=p["gdp_index"] - PERCENT,
        fiscal_sci_share=p["fiscal_sci_exp"] / p["fiscal_total_exp"] * PERCENT,
        fiscal_sci_per_capita=p["fiscal_sci_exp"] * YUAN / persons,
        fiscal_sci_to_rd=p["fiscal_sci_exp"] / p["rd_expenditure"] * PERCENT,
        rd_enterprise_intensity=p["rd_funds_enterprise"] / p["gdp"] * PERCENT,
        rd_government_intensity=p["rd_funds_gov"] / p["gdp"] * PERCENT,
        ind_rd_to_value_added=p["ind_rd_expenditure"] / p["va_secondary"] * PERCENT,
        ind_rd_intensity_own=p["ind_rd_funds_enterprise"] / p["va_secondary"] * PERCENT,
        ind_rd_gov_intensity=p["ind_rd_funds_gov"] / p["va_secondary"] * PERCENT,
        hightech_enterprises_in_force=by_province.transform(lambda own: own.rolling(VALID_YEARS).sum()),
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

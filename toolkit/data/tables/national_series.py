"""National series: one row per year, one column per series."""

from __future__ import annotations

import pandas as pd

from toolkit.data.agreements import join_publications
from toolkit.data.raw import RawFolder
from toolkit.data.tables import build_declared, read_file

PERCENT = 100.0
NATION = 0  # adcode of the national rows of the yearbook


def repaired(raw: RawFolder) -> pd.DataFrame:
    """The series of every publication, one row per year; nothing has to be repaired here."""
    table = raw.registry.tables["national_series"]
    rows = read_file(raw, table, "yearbook", ("adcode", "year"))
    nation = rows[rows["adcode"] == NATION].drop(columns="adcode").dropna(axis="columns", how="all")
    return build_declared(raw, "national_series").merge(nation, on="year", how="outer", validate="one_to_one").sort_values("year")


def build(raw: RawFolder) -> pd.DataFrame:
    """One row per year; the delivered sums and shares stay for the checks, ours take their place."""
    wide = join_publications(repaired(raw), raw.registry.tables["national_series"])
    activities = wide["rd_basic"] + wide["rd_applied"] + wide["rd_experimental"]
    market = wide.set_index("year")["tech_market_value_national"]
    before = market.reindex(market.index - 1).to_numpy()
    return wide.assign(
        gerd_from_activity=activities,
        basic_share_calculated=wide["rd_basic"] / activities * PERCENT,
        tech_market_growth=(market.to_numpy() / before - 1) * PERCENT,
    )

"""Technology contracts by province of seller and of buyer, in every year that the yearbook tables have."""

from __future__ import annotations

import pandas as pd

from toolkit.data.checks import merge
from toolkit.data.raw import RawFolder
from toolkit.data.readers.raw_csv import read_long, widen
from toolkit.data.tables import build_declared

KEYS = ("adcode", "year")
NATION = 0  # adcode of the national rows of the yearbook
PREFIX = "tech_market_"


def build(raw: RawFolder) -> pd.DataFrame:
    """One row per province and year; a province that sold nothing, or whose figure is withheld, has no value there."""
    table = raw.registry.tables["technology_contracts"]
    reading, long = table.reading("yearbook"), read_long(raw, "yearbook", KEYS)
    contracts = long[long["indicator"].str.startswith(PREFIX) & (long["adcode"] != NATION)]
    wide = widen(contracts, KEYS, reading.rename, known=table.columns, where=raw.label("yearbook"))
    wide = wide.assign(**{column: wide[column] / by for column, by in reading.divide.items()})
    names = build_declared(raw, "provinces")[["adcode", "province"]]
    return merge(wide, names, ["adcode"], names=("technology_contracts", "provinces"))

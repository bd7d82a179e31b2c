"""International series: country by year."""

from __future__ import annotations

import pandas as pd

from toolkit.data.raw import RawFolder
from toolkit.data.readers.long_csv import read_long, widen

KEYS = ("iso3", "year")


def build(raw: RawFolder) -> pd.DataFrame:
    """One row per country and year."""
    table = raw.registry.tables["international"]
    long = read_long(raw, "international", KEYS)
    return widen(long, KEYS, table.rename, table.columns, raw.label("international"))

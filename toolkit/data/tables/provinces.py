"""Provinces: names, regions, city regions, capitals."""

from __future__ import annotations

import pandas as pd

from toolkit.data.raw import RawFolder

NUMBERS = ("adcode", "gba", "jjj", "yrd", "capital_lon", "capital_lat")


def build(raw: RawFolder) -> pd.DataFrame:
    """31 rows, one per province."""
    from toolkit.data.readers.flat_csv import read_flat

    return read_flat(raw, "provinces", numbers=NUMBERS, entity="name_zh").rename(columns=raw.registry.tables["provinces"].rename)

"""Common borders of provinces, with the names of both sides."""

from __future__ import annotations

import pandas as pd

from toolkit.data.checks import merge
from toolkit.data.raw import RawFolder
from toolkit.data.readers.raw_csv import read_flat
from toolkit.data.tables import build_declared


def build(raw: RawFolder) -> pd.DataFrame:
    """One row per pair, the smaller code first."""
    pairs = read_flat(raw, "contiguity", numbers=("adcode_a", "adcode_b", "is_convention"), entity="adcode_a")
    codes = pairs[["adcode_a", "adcode_b"]].to_numpy()
    pairs = pairs.assign(adcode_a=codes.min(axis=1), adcode_b=codes.max(axis=1))
    names = build_declared(raw, "provinces")[["adcode", "province"]]
    for side in ("a", "b"):
        renamed = names.rename(columns={"adcode": f"adcode_{side}", "province": f"province_{side}"})
        pairs = merge(pairs, renamed, [f"adcode_{side}"], names=("contiguity", "provinces"), unmatched="right allowed")
    return pairs

"""National series: one row per year, one column per series."""

from __future__ import annotations

import pandas as pd

from toolkit.data.raw import RawFolder
from toolkit.data.tables import build_declared

PERCENT = 100.0


def build(raw: RawFolder) -> pd.DataFrame:
    """One row per year; the delivered sums and shares stay for the checks, ours take their place."""
    wide = build_declared(raw, "national_series").rename(columns={"gerd_from_activity": "gerd_from_activity_as_delivered"})
    activities = wide["rd_basic"] + wide["rd_applied"] + wide["rd_experimental"]
    market = wide.set_index("year")["tech_market_value_national"]
    before = market.reindex(market.index - 1).to_numpy()
    return wide.assign(
        gerd_from_activity=activities,
        basic_share_calculated=wide["rd_basic"] / activities * PERCENT,
        tech_market_growth=(market.to_numpy() / before - 1) * PERCENT,
    )

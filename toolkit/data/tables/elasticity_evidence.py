"""Published evidence on subsidies and R&D: only findings that were read or computed, never recalled ones."""

from __future__ import annotations

import pandas as pd

from toolkit.data.raw import RawFolder
from toolkit.data.readers.raw_csv import read_flat
from toolkit.errors import UnknownName

RECALLED = "recalled"


def build(raw: RawFolder) -> pd.DataFrame:
    """One row per finding whose status is ``read`` or ``computed``."""
    frame = read_flat(raw, "elasticity_evidence", numbers=("year", "estimate", "std_error", "low", "high"), entity="id")
    listed = {row["source_id"] for row in raw.rows("elasticity_evidence_sources")}
    kept = frame[frame["status"] != RECALLED]
    unknown = kept[~kept["source_id"].isin(listed)]
    if len(unknown):
        raise UnknownName(
            f"source {unknown.iloc[0]['source_id']!r} is not listed",
            where=f"{raw.label('elasticity_evidence')}, row {unknown.index[0] + 2}, id {unknown.iloc[0]['id']}",
            remedy="add it to intl_elasticity_evidence_sources.csv",
        )
    return kept.reset_index(drop=True)


def excluded(raw: RawFolder) -> tuple[str, ...]:
    """Ids of the findings that are left out because they were recalled, not read."""
    return tuple(row["id"] for row in raw.rows("elasticity_evidence") if row["status"] == RECALLED)

"""Published evidence on public support and R&D: one row per version of a study, as it was read; recalled findings never enter."""

from __future__ import annotations

import pandas as pd

from toolkit.data.raw import RawFolder
from toolkit.data.readers.raw_csv import read_flat
from toolkit.errors import DuplicateKey, MissingKey, UnknownName

RECALLED = "recalled"  # status of a finding of the first delivery that was remembered and not read

DESIGNS = ("randomised", "discontinuity", "instrument", "bunching", "differences", "matching", "regression", "meta_regression", "survey")
SUPPORTS = ("grants", "tax", "grants_and_tax", "government_rd", "procurement", "public_research", "equity_fund")
OUTCOMES = ("own_rd", "investment", "innovation", "finance_growth")
DIRECTIONS = ("positive", "positive_small", "no_effect", "negative", "mixed")
EFFECTS_ON_RD = ("elasticity", "own_per_unit", "total_per_unit")
OTHER_MEASURES = (
    "user_cost_elasticity",
    "per_cent",
    "slope_of_ratios",
    "mixed_coefficient",
    "share_relabelled",
    "percentage_points",
    "patents_per_10_million",
    "factor",
    "none",
)

_CODES = {
    "design": DESIGNS,
    "support": SUPPORTS,
    "outcome": OUTCOMES,
    "direction": DIRECTIONS,
    "measure": (*EFFECTS_ON_RD, *OTHER_MEASURES),
}
_NUMBERS = ("year", "in_china", "estimate", "std_error", "low", "high")
_NEVER_EMPTY = ("study", "read_at", "read_how", "read_on")


def build(raw: RawFolder) -> pd.DataFrame:
    """One row per version that was read, with ``is_latest`` = 1 for the version of each study that enters counts and ranges.

    Raises
    ------
    UnknownName
        A code that is not one of the lists above.
    MissingKey
        A row that does not say where, how and when it was read, or a kind of number without the number.
    DuplicateKey
        A study with two latest versions.
    """
    frame = read_flat(raw, "published_studies", numbers=_NUMBERS, entity="id", required=(*_CODES, *_NEVER_EMPTY))
    where = raw.label("published_studies")
    for column, known in _CODES.items():
        _refuse_unknown(frame, column, known, where)
    for column in _NEVER_EMPTY:
        _refuse_empty(frame, frame[column].isna(), column, where)
    _refuse_empty(frame, (frame["measure"] != "none") & frame["estimate"].isna() & frame["low"].isna(), "estimate", where)
    frame["is_latest"] = (frame["year"] == frame.groupby("study")["year"].transform("max")).astype("int64")
    twice = frame[(frame["is_latest"] == 1) & frame.duplicated(["study", "year"])]
    if len(twice):
        first = twice.iloc[0]
        raise DuplicateKey(
            f"study {first['study']!r} has two versions of {first['year']:.0f}",
            where=f"{where}, row {twice.index[0] + 2}",
            remedy="keep the version that was published last, or give the rows different studies",
        )
    return frame


def excluded(raw: RawFolder) -> tuple[str, ...]:
    """Ids of the findings of the first delivery that never enter because they were recalled, not read."""
    return tuple(row["id"] for row in raw.rows("elasticity_evidence") if row["status"] == RECALLED)


def _refuse_unknown(frame: pd.DataFrame, column: str, known: tuple[str, ...], where: str) -> None:
    bad = frame.index[~frame[column].isin(known)]
    if len(bad):
        raise UnknownName(
            f"{column} {frame.loc[bad[0], column]!r} is not known",
            where=f"{where}, row {bad[0] + 2}, id {frame.loc[bad[0], 'id']}",
            remedy=f"use one of: {', '.join(known)}",
        )


def _refuse_empty(frame: pd.DataFrame, empty: pd.Series, column: str, where: str) -> None:
    bad = frame.index[empty]
    if len(bad):
        raise MissingKey(
            f"{column} is empty",
            where=f"{where}, row {bad[0] + 2}, id {frame.loc[bad[0], 'id']}",
            remedy="fill it from the page that was read, or take the row out",
        )

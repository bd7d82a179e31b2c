"""Firms of the Colombian innovation survey: one row per firm and year, rows that miss a sum counted, copied records found again.

The number that the questionnaire prints (``nordemp``) names other firms in round V; the entity is ``firm``, which links the rounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit.data.raw import RawFolder
from toolkit.data.tables import build_declared
from toolkit.errors import SumMismatch, UnreadableFile

KINDS = ("rd_internal", "rd_external", "machinery", "ict", "marketing", "technology_transfer", "consulting", "engineering", "training")
PAYERS = ("fund_own", "fund_group", "fund_public", "fund_bank", "fund_other_firms", "fund_private_equity", "fund_cooperation")
PROGRAMMES = ("pub_innpulsa", "pub_sena", "pub_colciencias", "pub_agriculture", "pub_bancoldex_credit", "pub_regional_funds")
SAME = ("employees", *KINDS, "sti_total", *PAYERS)  # what a copied record shares; programmes of seven such records differ

_ROUNDING = 1  # thousand pesos
_RAW = "firms_colombia_services"


@dataclass(frozen=True)
class SumGap:
    """Parts that miss their total, by more than the rounding, in a known number of rows."""

    parts: tuple[str, ...]
    total: str
    rows: int


MISSED = (SumGap(PAYERS, "fund_total", 7), SumGap(PROGRAMMES, "fund_public", 11), SumGap(KINDS, "sti_total", 644))


def build(raw: RawFolder) -> pd.DataFrame:
    """One row per firm and year.

    Raises
    ------
    SumMismatch
        Parts miss their total in more or fewer rows than declared.
    UnreadableFile
        A firm's record of a round is not two years long, or the flag of copied records is not what their amounts say.
    """
    frame = build_declared(raw, _RAW)
    where = raw.label(_RAW)
    for rule in MISSED:
        gap = frame[list(rule.parts)].sum(axis=1) - frame[rule.total]
        found = int((gap.abs() > _ROUNDING).sum())
        if found != rule.rows:
            raise SumMismatch(
                f"{' + '.join(rule.parts)} miss {rule.total} in {found} rows; {rule.rows} are declared",
                where=where,
                remedy="restore the file; if the rows are meant, declare their number in toolkit/data/tables/firms_colombia_services.py",
            )
    years = frame.groupby(["firm", "survey_round"])["year"].agg(["size", "min", "max"])
    if not ((years["size"] == 2) & (years["max"] - years["min"] == 1)).all():
        raise UnreadableFile("a record is not two successive years long", where=where, remedy="restore the rows: each round asks for two")
    records = same_records(frame)
    shared = frame.groupby(records)["firm"].transform("nunique") > 1
    wrong = frame.index[shared != (frame["same_as_another"] == 1)]
    if len(wrong):
        first = frame.loc[wrong[0]]
        raise UnreadableFile(
            f"same_as_another is not what the amounts say in {len(wrong)} rows",
            where=f"{where}, firm {first['firm']}, year {first['year']:g}",
            remedy="restore the flag, or the amounts",
        )
    return frame


def same_records(frame: pd.DataFrame) -> pd.Series:
    """(n,) number of the record of each row; firms of a round that are equal in ``SAME`` in both years share it.

    Parameters
    ----------
    frame : firm, year, survey_round and the columns ``SAME``; two rows per firm and round.

    Examples
    --------
    >>> rows = [("a", 2008, 5), ("a", 2009, 6), ("b", 2008, 5), ("b", 2009, 6), ("c", 2008, 5), ("c", 2009, 7)]
    >>> frame = pd.DataFrame(rows, columns=["firm", "year", "employees"]).assign(survey_round="II", **dict.fromkeys(SAME[1:], 0))
    >>> same_records(frame).tolist()
    [0, 0, 0, 0, 1, 1]
    """
    keys = ["survey_round", "firm"]
    ordered = frame.sort_values([*keys, "year"])
    place = ordered.groupby(keys).cumcount().rename("place")
    wide = ordered.assign(place=place).pivot(index=keys, columns="place", values=list(SAME))
    number = wide.groupby([wide.index.get_level_values("survey_round"), *(wide[column] for column in wide.columns)], sort=False).ngroup()
    return pd.Series(number.reindex(pd.MultiIndex.from_frame(frame[keys])).to_numpy(), index=frame.index, name="record")

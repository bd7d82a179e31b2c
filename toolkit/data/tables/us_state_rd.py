"""R&D in US states: companies by payer, all performers, federal obligations; withheld cells bounded, rows of totals left out."""

from __future__ import annotations

import re

import pandas as pd

from toolkit.data.checks import merge
from toolkit.data.raw import RawFolder
from toolkit.data.readers.measured import read_measured
from toolkit.errors import UnreadableFile

KEYS = ("state", "year")
NATION = "United States"
UNDISTRIBUTED = "Undistributed<sup>a</sup>"  # as the file spells it
# Totals, remainders and territories of the two files; no state.
NO_STATES = (
    NATION,
    UNDISTRIBUTED,
    "Undistributed",
    "U.S. undistributed",
    "States total",
    "Other",
    "Outlying areas",
    "Offices abroad",
    "Puerto Rico",
)

COMPANIES = {
    "total": "rd_performed_by_companies",
    "company_paid": "rd_company_paid",
    "others_paid": "rd_paid_by_others",
    "federal_paid": "rd_federal_paid",
    "others_nonfederal_paid": "rd_other_paid",
}
NOTES = {"rd_company_paid": "note_company", "rd_federal_paid": "note_federal", "rd_paid_by_others": "note_paid_by_others"}
PERFORMERS = {
    "rd_all": "rd_performed_all",
    "rd_federal_intramural": "rd_performed_federal_agencies",
    "rd_ffrdc": "rd_performed_ffrdc",
    "rd_business": "rd_performed_business",
    "rd_university": "rd_performed_universities",
    "rd_state_agencies": "rd_performed_state_agencies",
    "rd_nonprofit": "rd_performed_nonprofit",
    "rd_nonprofit_federal": "rd_performed_nonprofit_federally_paid",
    "rd_university_federal": "university_rd_federal",
    "rd_university_other_government": "university_rd_other_government",
    "rd_university_business": "university_rd_business",
    "rd_university_own": "university_rd_own",
    "rd_university_nonprofit": "university_rd_nonprofit",
    "rd_university_other": "university_rd_other",
    "gdp": "state_gdp",
    "federal_obligations_rd": "federal_obligations_rd",
    "rd_business_own": "rd_company_paid_national_patterns",
    "rd_business_federal": "rd_federal_paid_national_patterns",
}
_INTERVAL = re.compile(r"([\d,]+) - ([\d,]+)")


def build(raw: RawFolder) -> pd.DataFrame:
    """One row per state and year, with columns of national sums that only the checks use.

    Raises
    ------
    UnreadableFile, NotNumeric, DuplicateKey, MergeMismatch
    """
    companies, marks = read_measured(raw, "us_states", KEYS, COMPANIES)
    performers, _ = read_measured(raw, "us_states_by_performer", KEYS, PERFORMERS)
    notes = marks[[*KEYS, *NOTES]].rename(columns=NOTES)
    kept = merge(companies, notes, KEYS, names=("values", "marks")).assign(**bounds(companies, marks))
    kept = kept[~kept["state"].isin(NO_STATES)]
    states = performers[~performers["state"].isin(NO_STATES)]
    frame = kept.merge(states, on=list(KEYS), how="outer", sort=True)
    frame["rd_performed_nonprofit_counted"] = frame["rd_performed_nonprofit"].fillna(frame["rd_performed_nonprofit_federally_paid"])
    paid = [c for c in COMPANIES.values() if c != "rd_other_paid"]
    sums = {**_national(companies, paid), **_national(performers[performers["state"] != "States total"], ["federal_obligations_rd"])}
    first = ~frame["year"].duplicated()  # one comparison a year
    return frame.assign(**{name: frame["year"].map(values).where(first) for name, values in sums.items()})


def _national(frame: pd.DataFrame, columns: list[str]) -> dict[str, pd.Series]:
    """For each column: the sum of all rows but the nation's, and the nation's own figure, by year."""
    nation, rest = frame[frame["state"] == NATION].set_index("year"), frame[frame["state"] != NATION].groupby("year")
    found = {f"{c}_nation": nation[c] for c in columns}
    return found | {f"{c}_summed": rest[c].sum(min_count=1) for c in columns}


def bounds(values: pd.DataFrame, marks: pd.DataFrame) -> dict[str, pd.Series]:
    """Lower and upper bound of federally paid R&D: the value, the printed interval, or zero and all that others than the company paid.

    Raises
    ------
    UnreadableFile
        An empty cell is neither withheld nor an interval.
    """
    low, high = values["rd_federal_paid"].copy(), values["rd_federal_paid"].copy()
    for at in values.index[low.isna()]:
        printed = str(marks.loc[at, "rd_federal_paid"])
        interval = _INTERVAL.match(printed)
        if interval is None and not printed.startswith("D"):
            raise UnreadableFile(
                f"federally paid R&D is empty and {printed!r} does not say why",
                where=f"us_state_rd.csv, {values.loc[at, 'state']} {values.loc[at, 'year']}",
                remedy="write the printed number, or the mark that stands instead of it",
            )
        ends = (0.0, values.loc[at, "rd_paid_by_others"]) if interval is None else (float(e.replace(",", "")) for e in interval.groups())
        low[at], high[at] = ends
    return {"rd_federal_paid_low": low, "rd_federal_paid_high": high}


def excluded(raw: RawFolder) -> tuple[str, ...]:
    """Rows that are no states: totals, remainders, territories."""
    rows = [row for name in ("us_states", "us_states_by_performer") for row in raw.rows(name)]
    found = {(row["state"], row["year"]) for row in rows if row["state"] in NO_STATES}
    return tuple(f"{state} {year}" for state, year in sorted(found))

"""The published cells under their plain names, put together without the library: what the built tables are compared with.

Where two publications give a quantity, the longer one comes first and the other fills it; the declared repairs are typed again here.
"""

from __future__ import annotations

import csv
from functools import cache

from toolkit.paths import DATA_RAW

Cells = dict[tuple[str, str, int], float]  # indicator, code of the province ("0" is the nation), year

FUNDS = ("gov", "enterprise", "foreign", "other")
IN_10000_YUAN = {
    *("rd_expenditure", "rd_basic", "rd_applied", "rd_experimental", "ind_rd_expenditure", "ind_new_product_sales"),
    *("tech_market_inflow", "tech_market_value"),
    *(f"{prefix}rd_funds_{payer}" for prefix in ("", "ind_") for payer in FUNDS),
}
SHORTER = ("ind_rd_fte", "tech_market_value")  # of the yearbook: fills only


def _read(folder: str, file: str) -> list[dict[str, str]]:
    with (DATA_RAW / folder / file).open(encoding="utf-8") as stream:
        return [row for row in csv.DictReader(stream) if row["value"]]


@cache
def yearbook() -> Cells:
    """The cells of the yearbook file in the units of the tables."""
    found: Cells = {}
    for row in _read("yearbook", "yearbook_panel.csv"):
        name = row["indicator"].removesuffix("_yearbook")
        name = {"tech_market_inflow_value": "tech_market_inflow", "tech_market_outflow_value": "tech_market_value"}.get(name, name)
        value = float(row["value"]) / 10_000 if name in IN_10000_YUAN else float(row["value"])
        found[name, row["adcode"], int(row["year"])] = value
    return found


@cache
def provincial() -> Cells:
    """The provinces, 2006-2024, repaired."""
    first: Cells = {(r["indicator"], r["adcode"], int(r["year"])): float(r["value"]) for r in _read("provincial", "provincial_panel.csv")}
    for year in range(2015, 2024):
        jiangsu, zhejiang = ("ind_rd_fte", "320000", year), ("ind_rd_fte", "330000", year)
        first[jiangsu], first[zhejiang] = first[zhejiang], first[jiangsu]
    for place in (("460000", 2017), ("630000", 2020), ("630000", 2021), ("630000", 2022)):
        del first["ind_rd_fte", *place]
    second = {key: value for key, value in yearbook().items() if key[1] != "0" and key[2] >= 2006}
    longer = {key: value for key, value in second.items() if key[0] not in SHORTER}
    found = second | first | longer
    found["rd_funds_enterprise", "110000", 2012] = 368.6332
    found["patent_app_design", "220000", 2019] = 2503.0
    nil = {"rd_funds_foreign": "rd_expenditure", "ind_rd_funds_foreign": "ind_rd_expenditure", "ind_rd_funds_other": "ind_rd_expenditure"}
    for name, total in nil.items():
        for _, code, year in [key for key in second if key[0] == total]:
            found.setdefault((name, code, year), 0.0)
    return found


def provincial_rows() -> list[dict[str, str]]:
    """The provinces as rows of a long file."""
    return [{"indicator": name, "adcode": code, "year": str(year), "value": repr(v)} for (name, code, year), v in provincial().items()]

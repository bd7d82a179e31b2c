"""Exports of the EPS data platform: long files with indicator, region, time and value."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pandas as pd

from toolkit.data.readers.grid import Grid, read_grid, split_unit, year_of
from toolkit.data.readers.long import LongTable, long_table
from toolkit.data.readers.problems import Problem, refuse
from toolkit.errors import UnreadableFile

COLUMNS = {"指标": "indicator", "地区": "region", "时间": "year", "数值": "value"}


def read_eps(path: Path) -> pd.DataFrame:
    """A tidy long frame from an EPS export (csv or txt; UTF-8 or GBK).

    Indicator names differ in spaces and full-width brackets between downloads; they are brought to one form (NFKC, no spaces).
    Further dimensions (for example 行业) stay as columns under their own names.

    Returns
    -------
    DataFrame with ``region``, ``year``, ``indicator``, ``unit``, ``value``, ``row`` and further dimensions.

    Raises
    ------
    UnreadableFile, NotNumeric
    """
    return eps_table(read_grid(path)).frame


def eps_table(grid: Grid) -> LongTable:
    """The same from cells."""
    top = next((i for i, row in enumerate(grid.rows) if set(COLUMNS) <= set(row)), None)
    if top is None:
        raise UnreadableFile(
            "no header row with 指标, 地区, 时间, 数值 was found", where=grid.where, remedy="export in long form with these four columns"
        )
    header = grid.rows[top]
    records, problems = [], []
    for i, row in enumerate(grid.rows[top + 1 :], start=top + 2):
        cells = dict(zip(header, [*row, *[""] * (len(header) - len(row))], strict=False))
        if not cells["地区"] or not cells["时间"]:
            continue
        year = year_of(cells["时间"])
        if year is None:
            problems.append(Problem(UnreadableFile, f"{cells['时间']!r} is no year", i, "时间", remedy="export yearly data"))
            continue
        name, unit = split_unit(tidy_name(cells["指标"]))
        further = {key: cells[key] for key in header if key and key not in COLUMNS}
        known = {"region": cells["地区"], "year": year, "indicator": name, "unit": unit, "value": cells["数值"], "row": i}
        records.append({**known, "_column": "数值", **further})
    refuse(problems, grid.where)
    return long_table(records, grid, label=lambda record: f"{record['region']} {record['year']}")


def tidy_name(name: str) -> str:
    """An indicator name in one form: compatibility characters folded, spaces removed.

    Examples
    --------
    >>> tidy_name("R&D 经费 （万元）")
    'R&D经费(万元)'
    """
    return "".join(unicodedata.normalize("NFKC", name).split())

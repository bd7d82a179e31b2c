"""Exports of the national statistics database: one indicator by region, or many indicators of one region."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toolkit.data.readers.grid import Grid, read_grid, split_unit, year_of
from toolkit.data.readers.long import LongTable, long_table
from toolkit.errors import UnreadableFile

NATION = "全国"
_FOOT = ("注", "数据来源", "资料来源")


def read_nbs(path: Path) -> pd.DataFrame:
    """A tidy long frame from an export as CSV (GBK or UTF-8) or .xlsx, with or without its preamble.

    Understood are the table of one indicator by region (header ``地区,2024年,...``), the table of many indicators for one region or
    the nation (header ``指标,2024年,...``, cells that end in a tab), and both after hand cleaning (preamble removed, footer padded).

    Returns
    -------
    DataFrame with ``region`` (as printed), ``year``, ``indicator``, ``unit``, ``value`` (missing where nothing was printed) and ``row``.

    Raises
    ------
    UnreadableFile
        No header row with years.
    NotNumeric
        All cells that are no numbers, with file, row, column.
    """
    return nbs_table(read_grid(path), path.stem).frame


def nbs_table(grid: Grid, stem: str) -> LongTable:
    """The same from cells; ``stem`` names the indicator where the file does not."""
    top = next((i for i, row in enumerate(grid.rows) if any(year_of(cell) for cell in row[1:])), None)
    if top is None:
        raise UnreadableFile(
            "no row of years was found", where=grid.where, remedy="the header must read 地区 or 指标, then years such as 2023年"
        )
    header = grid.rows[top]
    facts = _preamble(grid.rows[:top])
    by_region = header[0] not in ("指标", "指标名称")
    title, unit = split_unit(facts.get("指标", "") or stem)
    records = []
    for i, row in enumerate(grid.rows[top + 1 :], start=top + 2):
        if not row or not row[0]:
            continue
        if row[0].startswith(_FOOT):
            break
        region, (name, measured) = (row[0], (title, unit)) if by_region else (facts.get("地区", NATION) or NATION, split_unit(row[0]))
        for j, head in enumerate(header[1:], start=1):
            year = year_of(head)
            if year is not None:
                cell = row[j] if j < len(row) else ""
                records.append(
                    {"region": region, "year": year, "indicator": name, "unit": measured, "value": cell, "row": i, "_column": head}
                )
    return long_table(records, grid, label=lambda record: str(record["region"] if by_region else record["indicator"]))


def _preamble(rows: list[list[str]]) -> dict[str, str]:
    facts = {}
    for row in rows:
        text = ",".join(row).strip(",")
        for colon in ("：", ":"):
            if colon in text:
                key, value = text.split(colon, 1)
                facts[key.strip()] = value.strip()
                break
    return facts

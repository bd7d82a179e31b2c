"""Any text or Excel file as a grid of stripped cells, whatever its encoding."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from toolkit.errors import NotNumeric, RawFileMissing, UnreadableFile
from toolkit.paths import relative

BLANK = frozenset({"", "-", "–", "—", "－", "…", "..", "...", "NA", "N/A", "nan", "NaN", "null", "."})
MOSTLY = 0.5  # share of cells above which a column counts as numeric
_STRIP = " \t\u3000\xa0\r\n"
_PADDING = re.compile(r"\t+(?=,|\r?$)", re.MULTILINE)  # some exports end every cell in a tab
_YEAR = re.compile(r"^(\d{4})(\.0)?年?$")
_INDICATOR = re.compile(r"^(.*\S)\s*[（(]([^（()）]+)[)）]$")


def decode(content: bytes, where: str) -> str:
    """Text from bytes: UTF-8 (with or without mark), else GB 18030 (which includes GBK).

    Raises
    ------
    UnreadableFile

    Examples
    --------
    >>> decode("地区".encode("gbk"), "a.csv")
    '地区'
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile("the file is neither UTF-8 nor GBK", where=where, remedy="save it as UTF-8, or as .xlsx")


def read_grid(path: Path) -> list[list[str]]:
    """All rows as lists of stripped cells; trailing empty cells are cut, empty rows kept so that row numbers stay true.

    Raises
    ------
    RawFileMissing, UnreadableFile
    """
    if not path.is_file():
        raise RawFileMissing("there is no such file", where=relative(path), remedy="check the name and the folder")
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        rows = _excel(path)
    elif suffix == ".xls":
        raise UnreadableFile("the old Excel format .xls is not read", where=relative(path), remedy="open it and save as .xlsx or .csv")
    else:
        text = _PADDING.sub("", decode(path.read_bytes(), relative(path)))
        separator = "\t" if "\t" in text.lstrip().split("\n", 1)[0] else ","
        try:
            rows = list(csv.reader(io.StringIO(text), delimiter=separator))
        except csv.Error as error:
            raise UnreadableFile(
                f"not a table: {error}", where=relative(path), remedy="look for a quotation mark that is never closed"
            ) from error
    return [_trim(row) for row in rows]


def _excel(path: Path) -> list[list[str]]:
    from zipfile import BadZipFile

    try:
        frame = pd.read_excel(path, header=None, dtype=str, keep_default_na=False, engine="openpyxl")
    except (BadZipFile, ValueError, KeyError) as error:
        raise UnreadableFile(
            f"not an Excel workbook: {error}", where=relative(path), remedy="open it in Excel and save again as .xlsx"
        ) from error
    return [[str(cell) for cell in row] for row in frame.to_numpy().tolist()]


def _trim(row: list[str]) -> list[str]:
    cells = [cell.strip(_STRIP) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def year_of(cell: str) -> int | None:
    """The year in ``2023``, ``2023年`` or ``2023.0``; None for anything else.

    Examples
    --------
    >>> year_of("2023年"), year_of("地区")
    (2023, None)
    """
    found = _YEAR.match(cell)
    return int(found.group(1)) if found else None


def split_unit(title: str) -> tuple[str, str]:
    """Name and unit of an indicator printed as ``name(unit)``; the last bracket is the unit.

    Examples
    --------
    >>> split_unit("研究与试验发展(R&D)经费 (亿元)")
    ('研究与试验发展(R&D)经费', '亿元')
    """
    found = _INDICATOR.match(title)
    return (found.group(1), found.group(2).strip()) if found else (title, "")


def number(cell: str, where: str) -> float:
    """The number in a cell, NaN for a blank or a dash.

    Raises
    ------
    NotNumeric
    """
    if cell in BLANK:
        return math.nan
    try:
        value = float(cell) if "_" not in cell else math.nan  # Python reads 1_000 as a number, no data file means it
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise NotNumeric(
            f"{cell!r} is no number", where=where, remedy="write a plain number (no thousands separators, no unit), or leave the cell empty"
        )
    return value


def looks_numeric(cells: pd.Series) -> bool:
    """Most of the cells that are not missing read as numbers."""
    return bool(pd.to_numeric(cells.dropna(), errors="coerce").notna().mean() > MOSTLY)


def numeric(cells: pd.Series, where: str, rows: Sequence[int], labels: Sequence[str] = ()) -> pd.Series:
    """A column of text as numbers; missing stays missing.

    Parameters
    ----------
    cells : text, missing where blank; its name is the column.
    where : the file.
    rows : row of the file for each cell.
    labels : what else names each cell in a message, such as its entity and time.

    Raises
    ------
    NotNumeric
    """
    values = pd.to_numeric(cells, errors="coerce").astype("float64")
    bad = np.flatnonzero((cells.notna() & ~np.isfinite(values)).to_numpy())
    if len(bad):
        at = int(bad[0])
        label = f", {labels[at]}" if labels else ""
        number(str(cells.iloc[at]), f"{where}, row {rows[at]}, column {cells.name}{label}")
    return values

"""Stata files, with the repair of Chinese text that old formats keep in GBK."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from struct import error as StructError

import pandas as pd

from toolkit.errors import RawFileMissing, UnreadableFile
from toolkit.paths import relative

_CJK = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class StataTable:
    """A Stata file: the frame, and the variable labels by column."""

    frame: pd.DataFrame
    labels: dict[str, str]


def read_stata(path: Path) -> StataTable:
    """Read a .dta file; numeric columns whose values all have a label become text.

    Formats before Stata 14 store bytes in the encoding of the writer's machine, which read back as Latin characters; text that makes
    sense as GBK is repaired, in names, labels and values.

    Raises
    ------
    RawFileMissing, UnreadableFile
    """
    if not path.is_file():
        raise RawFileMissing("there is no such file", where=relative(path), remedy="check the name and the folder")
    try:
        frame = pd.read_stata(path, convert_categoricals=False)
        with pd.read_stata(path, iterator=True) as reader:
            labels, sets = reader.variable_labels(), reader.value_labels()
    except (ValueError, EOFError, StructError) as error:
        raise UnreadableFile(
            f"not a Stata file: {error}", where=relative(path), remedy="save it again with Stata's save or saveold"
        ) from error
    for column in list(frame.columns):
        mapping = {value: repair(text) for value, text in sets.get(column, {}).items()}
        present = set(frame[column].dropna().unique()) if mapping else set()
        if mapping and present <= set(mapping) and len({mapping[v] for v in present}) == len(present):
            frame[column] = frame[column].map(mapping)
        elif not pd.api.types.is_numeric_dtype(frame[column]) and not pd.api.types.is_datetime64_any_dtype(frame[column]):
            frame[column] = frame[column].map(lambda cell: repair(cell) if isinstance(cell, str) else cell)
            frame[column] = frame[column].mask(frame[column] == "")
    names = {column: repair(str(column)) for column in frame.columns}
    return StataTable(frame.rename(columns=names), {names[c]: repair(text) for c, text in labels.items() if text})


def repair(text: str) -> str:
    """Text whose GBK bytes were read as Latin-1, decoded; any other text unchanged.

    Examples
    --------
    >>> repair("±±¾©"), repair("Beijing"), repair("北京")
    ('北京', 'Beijing', '北京')
    """
    try:
        repaired = text.encode("latin-1").decode("gb18030")
    except UnicodeError:
        return text
    return repaired if _CJK.search(repaired) else text

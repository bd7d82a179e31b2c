"""What an exported panel says of its columns, so that it comes back as it was: roles, types, labels, units."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from toolkit.data.safety import inert
from toolkit.errors import UnreadableFile

SHEET = "columns"
HEADER = ["name", "role", "type", "label", "unit"]
SUFFIX = "-metadata.json"  # of the file beside a CSV, as "CSV on the Web" of the W3C names it
_MOST = 10_000_000  # bytes of such a file


@dataclass(frozen=True)
class About:
    """The columns of a table.

    Attributes
    ----------
    entity, time : names of the roles; empty where nothing is known.
    types : "number", "integer", "boolean", "date" or "string" by column.
    labels, units : by column, where there are any.
    """

    entity: str = ""
    time: str = ""
    types: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    def rows(self) -> list[list[str]]:
        """One row per column, as the sheet of a workbook has them."""
        roles = {self.entity: "entity", self.time: "time"}
        return [[n, roles.get(n, ""), kind, self.labels.get(n, ""), self.units.get(n, "")] for n, kind in self.types.items()]

    def text(self) -> str:
        """The same as JSON in the vocabulary of CSV on the Web."""
        columns = [
            {"name": name, "datatype": kind, "role": role, "titles": label, "unit": unit} for name, role, kind, label, unit in self.rows()
        ]
        kept = [{key: value for key, value in column.items() if value} for column in columns]
        return json.dumps({"@context": "http://www.w3.org/ns/csvw", "tableSchema": {"columns": kept}}, ensure_ascii=False, indent=1) + "\n"


def about_rows(rows: Sequence[Sequence[str]]) -> About:
    """What the rows of :meth:`About.rows` say."""
    full = [[*row, *[""] * (len(HEADER) - len(row))] for row in rows if row and row[0]]
    roles = {role: name for name, role, *_ in full if role}
    return About(
        entity=roles.get("entity", ""),
        time=roles.get("time", ""),
        types={row[0]: row[2] for row in full},
        labels={row[0]: row[3] for row in full if row[3]},
        units={row[0]: row[4] for row in full if row[4]},
    )


def about_text(content: bytes, where: str) -> About:
    """What the text of :meth:`About.text` says; nothing where the file is of another kind.

    Raises
    ------
    UnreadableFile
    """
    try:
        read: Any = json.loads(content[:_MOST])
        columns = read["tableSchema"]["columns"]
        rows = [[str(column.get(key, "")) for key in ("name", "role", "datatype", "titles", "unit")] for column in columns]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableFile(
            f"no description of columns: {error}", where=where, remedy="delete or rename it; the table is read without"
        ) from error
    return about_rows(rows)


def quiet(text: str) -> str:
    """A text as a cell of a CSV that no program takes for a formula: one that begins like one gets an apostrophe before it.

    Examples
    --------
    >>> quiet("=1+1"), quiet("'=1+1"), quiet("-2.5"), quiet("it's"), loud(quiet("'=1+1"))
    ("'=1+1", "''=1+1", '-2.5', "it's", "'=1+1")
    """
    bare = text.lstrip("'")
    return f"'{text}" if inert(bare) != bare else text


def loud(text: str) -> str:
    """The text that :func:`quiet` was given."""
    bare = text.lstrip("'")
    return text[1:] if text.startswith("'") and inert(bare) != bare else text


def type_of(column: pd.Series) -> str:
    """The word for the type of a column.

    Examples
    --------
    >>> type_of(pd.Series([1.5])), type_of(pd.Series([1])), type_of(pd.Series(["a"])), type_of(pd.Series([True]))
    ('number', 'integer', 'string', 'boolean')
    """
    kinds = pd.api.types
    if kinds.is_bool_dtype(column):
        return "boolean"
    if kinds.is_integer_dtype(column):
        return "integer"
    if kinds.is_numeric_dtype(column):
        return "number"
    return "date" if kinds.is_datetime64_any_dtype(column) else "string"


def as_types(frame: pd.DataFrame, types: Mapping[str, str]) -> pd.DataFrame:
    """The frame with the types that the columns had; a column that does not fit its type stays as it was read."""
    columns = {}
    for name in frame.columns:
        column, kind = frame[name], types.get(str(name), "")
        numeric = pd.api.types.is_numeric_dtype(column)
        if kind == "integer" and numeric and not column.isna().any() and (column % 1 == 0).all():
            column = column.astype("int64")
        elif kind == "integer" and not numeric and column.notna().all() and column.astype("str").str.fullmatch("-?[0-9]{1,18}").all():
            column = column.astype("int64")  # numbers that name the entities
        elif kind == "boolean" and not numeric and column.isin(["True", "False"]).all():
            column = column == "True"
        elif kind == "date" and not numeric:
            column = pd.to_datetime(column, errors="coerce") if _are_dates(column) else column
        columns[name] = column
    return pd.DataFrame(columns)


def _are_dates(column: pd.Series) -> bool:
    return bool(pd.to_datetime(column, errors="coerce").notna().eq(column.notna()).all())

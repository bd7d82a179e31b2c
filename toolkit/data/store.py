"""The only way out: keys checked and moved left, rows sorted, a text log beside each table, so that a change of data shows in a diff."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from toolkit.errors import DuplicateKey, MissingKey, UnreadableFile
from toolkit.paths import relative, write_text
from toolkit.registry import Registry, Table, Variable

SHA_SHOWN = 12  # hexadecimal digits of a column's hash in the log


@dataclass(frozen=True)
class Log:
    """The log of a table: hash of what it was built from, hash of the CSV, number of rows, values per column, and the text itself."""

    inputs: str
    sha256: str
    rows: int
    counts: dict[str, int]
    text: str


def arrange(frame: pd.DataFrame, table: Table, registry: Registry) -> pd.DataFrame:
    """The declared columns, keys first, rows sorted by the keys, whole numbers as such.

    Raises
    ------
    MissingKey, DuplicateKey
        With the first offending row.
    """
    order = [*table.keys, *(c for c in table.columns if c not in table.keys)]
    out = frame[order].copy()
    for key in table.keys:
        empty = out.index[out[key].isna()]
        if len(empty):
            raise MissingKey(
                f"{key} is missing in {len(empty)} rows", where=f"table {table.id}, row {empty[0] + 1}", remedy="every row needs its keys"
            )
    twice = out.duplicated(list(table.keys))
    if twice.any():
        first = out.loc[twice, list(table.keys)].iloc[0]
        raise DuplicateKey(
            f"table {table.id} has {int(twice.sum())} repeated rows",
            where="first: " + ", ".join(f"{key} {value}" for key, value in first.items()),
            remedy=f"one row per {' and '.join(table.keys)}",
        )
    for name in order:
        kind = registry.variables[name].kind
        out[name] = out[name].astype("Int64" if kind == "integer" else "float64" if kind == "number" else "str")
    return out.sort_values(list(table.keys), kind="stable").reset_index(drop=True)


def write(frame: pd.DataFrame, table: Table, registry: Registry, folder: Path, inputs: str) -> Log:
    """Write ``<table>.csv`` and ``<table>.log`` below ``folder``, each whole or not at all; return the log.

    Parameters
    ----------
    frame : built frame with at least the declared columns.
    table, registry : its description.
    folder : target folder.
    inputs : hash of everything the table was built from.
    """
    arranged = arrange(frame, table, registry)
    text = to_csv(arranged)
    log = describe(arranged, table, text, inputs)
    write_text(folder / f"{table.id}.csv", text)
    write_text(folder / f"{table.id}.log", log.text)
    return log


def to_csv(frame: pd.DataFrame) -> str:
    """The frame as CSV text: UTF-8 line feeds, shortest floats that read back unchanged, empty for missing."""
    buffer = io.StringIO()
    frame.to_csv(buffer, index=False, lineterminator="\n")
    return buffer.getvalue()


def describe(frame: pd.DataFrame, table: Table, text: str, inputs: str) -> Log:
    """The log of an arranged frame whose CSV text is ``text``."""
    sha = hashlib.sha256(text.encode()).hexdigest()
    width = max(map(len, frame.columns))
    lines = [f"table:  {table.id}", f"inputs: {inputs}", f"sha256: {sha}", f"rows:   {len(frame)}", f"keys:   {', '.join(table.keys)}", ""]
    lines.append(f"{'column':<{width}}  {'n':>5}  {'min':>14}  {'mean':>14}  {'max':>14}  sha256")
    counts = {}
    for name, column in frame.items():
        counts[str(name)] = int(column.notna().sum())
        digest = hashlib.sha256(to_csv(column.to_frame()).encode()).hexdigest()[:SHA_SHOWN]
        if pd.api.types.is_numeric_dtype(column) and counts[str(name)]:
            low, mean, high = (f"{float(v):.8g}" for v in (column.min(), column.mean(), column.max()))
        else:
            low, mean, high = "", f"{column.nunique()} distinct", ""
        lines.append(f"{name:<{width}}  {counts[str(name)]:>5}  {low:>14}  {mean:>14}  {high:>14}  {digest}")
    return Log(inputs=inputs, sha256=sha, rows=len(frame), counts=counts, text="\n".join(lines) + "\n")


def read_log(path: Path) -> Log | None:
    """The log at ``path``, or None when there is none.

    Raises
    ------
    UnreadableFile
        The file is no log.
    """
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    head, _, body = text.partition("\n\n")
    fields = dict(line.split(":", 1) for line in head.splitlines() if ":" in line)
    try:
        counts = {line.split()[0]: int(line.split()[1]) for line in body.splitlines()[1:]}
        return Log(inputs=fields["inputs"].strip(), sha256=fields["sha256"].strip(), rows=int(fields["rows"]), counts=counts, text=text)
    except (KeyError, ValueError, IndexError) as error:
        raise UnreadableFile("the log of a table is damaged", where=relative(path), remedy="delete it and build again") from error


LICENCE = {"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/", "title": "Creative Commons Attribution 4.0"}
_TYPES = {"number": "number", "integer": "integer", "text": "string"}


def _field(variable: Variable, table: Table) -> dict[str, Any]:
    field: dict[str, Any] = {"name": variable.id, "type": _TYPES[variable.kind], "title": variable.name.en, "title_zh": variable.name.zh}
    for key, value in (
        ("unit", variable.unit.en),
        ("description", variable.definition.en),
        ("weak", variable.weak.en),
        ("formula", variable.derived),
    ):
        if value:
            field[key] = value
    if variable.sources:
        field["sources"] = list(variable.sources)
    constraints: dict[str, Any] = {"required": True} if variable.id in table.keys else {}
    if variable.range is not None:
        low, high = map(int, variable.range) if variable.kind == "integer" else variable.range
        constraints |= {"minimum": low, "maximum": high}
    if constraints:
        field["constraints"] = constraints
    return field


def _resource(table: Table, registry: Registry, log: Log, size: int) -> dict[str, Any]:
    order = [*table.keys, *(c for c in table.columns if c not in table.keys)]
    used = sorted({s for name in table.columns for s in registry.variables[name].sources})
    return {
        "name": table.id,
        "title": table.title.en,
        "title_zh": table.title.zh,
        "description": table.description.en,
        "path": f"{table.id}.csv",
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": size,
        "hash": f"sha256:{log.sha256}",
        "sources": [{"title": registry.sources[s].publication, "name": s} for s in used],
        "schema": {
            "fields": [_field(registry.variables[name], table) for name in order],
            "primaryKey": list(table.keys),
            "missingValues": [""],
        },
    }


def datapackage(registry: Registry, logs: Mapping[str, Log], sizes: Mapping[str, int]) -> dict[str, Any]:
    """The description of all tables as one mapping.

    Parameters
    ----------
    registry : the records.
    logs, sizes : log and number of bytes of the CSV, by table id.
    """
    used = sorted({s for table in registry.tables.values() for name in table.columns for s in registry.variables[name].sources})
    return {
        "name": "innovation-toolkit-data",
        "title": "Science, technology and industrial innovation in China: official figures by province and nation",
        "profile": "tabular-data-package",
        "licenses": [LICENCE],
        "sources": [
            {
                "name": s,
                "title": registry.sources[s].publication,
                "publisher": registry.sources[s].publisher,
                "years": registry.sources[s].years,
                "licence": registry.sources[s].licence,
            }
            for s in used
        ],
        "resources": [_resource(table, registry, logs[name], sizes[name]) for name, table in registry.tables.items()],
    }


def write_datapackage(registry: Registry, logs: Mapping[str, Log], folder: Path) -> None:
    """Write ``datapackage.json`` below ``folder``."""
    sizes = {name: (folder / f"{name}.csv").stat().st_size for name in logs}
    write_text(folder / "datapackage.json", json.dumps(datapackage(registry, logs, sizes), ensure_ascii=False, indent=1) + "\n")

"""datapackage.json: the processed tables described for other programs (Frictionless), generated from the registry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.data.store import Log
from toolkit.paths import write_text
from toolkit.registry import Registry, Table, Variable

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

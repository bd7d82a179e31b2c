"""The files of this folder become records, and every reference between them is checked."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from toolkit.errors import RegistryError
from toolkit.paths import relative
from toolkit.registry.claims import FILE, Claim, OfficialFigure, Paper, load_claims, load_official, load_papers
from toolkit.registry.read import entries, line_of, read_yaml
from toolkit.registry.records import RawFile, Source, TaxRule, Variable, make
from toolkit.registry.table_records import PARTS, Repair, Table, columns_of

FOLDER = Path(__file__).resolve().parent
KINDS: dict[str, type[Any]] = {"sources": Source, "raw_files": RawFile, "tables": Table, "variables": Variable}  # parts of a data set
UNKNOWN = "?"  # what an entry to paste has where a person must write


class Registry(msgspec.Struct, frozen=True):
    """All records, by id."""

    variables: dict[str, Variable]
    sources: dict[str, Source]
    raw_files: dict[str, RawFile]
    tables: dict[str, Table]
    corrections: dict[str, Repair]
    papers: dict[str, Paper]
    claims: dict[str, Claim]
    official: dict[str, OfficialFigure]
    tax: dict[str, TaxRule]


def _load_records(path: Path, content: Mapping[str, Any], kind: type[Any], *above: str) -> dict[str, Any]:
    """One record of ``kind`` for each entry; its key becomes the ``id``.

    Raises
    ------
    RegistryError
        Names file, line and entry of the first mistake.
    """
    return entries(path, content, lambda name, entry: make(kind, {**entry, "id": name}), *above)


def _parts(folder: Path) -> Iterator[tuple[str, Path, Mapping[str, Any], tuple[str, ...]]]:
    """(part, file, its entries, keys above them): files that hold one kind of record each, then those of one data set each.

    Raises
    ------
    RegistryError
        A file of several parts has one that is unknown, or the project has no variables.
    """
    yield "sources", folder / "sources.yaml", read_yaml(folder / "sources.yaml"), ()
    path = folder / "tables.yaml"
    content = read_yaml(path)
    if set(content) != {"raw_files", "tables"}:
        raise RegistryError("the file must have the two parts raw_files and tables", where=relative(path), remedy="restore them")
    yield from ((part, path, content[part], (part,)) for part in content)
    described = sorted((folder / "variables").glob("*.yaml"))
    if not described:
        raise RegistryError("no variable is described", where=relative(folder / "variables"), remedy="restore the files of the folder")
    yield from (("variables", path, read_yaml(path), ()) for path in described)
    for path in sorted((folder / "datasets").glob("*.yaml")):
        content = read_yaml(path)
        if not set(content) <= set(KINDS):
            what = f"the file may have the parts {', '.join(KINDS)}, not {', '.join(sorted(set(content) - set(KINDS)))}"
            raise RegistryError(what, where=relative(path), remedy="compare with toolkit/registry/datasets/international.yaml")
        _filled(path, content)
        yield from ((part, path, content[part], (part,)) for part in content)


def _filled(path: Path, content: Mapping[str, Any], *above: str) -> None:
    """Refuse a file in which a question mark of the entry to paste was left."""
    for key, value in content.items():
        if isinstance(value, dict):
            _filled(path, value, *above, str(key))
        elif value == UNKNOWN:
            where = f"{relative(path)}, line {line_of(path, *above, str(key))}, entry {'.'.join(above)}"
            raise RegistryError(f"{key} is still {UNKNOWN!r}", where=where, remedy="write what the publication says")


def gathered(folder: Path) -> tuple[dict[str, dict[str, Any]], dict[tuple[str, str], Path]]:
    """The records of every part by id, and the file that each (part, id) stands in.

    Raises
    ------
    RegistryError
        As :func:`_parts` and :func:`_load_records`; also for an id that two files have.
    """
    records: dict[str, dict[str, Any]] = {part: {} for part in KINDS}
    places: dict[tuple[str, str], Path] = {}
    for part, path, content, above in _parts(folder):
        for name, record in _load_records(path, content, KINDS[part], *above).items():
            if name in records[part]:
                where = f"{relative(path)} and {relative(places[part, name])}"
                raise RegistryError(f"{name!r} is written twice", where=where, remedy="keep one of them")
            records[part][name], places[part, name] = record, path
    return records, places


def load_registry(folder: Path = FOLDER) -> Registry:
    """Read and check the registry in ``folder``.

    Raises
    ------
    RegistryError
        Names the file and the entry: an unknown or missing field, an id written twice, a reference to an id that does not exist.

    Examples
    --------
    >>> load_registry().variables["gdp"].unit.en
    '100 million yuan'
    """
    paths = {name: folder / f"{name}.yaml" for name in ("corrections", "tax", "claims")}
    papers = load_papers(folder / "claims" / "papers.yaml")
    claims = load_claims(folder / "claims", papers)
    records, places = gathered(folder)
    registry = Registry(
        **records,
        corrections=_load_repairs(paths["corrections"]),
        tax=_load_records(paths["tax"], read_yaml(paths["tax"]), TaxRule),
        papers=papers,
        claims=claims,
        official=load_official(folder / FILE, claims),
    )
    _references(registry, paths, places)
    renamed = {name: raw_name for table in registry.tables.values() for raw_name, name in _renamed(table)}
    for name, variable in registry.variables.items():
        raw_name = renamed.get(name, "" if variable.derived else name)
        registry.variables[name] = replace(variable, raw_name=raw_name)
    return registry


def _load_repairs(path: Path) -> dict[str, Repair]:
    """The repairs of all kinds in one id space.

    Raises
    ------
    RegistryError
        A part is missing or unknown, or an id stands in two parts.
    """
    content = read_yaml(path)
    if set(content) != set(PARTS):
        raise RegistryError(f"the file must have the parts {', '.join(PARTS)}", where=relative(path), remedy="restore them")
    repairs: dict[str, Repair] = {}
    for part, kind in PARTS.items():
        for name, repair in _load_records(path, content[part], kind, part).items():
            if name in repairs:
                raise RegistryError(f"{name!r} is written twice", where=relative(path), remedy="keep one of them")
            repairs[name] = repair
    return repairs


def _renamed(table: Table) -> Iterator[tuple[str, str]]:
    yield from table.rename.items()
    for reading in table.readings.values():
        yield from reading.rename.items()


def _references(registry: Registry, paths: Mapping[str, Path], places: Mapping[tuple[str, str], Path]) -> None:
    def need(name: str, known: Mapping[str, Any], what: str, path: Path, entry: str) -> None:
        if name not in known:
            near = ", ".join(difflib.get_close_matches(name, list(known)))
            raise RegistryError(
                f"there is no {what} {name!r}" + (f" (near: {near})" if near else ""),
                where=f"{relative(path)}, entry {entry}",
                remedy=f"correct the reference, or add the {what}",
            )

    for claim in registry.claims.values():
        for name in getattr(claim.test, "figures", ()):
            need(name, registry.official, "official figure", paths["claims"], claim.id)
    for variable in registry.variables.values():
        for name in variable.sources:
            need(name, registry.sources, "source", places["variables", variable.id], variable.id)
    for table in registry.tables.values():
        path = places["tables", table.id]
        there = dict.fromkeys((*table.columns, *table.checked_only))
        for name in table.columns:
            need(name, registry.variables, "variable", path, table.id)
        for name in (*table.keys, *filter(None, (table.entity, table.time))):
            need(name, dict.fromkeys(table.columns), "column", path, table.id)
        for name in (*table.raw, *table.readings):
            need(name, registry.raw_files, "raw file", path, table.id)
        for _, name in _renamed(table):
            need(name, there, "column", path, table.id)
        for agreement in table.agreements:
            for name in (agreement.id, agreement.other):
                need(name, there, "column", path, f"{table.id}, agreement {agreement.id}")
        for check in table.checks:
            if check.total_table:
                need(check.total_table, registry.tables, "table", path, f"{table.id}, check {check.id}")
    for repair in registry.corrections.values():
        need(repair.table, registry.tables, "table", paths["corrections"], repair.id)
        table = registry.tables[repair.table]
        for name in columns_of(repair):
            need(name, dict.fromkeys((*table.columns, *table.checked_only)), "column", paths["corrections"], repair.id)


def digest(*records: object) -> str:
    """A short hash of records, stable between runs: their text representation holds all fields in order."""
    return hashlib.sha256("\n".join(map(repr, records)).encode()).hexdigest()[:16]

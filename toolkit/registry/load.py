"""The files of this folder become records, and every reference between them is checked."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

from toolkit.errors import RegistryError
from toolkit.paths import relative
from toolkit.registry.claims import load_claims, load_papers
from toolkit.registry.read import Entry, choice, entries, names, only, pair, read_yaml, two
from toolkit.registry.records import (
    Check,
    Correction,
    Mark,
    Month,
    RawFile,
    Registry,
    Source,
    Standing,
    Table,
    TaxGroup,
    TaxKind,
    TaxRule,
    Variable,
)

FOLDER = Path(__file__).resolve().parent
_MONTH = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])$")
_SHA = re.compile(r"^[0-9a-f]{64}$")


def _source(name: str, e: Entry) -> Source:
    only(e, "publication publication_zh publisher edition years notes licence standing")
    texts = {key: str(e[key]) for key in e if key != "standing"}
    standing = choice(e.get("standing", "official"), *get_args(Standing))
    return Source(id=name, standing=standing, **{"publication_zh": texts["publication"], **texts})


def _variable(name: str, e: Entry) -> Variable:
    only(e, "kind name short unit definition breaks break_years move_years range weak derived sources")
    full, short, unit, definition = two(e["name"]), two(e["short"]), two(e.get("unit")), two(e["definition"])
    breaks, weak = two(e.get("breaks")), two(e.get("weak"))
    low, high = pair(e["range"]) if "range" in e else (None, None)
    kind = choice(e.get("kind", "number"), "number", "integer", "text")
    if kind != "text" and low is None:
        raise ValueError("a number needs a range")
    return Variable(
        id=name,
        name_en=full.en,
        name_zh=full.zh,
        short_en=short.en,
        short_zh=short.zh,
        unit=unit.en,
        unit_zh=unit.zh,
        definition=definition.en,
        definition_zh=definition.zh,
        breaks=breaks.en,
        breaks_zh=breaks.zh,
        low=low,
        high=high,
        weak=weak.en,
        weak_zh=weak.zh,
        derived=e.get("derived", ""),
        sources=names(e.get("sources", [])),
        raw_name="" if "derived" in e else name,
        kind=kind,
        marks=_marks(e),
    )


def _marks(e: Entry) -> tuple[Mark, ...]:
    kinds: tuple[tuple[str, Literal["break", "move"]], ...] = (("break_years", "break"), ("move_years", "move"))
    marks = [Mark(_year(key, year), kind, two(text)) for key, kind in kinds for year, text in dict(e.get(key, {})).items()]
    if not all(mark.text.en and mark.text.zh for mark in marks):
        raise ValueError("a marked year needs a text in both languages: {2015: {en: ..., zh: ...}}")
    years = [mark.year for mark in marks]
    if len(set(years)) < len(years):
        raise ValueError("a year is marked as a break and as a move; keep one of them")
    return tuple(sorted(marks, key=lambda mark: mark.year))


def _year(key: str, year: object) -> int:
    if not isinstance(year, int) or isinstance(year, bool):
        raise ValueError(f"{key} must be a mapping of years to texts; {year!r} is no year")
    return year


def _raw_file(name: str, e: Entry) -> RawFile:
    only(e, "path sha256 title")
    if not _SHA.match(str(e["sha256"])):
        raise ValueError(f"sha256 {e['sha256']!r} must be 64 hexadecimal digits")
    return RawFile(name, e["path"], e["sha256"], two(e["title"]))


def _check(e: Entry) -> Check:
    only(e, "id parts total total_table scale years gap bounds empty_parts reason")
    low, high = pair(e["bounds"])
    years = tuple(int(y) for y in e["years"]) if "years" in e else None
    if years is not None and len(years) != 2:
        raise ValueError(f"years of check {e['id']} must be [first, last]")
    return Check(
        id=e["id"],
        parts=names(e["parts"]),
        total=e["total"],
        gap=choice(e["gap"], "percent", "units"),
        low=low,
        high=high,
        reason=e["reason"],
        total_table=e.get("total_table", ""),
        scale=float(e.get("scale", 1.0)),
        years=years,
        empty_parts=choice(e.get("empty_parts", "refused"), "refused", "allowed"),
    )


def _table(name: str, e: Entry) -> Table:
    only(e, "title description raw keys entity time rename checked_only columns checks")
    return Table(
        id=name,
        title=two(e["title"]),
        description=two(e["description"]),
        raw=names(e["raw"]),
        keys=names(e["keys"]),
        columns=names(e["columns"]),
        entity=e.get("entity", ""),
        time=e.get("time", ""),
        rename=tuple(e.get("rename", {}).items()),
        checked_only=names(e.get("checked_only", [])),
        checks=tuple(_check(c) for c in e.get("checks", [])),
    )


def _correction(name: str, e: Entry) -> Correction:
    only(e, "table entity time variable expected value reason")
    value = None if e["value"] == "missing" else float(e["value"])
    return Correction(name, e["table"], e["entity"], int(e["time"]), e["variable"], float(e["expected"]), value, e["reason"])


def _month(value: Any) -> Month:
    found = _MONTH.match(str(value))
    if found is None:
        raise ValueError(f"{value!r} must be a month such as '2018-01'")
    return int(found[1]), int(found[2])


def _tax(name: str, e: Entry) -> TaxRule:
    only(e, "kind group rate first last document read")
    kind, group = choice(e["kind"], *get_args(TaxKind)), choice(e["group"], *get_args(TaxGroup))
    rate, first, last = float(e["rate"]), _month(e["first"]), _month(e["last"]) if "last" in e else None
    if not 0 < rate < (1 if kind == "tax_rate" else 3):
        raise ValueError(f"rate {rate:g} must be a fraction, such as 0.25")
    if last is not None and last < first:
        raise ValueError(f"the last month {e['last']} lies before the first, {e['first']}")
    if not str(e["read"]).strip():
        raise ValueError("read must say where the value was read")
    return TaxRule(name, kind, group, rate, first, last, two(e["document"]), str(e["read"]))


def load_registry(folder: Path = FOLDER) -> Registry:
    """Read and check the registry in ``folder``.

    Raises
    ------
    RegistryError
        Names the file and the entry: an unknown or missing field, an id written twice, a reference to an id that does not exist.

    Examples
    --------
    >>> load_registry().variables["gdp"].unit
    '100 million yuan'
    """
    paths = {name: folder / f"{name}.yaml" for name in ("sources", "variables", "tables", "corrections", "tax")}
    files = read_yaml(paths["tables"])
    if set(files) != {"raw_files", "tables"}:
        raise RegistryError("the file must have the two parts raw_files and tables", where=relative(paths["tables"]), remedy="restore them")
    papers = load_papers(folder / "claims" / "papers.yaml")
    registry = Registry(
        variables=entries(paths["variables"], read_yaml(paths["variables"]), _variable),
        sources=entries(paths["sources"], read_yaml(paths["sources"]), _source),
        raw_files=entries(paths["tables"], files["raw_files"], _raw_file, "raw_files"),
        tables=entries(paths["tables"], files["tables"], _table, "tables"),
        corrections=entries(paths["corrections"], read_yaml(paths["corrections"]), _correction),
        papers=papers,
        claims=load_claims(folder / "claims", papers),
        tax=entries(paths["tax"], read_yaml(paths["tax"]), _tax),
    )
    _references(registry, paths)
    for table in registry.tables.values():
        for raw_name, name in table.rename:
            registry.variables[name] = replace(registry.variables[name], raw_name=raw_name)
    return registry


def _references(registry: Registry, paths: Mapping[str, Path]) -> None:
    def need(name: str, known: Mapping[str, Any], what: str, path: Path, entry: str) -> None:
        if name not in known:
            near = ", ".join(difflib.get_close_matches(name, list(known)))
            raise RegistryError(
                f"there is no {what} {name!r}" + (f" (near: {near})" if near else ""),
                where=f"{relative(path)}, entry {entry}",
                remedy=f"correct the reference, or add the {what}",
            )

    for variable in registry.variables.values():
        for name in variable.sources:
            need(name, registry.sources, "source", paths["variables"], variable.id)
    for table in registry.tables.values():
        for name in (*table.columns, *(new for _, new in table.rename)):
            need(name, registry.variables, "variable", paths["tables"], table.id)
        for name in (*table.keys, *filter(None, (table.entity, table.time))):
            need(name, dict.fromkeys(table.columns), "column", paths["tables"], table.id)
        for name in table.raw:
            need(name, registry.raw_files, "raw file", paths["tables"], table.id)
        for check in table.checks:
            if check.total_table:
                need(check.total_table, registry.tables, "table", paths["tables"], f"{table.id}, check {check.id}")
    for correction in registry.corrections.values():
        need(correction.table, registry.tables, "table", paths["corrections"], correction.id)
        need(correction.variable, dict.fromkeys(registry.tables[correction.table].columns), "column", paths["corrections"], correction.id)


def digest(*records: object) -> str:
    """A short hash of records, stable between runs: their text representation holds all fields in order."""
    return hashlib.sha256("\n".join(map(repr, records)).encode()).hexdigest()[:16]

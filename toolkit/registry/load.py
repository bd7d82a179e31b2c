"""The only door to YAML: the files of this folder become records, and every reference between them is checked."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml

from toolkit.errors import RegistryError
from toolkit.language import Text
from toolkit.paths import relative
from toolkit.registry.records import Check, Claim, Correction, Month, RawFile, Registry, Source, Table, TaxGroup, TaxKind, TaxRule, Variable

FOLDER = Path(__file__).resolve().parent
_ID = re.compile(r"^[A-Za-z][A-Za-z0-9_]*$")
_MONTH = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])$")
_SHA = re.compile(r"^[0-9a-f]{64}$")
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Record = TypeVar("Record")
Entry = Mapping[str, Any]


class _Loader(_Base):  # type: ignore[misc]
    """A safe loader that refuses a key that is written twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping whose keys are unique."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = key_node.value
            if key in seen:
                raise RegistryError(
                    f"{key!r} is written twice",
                    where=f"{relative(Path(key_node.start_mark.name))}, line {key_node.start_mark.line + 1}",
                    remedy="keep one of them",
                )
            seen.add(key)
        return dict(super().construct_mapping(node, deep))


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping at the top of a YAML file.

    Raises
    ------
    RegistryError
        The file is missing, no valid YAML, no mapping, or has a key twice.
    """
    where = relative(path)
    try:
        with path.open("rb") as stream:
            content = yaml.load(stream, Loader=_Loader)
    except FileNotFoundError:
        raise RegistryError("a file of the registry is missing", where=where, remedy="restore it") from None
    except yaml.YAMLError as error:
        raise RegistryError(f"not valid YAML: {' '.join(str(error).split())}", where=where, remedy="correct the line named") from error
    if not isinstance(content, dict):
        raise RegistryError("the file must be a mapping of ids to entries", where=where, remedy="start each entry with its id and a colon")
    return content


def _entries(path: Path, content: Mapping[str, Any], make: Callable[[str, Entry], Record]) -> dict[str, Record]:
    records = {}
    for name, entry in content.items():
        where = f"{relative(path)}, entry {name}"
        if not isinstance(name, str) or not _ID.match(name):
            raise RegistryError(f"{name!r} is no id", where=where, remedy="use letters, digits and underscores, a letter first")
        if not isinstance(entry, dict):
            raise RegistryError("an entry must be a mapping", where=where, remedy="indent its fields below the id")
        try:
            records[name] = make(name, entry)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            detail = f"field {error} is missing" if isinstance(error, KeyError) else str(error)
            raise RegistryError(f"malformed entry: {detail}", where=where, remedy="compare with a neighbouring entry") from error
    return records


def _only(entry: Entry, allowed: str) -> None:
    names = allowed.split()
    for key in entry:
        if key not in names:
            raise ValueError(f"unknown field {key!r}; allowed are {', '.join(names)}")


def _two(value: Any) -> Text:
    if value is None:
        return Text("", "")
    if not isinstance(value, dict) or set(value) != {"en", "zh"} or not all(isinstance(v, str) for v in value.values()):
        raise ValueError(f"{value!r} must be a text in both languages, {{en: ..., zh: ...}}")
    return Text(value["en"], value["zh"])


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ValueError(f"{value!r} must be a list of names")
    if len(set(value)) != len(value):
        raise ValueError(f"a name occurs twice in {value!r}")
    return tuple(value)


def _pair(value: Any) -> tuple[float, float]:
    low, high = (float(v) for v in value)
    if low > high:
        raise ValueError(f"the lower bound {low:g} exceeds the upper bound {high:g}")
    return low, high


def _choice(value: Any, *allowed: str) -> Any:
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
    return value


def _source(name: str, e: Entry) -> Source:
    _only(e, "publication publication_zh publisher edition years notes licence")
    texts = {key: str(e[key]) for key in e}
    return Source(id=name, **{"publication_zh": texts["publication"], **texts})


def _variable(name: str, e: Entry) -> Variable:
    _only(e, "kind name short unit definition breaks break_years range weak derived sources")
    full, short, unit, definition = _two(e["name"]), _two(e["short"]), _two(e.get("unit")), _two(e["definition"])
    breaks, weak = _two(e.get("breaks")), _two(e.get("weak"))
    low, high = _pair(e["range"]) if "range" in e else (None, None)
    kind = _choice(e.get("kind", "number"), "number", "integer", "text")
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
        sources=_names(e.get("sources", [])),
        raw_name="" if "derived" in e else name,
        kind=kind,
        break_years=tuple(int(y) for y in e.get("break_years", ())),
    )


def _raw_file(name: str, e: Entry) -> RawFile:
    _only(e, "path sha256 title")
    if not _SHA.match(str(e["sha256"])):
        raise ValueError(f"sha256 {e['sha256']!r} must be 64 hexadecimal digits")
    return RawFile(name, e["path"], e["sha256"], _two(e["title"]))


def _check(e: Entry) -> Check:
    _only(e, "id parts total total_table scale years gap bounds empty_parts reason")
    low, high = _pair(e["bounds"])
    years = tuple(int(y) for y in e["years"]) if "years" in e else None
    if years is not None and len(years) != 2:
        raise ValueError(f"years of check {e['id']} must be [first, last]")
    return Check(
        id=e["id"],
        parts=_names(e["parts"]),
        total=e["total"],
        gap=_choice(e["gap"], "percent", "units"),
        low=low,
        high=high,
        reason=e["reason"],
        total_table=e.get("total_table", ""),
        scale=float(e.get("scale", 1.0)),
        years=years,
        empty_parts=_choice(e.get("empty_parts", "refused"), "refused", "allowed"),
    )


def _table(name: str, e: Entry) -> Table:
    _only(e, "title description raw keys entity time rename checked_only columns checks")
    return Table(
        id=name,
        title=_two(e["title"]),
        description=_two(e["description"]),
        raw=_names(e["raw"]),
        keys=_names(e["keys"]),
        columns=_names(e["columns"]),
        entity=e.get("entity", ""),
        time=e.get("time", ""),
        rename=tuple(e.get("rename", {}).items()),
        checked_only=_names(e.get("checked_only", [])),
        checks=tuple(_check(c) for c in e.get("checks", [])),
    )


def _correction(name: str, e: Entry) -> Correction:
    _only(e, "table entity time variable expected value reason")
    value = None if e["value"] == "missing" else float(e["value"])
    return Correction(name, e["table"], e["entity"], int(e["time"]), e["variable"], float(e["expected"]), value, e["reason"])


def _claim(name: str, e: Entry) -> Claim:
    _only(e, "paper section statement value unit")
    return Claim(name, e["paper"], e["section"], _two(e["statement"]), float(e["value"]), _two(e["unit"]))


def _month(value: Any) -> Month:
    found = _MONTH.match(str(value))
    if found is None:
        raise ValueError(f"{value!r} must be a month such as '2018-01'")
    return int(found[1]), int(found[2])


def _tax(name: str, e: Entry) -> TaxRule:
    _only(e, "kind group rate first last document read")
    kind, group = _choice(e["kind"], *get_args(TaxKind)), _choice(e["group"], *get_args(TaxGroup))
    rate, first, last = float(e["rate"]), _month(e["first"]), _month(e["last"]) if "last" in e else None
    if not 0 < rate < (1 if kind == "tax_rate" else 3):
        raise ValueError(f"rate {rate:g} must be a fraction, such as 0.25")
    if last is not None and last < first:
        raise ValueError(f"the last month {e['last']} lies before the first, {e['first']}")
    if not str(e["read"]).strip():
        raise ValueError("read must say where the value was read")
    return TaxRule(name, kind, group, rate, first, last, _two(e["document"]), str(e["read"]))


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
    paths = {name: folder / f"{name}.yaml" for name in ("sources", "variables", "tables", "corrections", "claims", "tax")}
    files = read_yaml(paths["tables"])
    if set(files) != {"raw_files", "tables"}:
        raise RegistryError("the file must have the two parts raw_files and tables", where=relative(paths["tables"]), remedy="restore them")
    registry = Registry(
        variables=_entries(paths["variables"], read_yaml(paths["variables"]), _variable),
        sources=_entries(paths["sources"], read_yaml(paths["sources"]), _source),
        raw_files=_entries(paths["tables"], files["raw_files"], _raw_file),
        tables=_entries(paths["tables"], files["tables"], _table),
        corrections=_entries(paths["corrections"], read_yaml(paths["corrections"]), _correction),
        claims=_entries(paths["claims"], read_yaml(paths["claims"]), _claim),
        tax=_entries(paths["tax"], read_yaml(paths["tax"]), _tax),
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

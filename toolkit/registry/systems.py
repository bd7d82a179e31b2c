"""Indicator systems as data: a scheme of systems, dimensions and indicators, ours or a user's own, checked line by line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from toolkit.arithmetic import parse
from toolkit.errors import RegistryError, UnknownName
from toolkit.language import Text
from toolkit.paths import relative
from toolkit.registry import registry
from toolkit.registry.read import Entry, entries, line_of, read_yaml
from toolkit.registry.records import NOTHING, Record, make
from toolkit.registry.scheme import FUNCTIONS, Dimension, Direction, Indicator, Scheme, System, near

OURS = Path(__file__).resolve().parent / "systems.yaml"
RESERVED = ("c", "t", "d", "grade")  # columns that an index has beside the scores of its systems
TEXTS = ("name", "unit", "definition", "limits", "missing")


def read_scheme(path: str | Path) -> Scheme:
    """Read and check a user's own indicator system; its variables are columns of the user's data.

    The file names at least one system with at least one indicator; everything else may be left out::

        systems:
          science:
            indicators:
              rd_intensity: 100 * rd / gdp
              patents: patents / population
          industry:
            indicators:
              new_products: new_product_sales / revenue
              energy: {variable: energy / gdp, direction: negative, name: {en: Energy use, zh: 能源消耗}, unit: tonnes}

    Systems and indicators take ``name`` (one text, or one in each language); a system may have ``dimensions`` with ``indicators`` in each.

    Raises
    ------
    RegistryError
        Names file and line of the first mistake.
    """
    file = Path(path)
    if not file.is_file():
        raise RegistryError("there is no such file", where=relative(file), remedy="correct the path; the file ends in .yaml or .yml")
    return _scheme(file, file.stem, read_yaml(file), ())


@cache
def schemes() -> dict[str, Scheme]:
    """The indicator systems of the project, by id, read and checked once.

    Examples
    --------
    >>> [system.name.zh for system in schemes()["two_innovations"].systems]
    ['科技创新', '产业创新']
    """
    return read_schemes(OURS)


def read_schemes(path: Path) -> dict[str, Scheme]:
    """All schemes of a file of the registry: id → scheme. Their variables must be those of the codebook.

    Raises
    ------
    RegistryError
        Names file and line of the first mistake.
    """
    found = entries(path, read_yaml(path), lambda name, entry: _scheme(path, name, entry, (name,)))
    for scheme in found.values():
        if scheme.table not in registry().tables:
            raise _error(f"there is no table {scheme.table!r}", "name a table of tables.yaml", path, scheme.id, "table")
        columns = registry().tables[scheme.table].columns
        for indicator in scheme.indicators:
            for name in indicator.expression.names:
                if name not in columns:
                    what = f"the table {scheme.table} has no variable {name!r}{near(name, columns)}"
                    raise RegistryError(what, where=scheme.where(indicator), remedy="correct the name")
    return found


def load_scheme(name: str | Path) -> Scheme:
    """An indicator system of the project by its name, or a user's own by the path of its file (``.yaml`` or ``.yml``).

    Raises
    ------
    UnknownName
        When the project has no scheme of this name.
    RegistryError
        Names file and line of a mistake in a user's file.

    Examples
    --------
    >>> load_scheme("four_chains").name.zh
    '四链融合'
    """
    if isinstance(name, Path) or str(name).lower().endswith((".yaml", ".yml")):
        return read_scheme(name)
    if name not in schemes():
        raise UnknownName(
            f"there is no indicator system {name!r}{near(str(name), schemes())}",
            where=f"the project has {', '.join(schemes())}",
            remedy="use one of them, or pass the path of your own .yaml file",
        )
    return schemes()[name]


def _error(what: str, remedy: str, path: Path, *keys: str) -> RegistryError:
    return RegistryError(what, where=f"{relative(path)}, line {line_of(path, *keys)}", remedy=remedy)


class _Indicator(Record, frozen=True):
    variable: str
    direction: Direction = "positive"
    name: Text = NOTHING
    unit: Text = NOTHING


class _Dimension(Record, frozen=True):
    indicators: Any
    name: Text = NOTHING
    definition: Text = NOTHING


class _System(Record, frozen=True):
    indicators: Any = None
    dimensions: Any = None
    name: Text = NOTHING
    definition: Text = NOTHING


class _Scheme(Record, frozen=True):
    systems: Any
    name: Text = NOTHING
    years: tuple[int, int] | None = None
    table: str = ""
    limits: Text = NOTHING
    missing: Text = NOTHING

    def __post_init__(self) -> None:
        if self.years and self.years[0] > self.years[1]:
            raise ValueError(f"years {list(self.years)!r} must be [first, last]")


def _read(kind: type[Any], entry: Mapping[str, Any]) -> Any:
    """The fields of an entry; a text given once is the same in both languages. What lies below is read from the file itself."""
    fields: dict[str, Any] = {}
    for key, value in entry.items():
        if key in TEXTS and not isinstance(value, (str, dict)):
            raise ValueError(f"{key} {value!r}: must be a text, or a text in both languages, {{en: ..., zh: ...}}")
        fields[key] = {"en": value, "zh": value} if key in TEXTS and isinstance(value, str) else value
    return make(kind, fields)


def _scheme(path: Path, name: str, content: Mapping[str, Any], above: tuple[str, ...]) -> Scheme:
    try:
        read = _read(_Scheme, content)
    except ValueError as problem:
        field = next((key for key in content if re.search(rf"\b{re.escape(str(key))}\b", str(problem).split(";")[0])), "")
        raise _error(f"malformed entry: {problem}", "compare with the example in read_scheme", path, *above, str(field)) from problem
    scheme = Scheme(
        id=name,
        name=_named(read, name),
        systems=_systems(path, content, above),
        years=read.years,
        table=read.table,
        limits=read.limits,
        missing=read.missing,
        path=path,
        above=above,
    )
    _unique(scheme)
    return scheme


def _named(read: Any, name: str) -> Text:
    found: Text = read.name if read.name.en else Text(name, name)
    return found


def _part(path: Path, content: Mapping[str, Any], key: str, above: tuple[str, ...]) -> Mapping[str, Any]:
    inner = content.get(key)
    if not isinstance(inner, dict) or not inner:
        raise _error(f"{key} must be a mapping of at least one id", f"list them below {key}:", path, *above, key)
    return inner


def _systems(path: Path, content: Mapping[str, Any], above: tuple[str, ...]) -> tuple[System, ...]:
    keys = (*above, "systems")

    def system(name: str, e: Entry) -> System:
        read, here = _read(_System, e), (*keys, name)
        title = _named(read, name)
        if name in RESERVED:
            raise ValueError(f"no system can be called {name}, which is a column of the index")
        if ("dimensions" in e) == ("indicators" in e):
            raise ValueError("a system has either dimensions or indicators")
        if "indicators" in e:
            return System(name, title, (Dimension(name, title, _indicators(path, e, here)),), read.definition)
        inner, under = _part(path, e, "dimensions", here), (*here, "dimensions")
        if name in inner:
            raise ValueError("a dimension has the id of its system")
        dimensions = entries(path, inner, lambda d, f: _dimension(path, d, f, (*under, d)), *under)
        return System(name, title, tuple(dimensions.values()), read.definition)

    return tuple(entries(path, _part(path, content, "systems", above), system, *keys).values())


def _dimension(path: Path, name: str, e: Entry, above: tuple[str, ...]) -> Dimension:
    read = _read(_Dimension, e)
    return Dimension(name, _named(read, name), _indicators(path, e, above), read.definition)


def _indicators(path: Path, content: Mapping[str, Any], above: tuple[str, ...]) -> tuple[Indicator, ...]:
    inner = {name: {"variable": e} if isinstance(e, str) else e for name, e in _part(path, content, "indicators", above).items()}
    return tuple(entries(path, inner, _indicator, *above, "indicators").values())


def _indicator(name: str, e: Entry) -> Indicator:
    read = _read(_Indicator, e)
    expression = parse(read.variable, FUNCTIONS)
    if not expression.names:
        raise ValueError(f"{read.variable!r} names no variable")
    return Indicator(id=name, name=_named(read, name), unit=read.unit, direction=read.direction, expression=expression)


def _unique(scheme: Scheme) -> None:
    """One space of ids: a name of a part means one thing."""
    seen: set[str] = set()
    for system in scheme.systems:
        parts: list[tuple[str, ...]] = [(system.id,)]
        for d in system.dimensions:
            inner = (system.id,) if d.id == system.id else (system.id, "dimensions", d.id)
            parts += [inner] if d.id != system.id else []
            parts += [(*inner, "indicators", i.id) for i in d.indicators]
        for keys in parts:
            if keys[-1] in seen:
                remedy = "give each system, dimension and indicator an id of its own"
                raise _error(f"the id {keys[-1]!r} is used twice in the scheme", remedy, scheme.path, *scheme.above, "systems", *keys)
            seen.add(keys[-1])

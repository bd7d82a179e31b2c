"""What a user says of his own columns: the schema a file is checked against, and the names and units under which it is shown.

One YAML file holds both, so that a column is described once::

    entity: province
    time: year
    columns:
      rd_intensity: {name: {en: R&D intensity, zh: 研发强度}, unit: "%", range: [0, 15], missing: refused}
      sector: {type: text, values: [steel, chips]}

A table of the registry is a schema by its name.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, Literal

import msgspec

from toolkit.errors import RegistryError, UnknownName
from toolkit.language import Text
from toolkit.origin import Origin
from toolkit.paths import relative
from toolkit.registry.read import line_of, read_yaml
from toolkit.registry.records import NOTHING, Kind, Record, make, ordered

Choice = Literal["allowed", "refused"]
_PREFIX = "schema "


class SchemaColumn(Record, frozen=True):
    """One column of a user's file.

    Attributes
    ----------
    name, unit : shown in tables and figures, in one text or one for each language; without a name the column's own.
    type : ``number``, ``integer`` or ``text``.
    range : smallest and largest value.
    missing : whether a cell may be empty.
    unique : whether each value occurs once.
    values : all that may stand in the column.
    """

    name: Text = NOTHING
    unit: Text = NOTHING
    type: Kind = "number"
    range: tuple[float, float] | None = None
    missing: Choice = "allowed"
    unique: bool = False
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.range is not None:
            ordered(self.range)
            if self.type == "text":
                raise ValueError("a text has no range; list its values instead")


class Schema(Record, frozen=True):
    """The columns of a file.

    Attributes
    ----------
    id : name of the registry's table, or the path of the user's file.
    entity, time : the two keys, whose pairs are unique.
    columns : by name.
    absent : whether a file may lack some of them.
    others : whether it may have further ones.
    """

    id: str
    entity: str
    time: str
    columns: dict[str, SchemaColumn] = msgspec.field(default_factory=dict)
    absent: Choice = "refused"
    others: Choice = "allowed"

    @property
    def origin(self) -> Origin:
        """What a panel is marked with whose columns are these."""
        return f"{_PREFIX}{self.id}"


def read_schema(path: str | Path) -> Schema:
    """Read and check a user's schema.

    Raises
    ------
    RegistryError
        Names file, line and column of the first mistake.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "schema.yaml"
    >>> _ = file.write_text("entity: firm\\ntime: year\\ncolumns:\\n  rd: {unit: '%', range: [0, 100]}\\n", encoding="utf-8")
    >>> read_schema(file).columns["rd"].unit.zh
    '%'
    """
    path = Path(path).resolve()
    content = read_yaml(path)
    columns = content.get("columns", {})
    if not isinstance(columns, dict):
        raise RegistryError("columns must be a mapping of names", where=f"{relative(path)}, line {line_of(path, 'columns')}")
    made = {str(name): _made(path, SchemaColumn, _bilingual(entry), "columns", str(name)) for name, entry in columns.items()}
    schema: Schema = _made(path, Schema, {**content, "id": relative(path), "columns": {}})
    return msgspec.structs.replace(schema, columns=made)


def find_schema(name: str | Path) -> Schema:
    """The schema of a table of the registry by its name, or of a user's file by its path (``.yaml`` or ``.yml``).

    Raises
    ------
    UnknownName
        There is no such table; near matches are listed.
    RegistryError
        As :func:`read_schema`.

    Examples
    --------
    >>> find_schema("provincial_panel").columns["rd_intensity"].unit.en
    '%'
    """
    from toolkit.registry import registry

    if str(name).lower().endswith((".yaml", ".yml")):
        return read_schema(name)
    panels = {table.id: table for table in registry().tables.values() if table.entity and table.time}
    if str(name) not in panels:
        near = difflib.get_close_matches(str(name), panels) or panels
        raise UnknownName(
            f"there is no schema {str(name)!r}", remedy=f"use the path of a .yaml file, or a table of the registry: {', '.join(near)}"
        )
    table, known = panels[str(name)], registry().variables
    columns = {
        column: SchemaColumn(
            name=known[column].short,
            unit=known[column].unit,
            type=known[column].kind,
            range=known[column].range,
            missing="refused" if column in table.keys else "allowed",
        )
        for column in table.columns
    }
    return Schema(id=table.id, entity=table.entity, time=table.time, columns=columns, absent="allowed")


def schema_of(origin: str) -> Schema | None:
    """The user's schema that a panel of this origin was read with; None for other origins, and where the file is gone."""
    path = origin.removeprefix(_PREFIX)
    if path == origin or not path.lower().endswith((".yaml", ".yml")):
        return None
    from toolkit.paths import ROOT

    file = ROOT / path
    return read_schema(file) if file.is_file() else None


def _bilingual(entry: Any) -> Any:
    """An entry whose plain names serve for both languages; nothing at all is an entry without wishes."""
    if entry is None:
        return {}
    if not isinstance(entry, dict):
        return entry
    return {
        key: {"en": value, "zh": value} if key in ("name", "unit") and isinstance(value, str) else value for key, value in entry.items()
    }


def _made(path: Path, kind: type[Any], entry: Any, *keys: str) -> Any:
    try:
        return make(kind, entry)
    except ValueError as error:
        at = f", column {keys[-1]}" if keys else ""
        raise RegistryError(
            f"malformed schema: {error}",
            where=f"{relative(path)}, line {line_of(path, *keys)}{at}",
            remedy="write entity, time and columns; a column takes name, unit, type, range, missing, unique and values",
        ) from error

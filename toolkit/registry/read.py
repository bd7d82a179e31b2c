"""The only door to YAML: a file of the registry becomes mappings, its fields are checked, and every mistake is named with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from toolkit.errors import RegistryError
from toolkit.paths import relative

_ID = re.compile(r"^[A-Za-z][A-Za-z0-9_]*$")
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LARGEST = 10_000_000
_DEEPEST = 30
Record = TypeVar("Record")
Entry = Mapping[str, Any]


class _Loader(_Base):  # type: ignore[misc]
    """A safe loader that refuses a key that is written twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping whose keys are unique."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
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
        The file is missing, no valid YAML, no mapping, has a key twice or a tag of Python, repeats parts by reference, or is too
        large or too deep.
    """
    where = relative(path)
    try:
        _refuse_hostile(path, where)
        with path.open("rb") as stream:
            content = yaml.load(stream, Loader=_Loader)
    except FileNotFoundError:
        raise RegistryError("a file of the registry is missing", where=where, remedy="restore it") from None
    except yaml.reader.ReaderError as error:
        raise RegistryError(f"not a text in UTF-8: {error.reason}", where=where, remedy="save the file with the encoding UTF-8") from error
    except (yaml.YAMLError, ValueError) as error:  # a number of too many digits, a date that does not exist
        raise RegistryError(f"not valid YAML: {' '.join(str(error).split())}", where=where, remedy="correct the line named") from error
    if not isinstance(content, dict):
        raise RegistryError("the file must be a mapping of ids to entries", where=where, remedy="start each entry with its id and a colon")
    return content


def _refuse_hostile(path: Path, where: str) -> None:
    """Look at the events of a file before anything is made of them: aliases multiply, and depth ends the interpreter."""
    if path.stat().st_size > _LARGEST:
        raise RegistryError(f"the file is larger than {_LARGEST:,} bytes", where=where, remedy="put data into a CSV file, not into YAML")
    depth = 0
    event: Any
    with path.open("rb") as stream:
        for event in yaml.parse(stream, Loader=_Base):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST or isinstance(event, yaml.AliasEvent):
                what = f"more than {_DEEPEST} levels" if depth > _DEEPEST else f"a reference, *{event.anchor}"
                place = f"{where}, line {event.start_mark.line + 1}"
                raise RegistryError(f"the file has {what}", where=place, remedy="write the entry in full")


def line_of(path: Path, *keys: str | int) -> int:
    """The line where the entry at the end of ``keys`` starts, or its nearest parent that exists; for messages, so the file is read anew.

    Parameters
    ----------
    path : a YAML file that :func:`read_yaml` accepts.
    keys : names in mappings and positions in lists, from the top.
    """
    with path.open("rb") as stream:
        node: Any = yaml.compose(stream, Loader=_Base)
    line = int(node.start_mark.line) + 1
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            found = next(((name, value) for name, value in node.value if name.value == str(key)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            found = (node.value[key], node.value[key])
        else:
            found = None
        if found is None:
            break
        line, node = int(found[0].start_mark.line) + 1, found[1]
    return line


def lines_of(path: Path) -> dict[str, int]:
    """The line of every key at the top of a file, in one reading."""
    with path.open("rb") as stream:
        node: Any = yaml.compose(stream, Loader=_Base)
    return {str(key.value): int(key.start_mark.line) + 1 for key, _ in node.value}


def _refused(what: str, remedy: str, path: Path, *keys: str) -> RegistryError:
    return RegistryError(what, where=f"{relative(path)}, line {line_of(path, *keys)}, entry {keys[-1]}", remedy=remedy)


def entries(path: Path, content: Mapping[str, Any], make: Callable[[str, Entry], Record], *above: str) -> dict[str, Record]:
    """One record for each entry of a mapping; ``above`` are the keys on the way from the top of the file to it.

    Raises
    ------
    RegistryError
        Names file, line and entry of the first one that ``make`` refuses, or whose id is no name.
    """
    records = {}
    for name, entry in content.items():
        if not isinstance(name, str) or not _ID.match(name):
            raise _refused(f"{name!r} is no id", "use letters, digits and underscores, a letter first", path, *above, str(name))
        if not isinstance(entry, dict):
            raise _refused("an entry must be a mapping", "indent its fields below the id", path, *above, name)
        try:
            records[name] = make(name, entry)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            detail = f"field {error} is missing" if isinstance(error, KeyError) else str(error)
            raise _refused(f"malformed entry: {detail}", "compare with a neighbouring entry", path, *above, name) from error
    return records

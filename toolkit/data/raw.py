"""Raw files: the bytes on disk are the ones the registry describes, or nothing is read; a file that it does not name is reported."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

from toolkit.errors import RawFileChanged, RawFileMissing, UnreadableFile
from toolkit.paths import DATA_RAW, relative
from toolkit.registry import RawFile, Registry, registry
from toolkit.registry.load import UNKNOWN


@dataclass(frozen=True)
class RawFolder:
    """The raw folder together with the registry that describes it.

    Examples
    --------
    >>> RawFolder().rows("provinces")[0]["name_en"]
    'Beijing'
    """

    root: Path = DATA_RAW
    registry_used: Registry | None = None

    @property
    def registry(self) -> Registry:
        """The registry in use."""
        return self.registry_used if self.registry_used is not None else registry()

    def path(self, name: str) -> Path:
        """Where the raw file with id ``name`` stands."""
        return self.root / self.registry.raw_files[name].path

    def label(self, name: str) -> str:
        """The path as shown to a reader."""
        return relative(self.path(name))

    def content(self, name: str) -> bytes:
        """The verified bytes of the raw file with id ``name``.

        Raises
        ------
        RawFileMissing, RawFileChanged
        """
        return verified(self.path(name), self.registry.raw_files[name])

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows of a verified UTF-8 CSV file, every cell as text."""
        try:
            text = self.content(name).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UnreadableFile(
                f"byte {error.start} is no UTF-8",
                where=self.label(name),
                remedy="save the file as UTF-8, and update its sha256 in tables.yaml",
            ) from error
        return list(csv.DictReader(io.StringIO(text)))


def verified(path: Path, record: RawFile) -> bytes:
    """The bytes of ``path`` when their sha256 is the recorded one."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise RawFileMissing(
            f"raw file {record.id} is not on disk", where=relative(path), remedy="restore it from the repository: git checkout -- data_raw"
        ) from None
    found = hashlib.sha256(content).hexdigest()
    if found != record.sha256:
        raise RawFileChanged(
            f"raw file {record.id} has changed: its sha256 begins with {found[:12]}, the registry has {record.sha256[:12]}",
            where=relative(path),
            remedy="restore it (git checkout -- data_raw); if the change is meant, write the new sha256 into toolkit/registry/tables.yaml "
            "and say in the folder's README what changed",
        )
    return content


BESIDE = {"README.md", "LICENSES.md", "LICENSE", "CHECKSUMS.sha256"}  # they describe a raw folder
_BOTH = f'{{en: "{UNKNOWN}", zh: "{UNKNOWN}"}}'


def unlisted(raw: RawFolder) -> dict[str, str]:
    """Path of each raw file that the registry does not name, as it is shown to a reader, and what to paste where.

    Examples
    --------
    >>> unlisted(RawFolder())
    {}
    """
    listed = {raw.root / record.path for record in raw.registry.raw_files.values()}
    files = (path for path in sorted(raw.root.rglob("*")) if path.is_file() and path.name not in BESIDE and not path.name.startswith("."))
    return {relative(path): _to_paste(path, raw) for path in files if path not in listed}


def _to_paste(path: Path, raw: RawFolder) -> str:
    name = re.sub(r"\W+", "_", path.stem, flags=re.ASCII).strip("_").lower() or "data"
    target = f"toolkit/registry/datasets/{name}.yaml"
    head = f"{relative(path)} is not in the registry, and nothing reads it. Save this as {target} and replace every question mark:"
    return f"{head}\n\n{entry(path, name, raw)}"


def entry(path: Path, name: str, raw: RawFolder) -> str:
    """The data set of one raw file as the registry wants it: known facts filled in, a question mark for the others.

    Parameters
    ----------
    path : the file; of a CSV file the columns are listed, of any other the file alone.
    name : id of source, file and table.
    raw : raw folder with the registry whose variables need no second description.
    """
    lines = [
        "sources:",
        f"  {name}:",
        *(f'    {field}: "{UNKNOWN}"' for field in ("publication", "publication_zh", "publisher", "edition", "years", "licence")),
        "raw_files:",
        f"  {name}:",
        f"    path: {path.relative_to(raw.root).as_posix()}",
        f"    sha256: {hashlib.sha256(path.read_bytes()).hexdigest()}",
        f"    title: {_BOTH}",
    ]
    columns = _columns(path) if path.suffix.lower() == ".csv" else {}
    if not columns:
        return "\n".join(lines) + "\n"
    panel = "year" in columns and len(columns) > 1
    entity = next(column for column in columns if column != "year" or not panel)
    roles = [f"    entity: {entity}", "    time: year"] if panel else []
    new = [column for column in columns if column not in raw.registry.variables]
    lines += [
        "tables:",
        f"  {name}:",
        f"    title: {_BOTH}",
        f"    description: {_BOTH}",
        f"    raw: [{name}]",
        f"    keys: [{', '.join([entity, 'year'] if panel else [entity])}]",
        *roles,
        f"    columns: [{', '.join(columns)}]",
        *(["variables:"] if new else []),
    ]
    for column in new:
        values = _numbers(columns[column])
        texts = ("name", "short", "unit", "definition") if values else ("name", "short", "definition")
        whole = values is not None and all(value.is_integer() for value in values)
        lines += [
            f"  {column}:",
            *([] if values and not whole else [f"    kind: {'integer' if values else 'text'}"]),
            *(f"    {field}: {_BOTH}" for field in texts),
            *([f"    range: [{min(values):g}, {max(values):g}]  # of this file; write what is plausible"] if values else []),
            f"    sources: [{name}]",
        ]
    return "\n".join(lines) + "\n"


def _columns(path: Path) -> dict[str, list[str]]:
    """The cells of each column that are not empty; of a long file (indicator, value) a column for each indicator.

    Raises
    ------
    UnreadableFile
        The file is not UTF-8, or its first row has no names.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"byte {error.start} is no UTF-8", where=relative(path), remedy="save the file as UTF-8") from error
    found: dict[str, list[str]] = {}
    for row in rows:
        if {"indicator", "value"} <= row.keys():
            keys = {key: cell for key, cell in row.items() if key not in ("indicator", "value", "unit", "source_id")}
            row = keys | {row["indicator"]: row["value"]}
        for column, cell in row.items():
            if column and isinstance(cell, str):
                found.setdefault(column, []).extend([cell] if cell else [])
    return found


def _numbers(cells: list[str]) -> list[float] | None:
    """The cells as numbers; None where one is none, or there is no cell."""
    try:
        return [float(cell) for cell in cells] or None
    except ValueError:
        return None

"""Raw files: the bytes on disk are the ones the registry describes, or nothing is read."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from toolkit.errors import RawFileChanged, RawFileMissing, UnreadableFile
from toolkit.paths import DATA_RAW, relative
from toolkit.registry import RawFile, Registry, registry


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

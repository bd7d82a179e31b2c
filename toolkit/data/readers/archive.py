"""A zip file as CSMAR and CNRDS deliver it: the volumes of one table, its description, and a notice."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

from toolkit.data.readers.workbook import whole
from toolkit.data.safety import checked_zip
from toolkit.errors import UnknownOption, UnreadableFile
from toolkit.language import Note, Text, note

TABLES = (".csv", ".txt", ".tsv", ".xlsx", ".xls", ".dta", ".sav", ".parquet", ".feather")
_BOOK = ("[Content_Types].xml", "mimetype")
_VOLUMES = Text("Volumes of the archive: {names}.", "压缩包中的分卷：{names}。")
_ONE = Text("Read from the archive: {name}.", "读取压缩包中的{name}。")


@dataclass(frozen=True)
class Archive:
    """What an archive holds.

    Attributes
    ----------
    volumes : (name, bytes) of the files with data, in the order of their names.
    description : bytes of the ``[DES]`` file; empty if there is none.
    notes : which files were read.
    """

    volumes: tuple[tuple[str, bytes], ...]
    description: bytes
    notes: tuple[Note, ...]


def is_archive(content: bytes) -> bool:
    """A zip file that is no workbook."""
    if not content.startswith(b"PK\x03\x04"):
        return False
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            return not set(_BOOK) & set(archive.namelist())
    except (BadZipFile, OSError, ValueError, EOFError, NotImplementedError):
        return False


def read_archive(content: bytes, where: str, member: str | None) -> Archive:
    """The files with data, or the one that is named.

    Raises
    ------
    UnreadableFile, UnknownOption
    """
    files, said = unpacked(content, where, lambda name: name.lower().endswith(TABLES) or "[DES]" in name)
    hidden = ("__MACOSX", ".")
    data = {name: file for name, file in sorted(files.items()) if "[DES]" not in name and not name.startswith(hidden)}
    described = next((file for name, file in files.items() if "[DES]" in name), b"")
    if member is not None:
        if member not in data:
            raise UnknownOption(f"the archive has no file {member!r}", where=where, remedy=f"it has: {', '.join(data) or 'no data'}")
        data = {member: data[member]}
    if not data:
        raise UnreadableFile("the archive holds no table", where=where, remedy=f"files that are read end in {', '.join(TABLES)}")
    names = tuple(data)
    notes = (note("volumes", _VOLUMES, names=names),) if len(names) > 1 else (note("member", _ONE, name=names[0]),)
    return Archive(tuple(data.items()), described, (*said, *notes))


def unpacked(content: bytes | Path, where: str, wanted: Callable[[str], bool]) -> tuple[dict[str, bytes], tuple[Note, ...]]:
    """The files of an archive whose names are wanted, and what else it contains; see :func:`toolkit.data.safety.checked_zip`.

    Raises
    ------
    UnreadableFile
    """
    with whole(where), ZipFile(content if isinstance(content, Path) else io.BytesIO(content)) as archive:
        said = checked_zip(content, where)
        entries = [(_name(entry.filename, entry.flag_bits), entry) for entry in archive.infolist() if not entry.is_dir()]
        return {name: archive.read(entry) for name, entry in entries if wanted(name)}, said


def _name(name: str, flags: int) -> str:
    """The name of an entry; a Chinese Windows writes it in GBK without saying so, which zipfile takes for an old code page."""
    if not flags & 0x800:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("gb18030")
    return PurePosixPath(name.replace("\\", "/")).name

"""Files come from strangers: what is refused before it is unpacked, and how text leaves so that no program takes it for a command.

A workbook, a document of LibreOffice and an archive of volumes are zip files. :func:`checked_zip` looks at their list of contents alone,
which takes no time: the sizes in the list are also the most that Python's zipfile unpacks.
"""

from __future__ import annotations

import io
import re
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

from toolkit.errors import UnreadableFile
from toolkit.language import Note, Text, note

MEGABYTE = 2**20
FILE = 2048 * MEGABYTE  # of any file
WORKBOOK = 200 * MEGABYTE  # of a workbook when unpacked: Excel's own limit of a million rows with ten numbers each is about as much
ARCHIVE = 2048 * MEGABYTE  # of an archive of text files when unpacked
RATIO = 200  # unpacked to packed: text reaches 30, a file made to explode 1,000
CELLS = 50_000_000  # of a sheet, counted as its last row times its last column
MERGED = 1_000_000  # cells in merged blocks
_HEAD = 4096  # bytes at the start of a part that hold its declarations
_DECLARED = re.compile(rb"<!(DOCTYPE|ENTITY)")
_BLOCK = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})"')
_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?r="([A-Z]{1,3})(\d{1,7})"')

_MACROS = Text("The workbook holds macros; they were not run and not read.", "工作簿含有宏；未运行，也未读取。")
LINKS = Text(
    "The workbook takes cells from other workbooks; the values saved in it were read, and nothing else was opened.",
    "工作簿引用了其他工作簿的单元格；读取的是其中保存的数值，未打开其他文件。",
)


def sized(path: Path, where: str) -> None:
    """Refuse a file of absurd size before it is opened.

    Raises
    ------
    UnreadableFile
    """
    size = path.stat().st_size
    if size > FILE:
        raise UnreadableFile(
            f"the file has {size / MEGABYTE:,.0f} MB; at most {FILE // MEGABYTE:,} MB are read",
            where=where,
            remedy="keep the columns and years that you need, or split the file",
        )


def checked_zip(content: bytes | Path, where: str, limit: int = ARCHIVE) -> tuple[Note, ...]:
    """Refuse a zip file that is made to do harm; say what else it contains.

    Parameters
    ----------
    content : the file or its bytes.
    where : the file, for messages.
    limit : the most bytes it may unpack to.

    Returns
    -------
    tuple of Note
        Macros and links to other workbooks, which are ignored.

    Raises
    ------
    UnreadableFile
        An entry leaves the folder, is encrypted or is packed more than 200 times; the entries unpack past ``limit``; a part of a workbook
        declares entities of its own; or the file is no zip file.
    """
    try:
        with ZipFile(content if isinstance(content, Path) else io.BytesIO(content)) as archive:
            entries = archive.infolist()
            names = [entry.filename for entry in entries]
            for entry in entries:
                _stays(entry.filename, where)
                if entry.flag_bits & 1:
                    raise UnreadableFile("the file is protected by a password", where=where, remedy="save it without a password")
                if entry.file_size > MEGABYTE and entry.file_size > RATIO * entry.compress_size:
                    raise UnreadableFile(
                        f"{entry.filename} unpacks to {entry.file_size // max(entry.compress_size, 1):,} times its size; no table does",
                        where=where,
                        remedy="do not open it; ask its sender for the table as CSV",
                    )
            total = sum(entry.file_size for entry in entries)
            if total > limit:
                raise UnreadableFile(
                    f"the file unpacks to {total / MEGABYTE:,.0f} MB; at most {limit / MEGABYTE:,.0f} MB are read",
                    where=where,
                    remedy="save the sheet that you need as CSV, which has no such limit",
                )
            for name in names:
                if name.lower().endswith((".xml", ".rels")):
                    _plain_xml(archive, name, where)
    except (BadZipFile, NotImplementedError, EOFError) as error:
        raise UnreadableFile(f"not a whole zip file: {error}", where=where, remedy="fetch the file again") from error
    macros = any(name.lower().endswith(("vbaproject.bin", "vbaprojectsignature.bin")) or name.startswith("Basic/") for name in names)
    links = any(name.startswith("xl/externalLinks/") for name in names)
    return (*([macros_named()] if macros else []), *([note("external_links", LINKS)] if links else []))


def macros_named() -> Note:
    """That a workbook holds macros."""
    return note("macros", _MACROS)


def checked_workbook(content: bytes, where: str) -> tuple[Note, ...]:
    """As :func:`checked_zip`; the sheets must also have a sensible extent, since one cell in the last corner makes 17 billion.

    Raises
    ------
    UnreadableFile
    """
    notes = checked_zip(content, where, WORKBOOK)
    with ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                _extent(archive.read(name), f"{where}, {PurePosixPath(name).name}")
    return notes


def _stays(name: str, where: str) -> None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or re.match(r"[A-Za-z]:", name) or "\0" in name:
        raise UnreadableFile(
            f"the entry {name!r} leaves the folder that the file is unpacked in", where=where, remedy="do not unpack it; ask its sender"
        )


def _plain_xml(archive: ZipFile, name: str, where: str) -> None:
    with archive.open(name) as part:
        if _DECLARED.search(part.read(_HEAD).replace(b"\0", b"")):
            raise UnreadableFile(
                f"{name} declares entities of its own, as no program for tables writes them", where=where, remedy="do not open it"
            )


def _extent(sheet: bytes, where: str) -> None:
    rows = columns = merged = 0
    for column, row in _CELL.findall(sheet):
        rows, columns = max(rows, int(row)), max(columns, _number(column))
    for left, top, right, bottom in _BLOCK.findall(sheet):
        merged += (abs(_number(right) - _number(left)) + 1) * (abs(int(bottom) - int(top)) + 1)
    if rows * columns > CELLS or merged > MERGED:
        what = f"the sheet reaches to row {rows:,} and column {columns:,}" if rows * columns > CELLS else f"{merged:,} cells are merged"
        raise UnreadableFile(what, where=where, remedy="delete the empty rows and columns around the table and save again")


def _number(column: bytes) -> int:
    """The number of a column: A is 1."""
    number = 0
    for letter in column:
        number = 26 * number + letter - 64
    return number


_COMMAND = re.compile(r"^[\s\0]*[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"^\s*[-+]?(\d+(,\d{3})*\.?\d*|\.\d+)([eE][-+]?\d+)?\s*%?\s*$")


def inert(text: str) -> str:
    """A text as a cell that a spreadsheet shows and does not carry out: one that begins like a formula gets an apostrophe before it.

    Numbers, and a sign that stands alone, stay as they are. :func:`awake` takes the apostrophe off again.

    Examples
    --------
    >>> inert("=cmd|' /C calc'!A0"), inert("-3.5"), inert("+1e-3"), inert("-x"), inert("="), inert("R&D")
    ("'=cmd|' /C calc'!A0", '-3.5', '+1e-3', "'-x", '=', 'R&D')
    """
    return f"'{text}" if len(text.strip()) > 1 and _COMMAND.match(text) and not _NUMBER.match(text) else text


def awake(text: str) -> str:
    """The text that :func:`inert` was given.

    Examples
    --------
    >>> awake("'=x"), awake("'quoted'"), awake("-1")
    ('=x', "'quoted'", '-1')
    """
    return text[1:] if text.startswith("'") and _COMMAND.match(text[1:]) else text

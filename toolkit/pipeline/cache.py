"""What is already done: content hashes of everything a notebook's result depends on, and one small entry per finished piece of work.

An entry is current when its key (a hash of the inputs) is the present one *and* every file it lists still has the recorded hash, so a
deleted or edited exhibit is made again. Times of files play no part. Nothing heavier than hashlib is imported here.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from toolkit import paths
from toolkit.language import Language

# Parts of the library that come after a notebook has run and cannot change what it finds.
AFTER_THE_NOTEBOOKS = ("cli.py", "arguments.py", "__main__.py", "pipeline/", "present/site/", "present/writers/document.py")
TEMPLATES, IN_NOTEBOOKS = "present/templates/", "present/templates/table.html"  # the other templates are of pages
_PARTS_OF_THE_SITE = ("record", "run", "verified")
NOT_SOURCE = {"__pycache__", ".ipynb_checkpoints", ".DS_Store"}


@dataclass(frozen=True)
class Entry:
    """A finished piece of work.

    Attributes
    ----------
    key : hash of all inputs.
    files : hash of each file written, by its path relative to the project.
    seconds : wall time it took.
    """

    key: str
    files: dict[str, str]
    seconds: float


def folder() -> Path:
    """Where entries, executed notebooks and record fragments are kept (ignored by git)."""
    return paths.REPORTS / ".cache"


def executed_path(notebook: str, language: Language) -> Path:
    """The executed copy of a notebook, by the notebook's name without ending."""
    return folder() / "executed" / f"{notebook}.{language}.ipynb"


def fragment_path(notebook: str, language: Language) -> Path:
    """What a notebook saved and stated."""
    return folder() / "records" / f"{notebook}.{language}.json"


def notebooks() -> list[Path]:
    """The notebooks of the project, ``NN_title.ipynb``, in order, then those of the user's own studies, ``own/STUDY/*.ipynb``."""
    return [*sorted(paths.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")), *own_notebooks()]


def own_notebooks() -> list[Path]:
    """The notebooks of the user's own studies; their results stay in their folders and in own/record.json."""
    return sorted(paths.OWN.glob("*/*.ipynb"))


def _hash_of(data: bytes) -> str:
    """The sha256 of some bytes, in hexadecimal digits.

    >>> _hash_of(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(data).hexdigest()


def hash_files(files: Iterable[Path]) -> dict[str, str]:
    """The sha256 of each file, by its path relative to the project; a missing file has the hash ``""``."""
    return {paths.relative(file): _hash_of(file.read_bytes()) if file.is_file() else "" for file in sorted(files)}


def _tree(top: Path) -> list[Path]:
    return [file for file in top.rglob("*") if file.is_file() and not NOT_SOURCE.intersection(file.parts) and file.suffix != ".pyc"]


def library_files() -> list[Path]:
    """The files of the library that can change what a notebook finds."""

    def counts(file: Path) -> bool:
        name = file.relative_to(paths.LIBRARY).as_posix()
        return name == IN_NOTEBOOKS or not name.startswith((*AFTER_THE_NOTEBOOKS, TEMPLATES))

    return [file for file in _tree(paths.LIBRARY) if counts(file)]


def library_key() -> str:
    """A hash of the library (registry included), the raw files, the lock file and the Python version."""
    inputs = {file.relative_to(paths.LIBRARY).as_posix(): _hash_of(file.read_bytes()) for file in library_files()}
    inputs |= hash_files([*_tree(paths.DATA_RAW), paths.ROOT / "requirements.lock"])
    return _joined({**inputs, "Python": f"{sys.version_info.major}.{sys.version_info.minor}"})


def notebook_key(notebook: Path, library: str, language: Language) -> str:
    """A hash of the cells of a notebook (not of outputs or metadata), of :func:`library_key`, of the language and of a study's own data."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    text = json.dumps([[cell["cell_type"], "".join(cell["source"])] for cell in cells], ensure_ascii=False)
    study = paths.study_of(notebook)
    beside = [file for file in study.iterdir() if file.is_file() and file.suffix != ".ipynb"] if study else []
    return _joined({**hash_files(beside), "library": library, "language": language, "cells": _hash_of(text.encode())})


def site_key(library: str, language: Language) -> str:
    """A hash of everything the pages are made of."""
    inputs = hash_files(
        [*folder().glob("executed/*.ipynb"), paths.OWN / "record.json", *(paths.REPORTS / f"{name}.json" for name in _PARTS_OF_THE_SITE)]
    )
    site = {
        file.relative_to(paths.LIBRARY).as_posix(): _hash_of(file.read_bytes())
        for part in ("site", "templates")
        for file in _tree(paths.LIBRARY / "present" / part)
    }
    return _joined({**inputs, **site, "library": library, "language": language})


def _joined(inputs: dict[str, str]) -> str:
    return _hash_of("\n".join(f"{name} {value}" for name, value in sorted(inputs.items())).encode())


def _entry_path(name: str) -> Path:
    return folder() / "entries" / f"{name}.json"


def store(name: str, entry: Entry) -> None:
    """Write an entry, whole or not at all."""
    paths.write_text(_entry_path(name), json.dumps(asdict(entry), indent=1, sort_keys=True) + "\n")


def forget(name: str) -> None:
    """Remove an entry, so that a run that is broken off is not taken for a finished one."""
    _entry_path(name).unlink(missing_ok=True)


def recall(name: str) -> Entry | None:
    """The entry of that name, or None if there is none that can be read."""
    try:
        return Entry(**json.loads(_entry_path(name).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def current(name: str, key: str) -> bool:
    """Whether an entry has this key and all its files still have the recorded content."""
    entry = recall(name)
    return entry is not None and entry.key == key and hash_files(paths.ROOT / file for file in entry.files) == entry.files

"""Where things stand. Nothing else in the toolkit spells a folder name."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

LIBRARY = Path(__file__).resolve().parent
_PROJECT = LIBRARY.parent if (LIBRARY.parent / "data_raw").is_dir() else None  # None: an installed library, which works where it is called
ROOT = Path(os.environ.get("TOOLKIT_ROOT", _PROJECT or Path.cwd()))
SHIPPED_RAW = (_PROJECT or LIBRARY) / "data_raw"  # provinces and cities, which the library reads wherever it is; a wheel has them inside
DATA_RAW = ROOT / "data_raw"
DATA_PROCESSED = ROOT / "data_processed"
NOTEBOOKS = ROOT / "notebooks"
REPORTS = ROOT / "reports"
OWN = ROOT / "own"  # studies of the user's own, one folder each, which git does not see


def study_of(place: Path) -> Path | None:
    """The folder of the own study that ``place`` lies in; None outside of :data:`OWN`."""
    try:
        return OWN / place.resolve().relative_to(OWN.resolve()).parts[0]
    except (ValueError, IndexError):
        return None


_HOME = study_of(Path.cwd()) or REPORTS  # a notebook works in its folder, in JupyterLab as in a run
FIGURES = _HOME / "figures"
TABLES = _HOME / "tables"
PAGES = REPORTS / "pages"


def relative(path: Path) -> str:
    """The path as it is shown to a reader: relative to the project, with forward slashes."""
    try:
        return path.resolve().relative_to(ROOT.resolve()).as_posix()
    except ValueError:
        return path.as_posix()


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it into place when the block succeeds, remove it when it does not.

    A reader therefore sees the old file or the new one, never half of one.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "a.txt"
    >>> with replacing(target) as temporary:
    ...     _ = temporary.write_text("whole", encoding="utf-8")
    >>> target.read_text(encoding="utf-8")
    'whole'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.{os.getpid()}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


_TEMPORARY = re.compile(r"\..+\.(\d+)-\w{8}(\.\w+)?")


def remove_left() -> int:
    """Remove the temporary files of :func:`replacing` whose process was killed; return how many there were."""
    removed = 0
    for folder in (DATA_PROCESSED, REPORTS, OWN):
        for file in folder.rglob(".*"):
            found = _TEMPORARY.fullmatch(file.name)
            if found and file.is_file() and not _runs(int(found[1]), file):
                file.unlink(missing_ok=True)
                removed += 1
    return removed


def _runs(process: int, file: Path) -> bool:
    """Whether a process is alive; where the system cannot be asked without harm, whether its file is younger than an hour."""
    if os.name == "nt":
        return time.time() - file.stat().st_mtime < 3600
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 with line feeds, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")

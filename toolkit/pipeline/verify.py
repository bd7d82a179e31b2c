"""Recompute everything in a temporary project and compare it with what is recorded."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from toolkit import paths
from toolkit.agreement import ABSOLUTE, RELATIVE
from toolkit.errors import DataError
from toolkit.pipeline import collect
from toolkit.pipeline.compare import Finding, compare_logs, compare_records
from toolkit.pipeline.progress import line

COPIED = ("data_raw", "notebooks", "requirements.lock")


def verify(jobs: int | None) -> int:
    """Rebuild the tables, run all notebooks, compare tables, exhibits and statements one by one; return 0 if all agree, else 1.

    Nothing in the project is changed. Numbers agree within the tolerances of :mod:`toolkit.agreement`; titles, labels,
    stars, notes and sentences word by word, in both languages.

    Parameters
    ----------
    jobs : how many notebooks at a time.

    Raises
    ------
    DataError
        If nothing is recorded yet.
    """
    if not collect.record_path().exists():
        raise DataError("nothing is recorded yet", where=paths.relative(collect.record_path()), remedy="run `python run.py` first")
    with tempfile.TemporaryDirectory(prefix="verify-", ignore_cleanup_errors=True) as name:
        project = Path(name).resolve()
        copy_inputs(project)
        code = recompute(project, jobs)
        findings = compare_logs(paths.DATA_PROCESSED, project / "data_processed")
        now = collect.read_record(project / "reports" / "record.json")
        findings += compare_records(collect.read_record(collect.record_path()), now, paths.ROOT, project)
    sys.stdout.write(summary(findings))
    return int(code != 0 or any(finding.state != "ok" for finding in findings))


def copy_inputs(project: Path) -> None:
    """Copy what everything else is computed from."""
    for name in COPIED:
        source = paths.ROOT / name
        if source.is_dir():
            shutil.copytree(source, project / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        elif source.exists():
            shutil.copy(source, project / name)


def recompute(project: Path, jobs: int | None) -> int:
    """Build and run everything in another project folder; return the exit code."""
    line("Recomputing everything in a temporary folder")
    search = os.pathsep.join(filter(None, [str(paths.LIBRARY.parent), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "TOOLKIT_ROOT": str(project), "TOOLKIT_LANG": "en", "PYTHONPATH": search}
    command = [sys.executable, "-m", "toolkit", "run", *(["--jobs", str(jobs)] if jobs else [])]
    return subprocess.run(command, env=environment, cwd=project).returncode


def summary(findings: Sequence[Finding]) -> str:
    """One line a finding, then the counts and the tolerances."""
    counts = Counter(finding.state for finding in findings)
    told = ", ".join(f"{number} {state}" for state, number in counts.items()) or "nothing to compare"
    return (
        "".join(f"{finding}\n" for finding in findings) + f"{told} (numbers: relative {RELATIVE:g}, absolute {ABSOLUTE:g}; words: exact)\n"
    )

"""Recompute everything in a temporary project and compare it with what is recorded.

Exhibits, statements and tables are compared cell by cell, then word by word in both languages. What counts as agreement
stands in :mod:`toolkit.agreement`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

from toolkit import paths
from toolkit.agreement import (
    ABSOLUTE,
    RELATIVE,
    Numbers,
    difference_in_languages,
    difference_of_csv,
    difference_of_statement,
    numbers_in_csv,
)
from toolkit.errors import DataError
from toolkit.language import Text
from toolkit.pipeline import collect
from toolkit.pipeline.collect import Record
from toolkit.pipeline.progress import line

State = Literal["ok", "differs", "missing", "new"]
SHOWN = {
    "ok": Text("ok", "一致"),
    "differs": Text("differs", "不一致"),
    "missing": Text("missing", "缺失"),
    "new": Text("new", "新增"),
    "data": Text("data", "数据"),
    "exhibit": Text("exhibit", "图表"),
    "statement": Text("statement", "论述"),
}
TOLERANCES = Text(
    "{told} (numbers: relative {relative:g}, absolute {absolute:g}; words: exact)",
    "{told}（数值容差：相对{relative:g}，绝对{absolute:g}；文字须完全一致）",
)


@dataclass(frozen=True)
class Finding:
    """The result of comparing one thing.

    Attributes
    ----------
    kind : "data", "exhibit" or "statement".
    name : which one.
    state : "ok"; "differs" beyond the tolerances; "missing", recorded but not recomputed; "new", recomputed but not recorded.
    detail : the first difference.
    """

    kind: str
    name: str
    state: State
    detail: str = ""

    def __str__(self) -> str:
        return f"{SHOWN[self.state].to():<8} {SHOWN[self.kind].to():<10} {self.name}" + (f": {self.detail}" if self.detail else "")


def compare_records(recorded: Record, now: Record, recorded_root: Path, new_root: Path) -> list[Finding]:
    """Compare all exhibits, then all statements, of two records.

    Parameters
    ----------
    recorded, now : the records.
    recorded_root, new_root : project folders that the paths in the records are relative to.
    """
    findings = []
    for name, old, new in _paired(recorded, now, "exhibits"):
        findings.append(
            _presence("exhibit", name, old, new) or _exhibit(name=name, old=old, new=new, recorded_root=recorded_root, new_root=new_root)
        )
    for name, old, new in _paired(recorded, now, "statements"):
        findings.append(_presence("statement", name, old, new) or _statement(name, old, new))
    return findings


def _paired(recorded: Record, now: Record, part: str) -> Iterator[tuple[str, Any, Any]]:
    for notebook in sorted({*recorded, *now}):
        old, new = recorded.get(notebook, {}).get(part, {}), now.get(notebook, {}).get(part, {})
        for name in sorted({*old, *new}):
            yield f"{notebook}/{name}", old.get(name), new.get(name)


def _presence(kind: str, name: str, old: Any, new: Any) -> Finding | None:
    if old is None:
        return Finding(kind, name, "new", "not in reports/record.json")
    return Finding(kind, name, "missing", "recorded, but not made by this run") if new is None else None


def _exhibit(name: str, old: Mapping[str, Any], new: Mapping[str, Any], recorded_root: Path, new_root: Path) -> Finding:
    for key in ("kind", "title_en", "title_zh"):
        if old.get(key) != new.get(key):
            return Finding("exhibit", name, "differs", f"{key}: recorded {old.get(key)!r}, now {new.get(key)!r}")
    numbers: Numbers = "exact"
    new_csv = new_root / _csv_of(new)
    if old["csv_sha256"] != new["csv_sha256"]:
        old_csv = recorded_root / _csv_of(old)
        if not old_csv.exists():
            return Finding(
                "exhibit", name, "differs", f"hash of {_csv_of(old)}, and the recorded file is not on disk to compare cell by cell"
            )
        if detail := difference_of_csv(old_csv.read_text(encoding="utf-8"), new_csv.read_text(encoding="utf-8")):
            return Finding("exhibit", name, "differs", detail)
        numbers = "rounded"
    cells = numbers_in_csv(new_csv.read_text(encoding="utf-8")) if new_csv.exists() else ()
    detail = difference_in_languages(old.get("text", {}), new.get("text", {}), numbers, cells)
    return Finding("exhibit", name, "differs" if detail else "ok", detail)


def _csv_of(entry: Mapping[str, Any]) -> str:
    return next(str(file) for file in entry["files"] if file.endswith(".csv"))


def _statement(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Finding:
    detail = difference_of_statement(old, new)
    return Finding("statement", name, "differs" if detail else "ok", detail)


def compare_logs(recorded: Path, now: Path) -> list[Finding]:
    """Compare the logs of built tables in two folders; a log holds the hash of its table and a summary of each column."""
    findings = []
    for name in sorted({path.name for folder in (recorded, now) for path in folder.glob("*.log")}):
        old, new = recorded / name, now / name
        texts = [_data_lines(path) if path.exists() else None for path in (old, new)]
        finding = _presence("data", Path(name).stem, *texts)
        findings.append(finding or Finding("data", Path(name).stem, *_lines(texts[0] or [], texts[1] or [])))
    return findings


def _data_lines(path: Path) -> list[str]:
    """The lines of a log that speak of the data; ``inputs`` also follows the code that builds the table."""
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("inputs:")]


def _lines(old: Sequence[str], new: Sequence[str]) -> tuple[State, str]:
    differing = [(a, b) for a, b in zip_longest(old, new, fillvalue="nothing") if a != b]
    if not differing:
        return "ok", ""
    # the hash of the table differs whenever anything does; the line of the first differing column says more
    first = next((pair for pair in differing if not pair[0].startswith("sha256:")), differing[0])
    return "differs", f"recorded {first[0]!r}, now {first[1]!r}"


COPIED = ("data_raw", "notebooks", "requirements.lock", "own")
RESULTS = (".ipynb_checkpoints", "figures", "tables", "record.json")


def verify(jobs: int | None) -> int:
    """Rebuild the tables, run all notebooks, compare tables, exhibits and statements one by one; return 0 if all agree, else 1.

    Nothing in the project is changed but reports/verified.json. Numbers agree within the tolerances of :mod:`toolkit.agreement`;
    titles, labels, stars, notes and sentences word by word, in both languages.

    Parameters
    ----------
    jobs : how many notebooks at a time.

    Raises
    ------
    DataError
        If nothing is recorded yet.
    """
    if not collect.record_path().exists():
        nothing, remedy = Text("nothing is recorded yet", "尚无记录"), Text("run `python run.py` first", "请先运行`python run.py`")
        raise DataError(nothing.to(), where=paths.relative(collect.record_path()), remedy=remedy.to())
    with tempfile.TemporaryDirectory(prefix="verify-", ignore_cleanup_errors=True) as name:
        project = Path(name).resolve()
        _copy_inputs(project)
        code = recompute(project, jobs)
        findings = compare_logs(paths.DATA_PROCESSED, project / "data_processed")
        now = collect.read_record(project / "reports" / "record.json") | collect.read_record(project / paths.OWN.name / "record.json")
        findings += compare_records(collect.recorded(), now, paths.ROOT, project)
    keep(findings)
    sys.stdout.write(summary(findings))
    return int(code != 0 or any(finding.state != "ok" for finding in findings))


def keep(findings: Sequence[Finding]) -> None:
    """Write what was found of each exhibit to reports/verified.json, from which the pages say whether it came out again."""
    from toolkit.present.site.gallery import fingerprint

    exhibits = {f"{notebook}/{name}": entry for notebook, part in collect.recorded().items() for name, entry in part["exhibits"].items()}
    told = {
        finding.name: {"state": finding.state, "detail": finding.detail, "of": fingerprint(exhibits[finding.name])}
        for finding in findings
        if finding.kind == "exhibit" and finding.name in exhibits
    }
    paths.write_text(collect.verified_path(), json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def _copy_inputs(project: Path) -> None:
    """Copy what everything else is computed from."""
    for name in COPIED:
        source = paths.ROOT / name
        if source.is_dir():
            shutil.copytree(source, project / name, ignore=shutil.ignore_patterns(*(RESULTS if name == "own" else RESULTS[:1])))
        elif source.exists():
            shutil.copy(source, project / name)


def recompute(project: Path, jobs: int | None) -> int:
    """Build and run everything in another project folder; return the exit code."""
    line(Text("Recomputing everything in a temporary folder", "在临时文件夹中全部重新计算"))
    search = os.pathsep.join(filter(None, [str(paths.LIBRARY.parent), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "TOOLKIT_ROOT": str(project), "TOOLKIT_LANG": "en", "PYTHONPATH": search}
    command = [sys.executable, "-m", "toolkit", "run", *(["--jobs", str(jobs)] if jobs else [])]
    return subprocess.run(command, env=environment, cwd=project).returncode


def summary(findings: Sequence[Finding]) -> str:
    """One line a finding, then the counts and the tolerances."""
    counts = Counter(finding.state for finding in findings)
    told = ", ".join(f"{number} {SHOWN[state].to()}" for state, number in counts.items())
    told = told or Text("nothing to compare", "没有可比对的内容").to()
    return "".join(f"{finding}\n" for finding in findings) + TOLERANCES.filled(told=told, relative=RELATIVE, absolute=ABSOLUTE).to() + "\n"

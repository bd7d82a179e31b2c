"""The doctor: each check names its remedy when it fails, and the exit status says whether one does."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from toolkit import paths
from toolkit.pipeline import doctor

Usage = namedtuple("Usage", "total used free")


def test_here_all_is_fine_and_a_kernel_answers(capsys: pytest.CaptureFixture[str]) -> None:
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        code = doctor.examine("zh")
    finally:
        signal.signal(signal.SIGINT, previous)
    shown = capsys.readouterr().out
    assert code == 0, shown
    assert "内核: 可启动并应答" in shown
    assert len(shown.splitlines()) == len(doctor.CHECKS)


def test_each_failure_has_its_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "OLDEST", (3, 99))
    monkeypatch.setattr(doctor, "PACKAGES", ("numpy", "no_such_package"))
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    monkeypatch.setattr(doctor, "WRITTEN", (paths.ROOT / "own", Path("/proc/nobody/writes/here")))
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: Usage(10, 10, 10))
    monkeypatch.setattr(doctor.os, "sysconf", lambda name: 1024)
    monkeypatch.setitem(sys.modules, "toolkit.present.style", None)
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code = doctor.examine("en")
    finally:
        signal.signal(signal.SIGINT, previous)
    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    assert len(lines) == 2 * len(doctor.CHECKS)
    assert all(line.startswith("mend") for line in lines[::2])
    assert all(line.startswith("      ") and line.strip() for line in lines[1::2])
    assert "numpy, no_such_package" in lines[2]


def test_the_doctor_starts_without_the_environment() -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); from toolkit.pipeline import doctor; print({'numpy', 'pandas'} & set(sys.modules))"
    command = [sys.executable, "-I", "-c", code, str(paths.LIBRARY.parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"

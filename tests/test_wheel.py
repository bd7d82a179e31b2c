"""The library as a wheel: it installs and runs where there is no project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PIPS = [sys.executable, getattr(sys, "_base_executable", sys.executable), shutil.which("python3") or sys.executable]

USE = """
from pathlib import Path
import numpy as np
import toolkit as tk
assert Path(tk.__file__).is_relative_to(Path(__import__("os").environ["PYTHONPATH"])), tk.__file__
panel = tk.read_panel("mine.csv")
assert panel.entity == "province", panel.entity
estimate = tk.fit("log(rd) ~ log(subsidy) | province + year", panel, cluster="province")
table = tk.save(tk.regression_table([estimate]), "mine")
tk.save(tk.scatter_with_fit(panel.frame, "subsidy", "rd"), "picture")
print(tk.wild_tests(estimate, rng=np.random.default_rng(1)))
print(tk.gini(panel.frame["rd"]), tk.load_scheme("four_chains").name.zh, tk.__version__)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of the wheel, as an installer lays them down."""
    python = next(
        (p for p in PIPS if subprocess.run([p, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0), None
    )
    if python is None:
        pytest.skip("no pip to build with")
    copy = tmp_path_factory.mktemp("copy")
    for name in ("toolkit", "data_raw"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    done = subprocess.run(
        [python, "-m", "pip", "wheel", "--no-deps", "-q", "-w", str(copy / "dist"), str(copy)], capture_output=True, text=True, check=False
    )
    if done.returncode and any(word in done.stderr for word in ("No matching distribution", "Could not find a version", "connection")):
        pytest.skip("the build backend cannot be fetched here")
    assert done.returncode == 0, done.stderr
    (wheel,) = (copy / "dist").glob("*.whl")
    assert wheel.name.startswith("innovation_toolkit-0.2.0-")
    site = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(site)
    return site


def run(site: Path, where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = {name: value for name, value in os.environ.items() if name != "TOOLKIT_ROOT"}
    settings |= {"PYTHONPATH": str(site), "PYTHONUTF8": "1"}
    return subprocess.run([sys.executable, *arguments], cwd=where, env=settings, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_wheel_runs_outside_the_repository(installed: Path, tmp_path: Path) -> None:
    rows = [
        f"{place},{year},{10 + 3 * number + (number * year) % 7},{5 + number + (number + 2) * year % 5}"
        for number, place in enumerate(["北京市", "河北", "山西省", "Shanghai", "江苏", "广东"], 1)
        for year in range(2015, 2023)
    ]
    (tmp_path / "mine.csv").write_text("\n".join(["province,year,rd,subsidy", *rows]) + "\n", encoding="utf-8")
    done = run(installed, tmp_path, "-c", USE)
    assert done.returncode == 0, done.stderr
    assert "四链融合 0.2.0" in done.stdout
    written = {path.relative_to(tmp_path).as_posix() for path in (tmp_path / "reports").rglob("*") if path.is_file()}
    assert {"reports/tables/mine.zh.docx", "reports/tables/mine.csv", "reports/figures/picture.en.png"} <= written
    checked = run(installed, tmp_path, "-m", "toolkit", "check", "mine.csv")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert not (installed / "reports").exists()


@pytest.mark.slow
def test_what_only_the_project_has_is_named(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "-c", "import toolkit as tk; tk.load('provincial_panel')")
    assert done.returncode != 0
    assert "remedy" in done.stderr
    assert "repository" in done.stderr

"""Each heavy dependency enters the library through one door, and none is loaded by importing the library."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

LIBRARY = Path(__file__).resolve().parents[2] / "toolkit"
MOST_MODULES = 200  # numpy alone is about 130

# package -> where it may be imported, as beginnings of paths inside toolkit/
DOORS = {
    "yaml": ("registry/read.py",),
    "statsmodels": ("estimate/",),
    "linearmodels": ("estimate/",),
    "pyfixest": ("estimate/",),
    "within_py": ("estimate/",),
    "within": ("estimate/",),
    "matplotlib": ("present/style.py", "present/figures/", "present/words/drawn.py"),
    "seaborn": ("present/style.py", "present/figures/"),
    "jinja2": ("present/templates.py", "present/site/notebooks.py"),
    "pandera": ("data/validate.py",),
    "msgspec": ("registry/", "audit/own.py"),
    "docx": ("present/writers/word.py", "present/writers/document.py"),
    "openpyxl": ("data/",),
    "python_calamine": ("data/readers/workbook.py",),
    "msoffcrypto": ("data/readers/workbook.py",),
    "pyreadstat": ("data/readers/typed.py",),
    "pyarrow": ("data/readers/typed.py", "data/readers/large.py", "data/export.py", "estimate/large/batches.py"),
    "pylopdf_fonts_zh_cn": ("present/style.py", "present/site/write.py"),
    "fontTools": ("present/site/write.py",),
    "mistune": ("present/site/notebooks.py",),
    "latex2mathml": ("present/templates.py",),
    "nbclient": ("pipeline/kernels.py",),
    "jupyter_client": ("pipeline/kernels.py", "pipeline/doctor.py"),
    "altair": ("present/site/charts.py",),
    "vl_convert": ("present/site/explorer.py",),
    "duckdb": ("estimate/large/engines.py",),
    "ipywidgets": ("present/exhibit.py", "pipeline/jobs.py"),
    "rich": ("estimate/large/engines.py", "pipeline/progress.py", "present/record.py", "present/tables/claims.py"),
}


def imports(tree: ast.AST) -> set[str]:
    """Top-level packages imported at run time; imports for type checking do not count."""
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
        found |= imports(node)
    return found


def through_the_wall(sources: dict[str, str]) -> list[str]:
    """``file: package`` for each import beside its door."""
    return [
        f"{name}: {package}"
        for name, source in sorted(sources.items())
        for package in sorted(imports(ast.parse(source)) & DOORS.keys())
        if not name.startswith(DOORS[package])
    ]


def test_heavy_dependencies_enter_through_their_door() -> None:
    sources = {path.relative_to(LIBRARY).as_posix(): path.read_text(encoding="utf-8") for path in LIBRARY.rglob("*.py")}
    assert through_the_wall(sources) == []


def test_a_planted_import_is_seen() -> None:
    planted = "def f():\n    from yaml import safe_load\n"
    assert through_the_wall({"data/store.py": planted, "registry/read.py": planted}) == ["data/store.py: yaml"]
    assert through_the_wall({"data/store.py": "if TYPE_CHECKING:\n    import matplotlib\n"}) == []


@pytest.mark.parametrize("statement", ["import toolkit", "import toolkit.cli", "from toolkit.pipeline import build, runner, verify"])
def test_importing_loads_nothing_heavy(statement: str) -> None:
    code = f"import sys\n{statement}\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=LIBRARY.parent)
    modules = done.stdout.split()
    assert {"pandas", "scipy", "matplotlib", "nbclient", "mistune"} & set(modules) == set()
    assert len(modules) < MOST_MODULES

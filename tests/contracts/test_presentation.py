"""Presentation reads estimates and never estimates: what it imports from the estimators are records, names and the reading of formulas."""

from __future__ import annotations

import ast
from pathlib import Path

PRESENT = Path(__file__).resolve().parents[2] / "toolkit" / "present"

# module -> names that may be used when a table or a figure is made; imports for type checking do not count
READ = {
    "toolkit.estimate.formula.parser": {"Parser"},
    "toolkit.estimate.formula.spec": {"Effect", "parse"},
    "toolkit.estimate.formula.terms": None,  # the nodes of a formula
    "toolkit.estimate.results.estimate": {"Estimate"},
    "toolkit.estimate.rows.columns": {"Band", "DesignColumn", "Level", "Part"},
    "toolkit.estimate.rows.options": {"bartlett"},
    "toolkit.estimate.treatment.event_study": {"NAMES", "EventStudy"},
}
ESTIMATING = {"fit", "lstsq", "pinv", "polyfit", "linregress", "curve_fit", "minimize", "linprog", "cholesky", "qr", "inv"}


def nodes_at_run_time(tree: ast.AST) -> list[ast.AST]:
    """Every node but those below ``if TYPE_CHECKING``."""
    found: list[ast.AST] = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        found += [node, *nodes_at_run_time(node)]
    return found


def estimating(source: str) -> list[str]:
    """``line: what`` of each import of an estimator and each call that estimates."""
    told = []
    for node in nodes_at_run_time(ast.parse(source)):
        if isinstance(node, ast.Import):
            told += [f"{node.lineno}: {alias.name}" for alias in node.names if alias.name.startswith("toolkit.estimate")]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[:2] == ["toolkit", "estimate"]:
            allowed = READ.get(str(node.module), set())
            told += [
                f"{node.lineno}: {node.module}.{alias.name}" for alias in node.names if allowed is not None and alias.name not in allowed
            ]
        elif isinstance(node, ast.ImportFrom) and node.module == "toolkit":
            told += [f"{node.lineno}: toolkit.{alias.name}" for alias in node.names if alias.name in ("estimate", "studies")]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            told += [f"{node.lineno}: {name}()"] * (name in ESTIMATING or name.startswith("fit_"))
    return told


def test_presentation_never_estimates() -> None:
    found = {path.relative_to(PRESENT).as_posix(): estimating(path.read_text(encoding="utf-8")) for path in PRESENT.rglob("*.py")}
    assert {name: told for name, told in found.items() if told} == {}


def test_planted_estimates_are_seen() -> None:
    planted = """
from toolkit.estimate import fit
from toolkit.estimate.treatment.event_study import EventStudy, event_study
from toolkit import estimate
if TYPE_CHECKING:
    from toolkit.estimate.inference import WildTests
def draw(x, y):
    from toolkit.estimate.linear.within import fit_within
    np.linalg.lstsq(x, y)
    model.fit()
"""
    assert estimating(planted) == [
        "2: toolkit.estimate.fit",
        "3: toolkit.estimate.treatment.event_study.event_study",
        "4: toolkit.estimate",
        "8: toolkit.estimate.linear.within.fit_within",
        "9: lstsq()",
        "10: fit()",
    ]


def test_every_permission_is_used() -> None:
    used: set[tuple[str, str]] = set()
    for path in PRESENT.rglob("*.py"):
        for node in nodes_at_run_time(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                used |= {(str(node.module), alias.name) for alias in node.names}
    assert {(module, name) for module, names in READ.items() for name in names or ()} - used == set()

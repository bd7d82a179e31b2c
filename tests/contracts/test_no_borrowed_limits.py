"""No test takes a number from the code that it tests: a limit that is changed by mistake must not move its test along."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from numbers import Number
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")

# constants with numbers in them that decide about nothing -> why a test may use them
ALLOWED = {
    "toolkit.estimate.rows.columns.MISSING": "a code that stands for a reason; its text is tested by itself",
    "toolkit.estimate.rows.columns.NOT_POSITIVE": "a code, as MISSING",
    "toolkit.estimate.rows.columns.NO_PERIOD": "a code, as MISSING",
    "toolkit.estimate.rows.columns.INFINITE": "a code, as MISSING",
    "toolkit.present.figures.squares.SQUARES": "places on the tile grid; test_figures_layout compares them with the map of China",
    "toolkit.present.figures.squares._CODES": "administrative codes; compared with GB/T 2260 in test_maps",
    "toolkit.present.style.LINES": "dash patterns; test_style compares them with one another",
}


def has_numbers(value: object) -> bool:
    """Whether a value is a number, or a collection with one somewhere in it."""
    if isinstance(value, dict):
        return any(map(has_numbers, value.values()))
    if isinstance(value, tuple | list | set | frozenset) and not hasattr(value, "to"):  # a Text is a tuple
        return any(map(has_numbers, value))
    return isinstance(value, Number) and not isinstance(value, bool)


def constants(source: str) -> Iterator[str]:
    """``module.NAME`` for each constant of the library that a test imports or reads from a module it imports."""
    tree = ast.parse(source)
    modules = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.asname or alias.name: alias.name for alias in node.names if alias.name.startswith("toolkit")}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "toolkit":
            for alias in node.names:
                modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                if CONSTANT.fullmatch(alias.name):
                    yield f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and CONSTANT.fullmatch(node.attr) and ast.unparse(node.value) in modules:
            yield f"{modules[ast.unparse(node.value)]}.{node.attr}"


def borrowed(source: str) -> list[str]:
    """The constants of a test file that hold numbers and are not allowed."""
    found = []
    for name in sorted(set(constants(source)) - ALLOWED.keys()):
        module, _, constant = name.rpartition(".")
        if is_module(module) and has_numbers(getattr(import_module(module), constant, None)):
            found.append(name)
    return found


def is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # a class or function has the constant, not a module
        return False


@pytest.mark.parametrize("path", sorted(TESTS.rglob("test_*.py")), ids=lambda path: path.relative_to(TESTS).as_posix())
def test_limits_are_written_out_in_the_tests(path: Path) -> None:
    assert borrowed(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    [
        "from toolkit.agreement import RELATIVE as tolerance",
        "import toolkit.agreement\nassert toolkit.agreement.RELATIVE",
        "from toolkit import agreement\nx = agreement.RELATIVE",
        "def test():\n    from toolkit.agreement import RELATIVE",
    ],
)
def test_a_planted_import_is_seen(planted: str) -> None:
    assert borrowed(planted) == ["toolkit.agreement.RELATIVE"]


def test_names_and_texts_are_no_limits() -> None:
    assert borrowed("from toolkit.paths import ROOT\nfrom toolkit.language import LANGUAGES\nfrom toolkit.measure import GRADES") == []


def test_what_is_allowed_is_used() -> None:
    used = {name for path in TESTS.rglob("*.py") for name in constants(path.read_text(encoding="utf-8"))}
    assert sorted(ALLOWED.keys() - used) == []

"""The building: no import circle, one layout of the studies, and calls of our own functions with many arguments go by keyword."""

from __future__ import annotations

import ast
import io
import runpy
import tokenize
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[2] / "toolkit"
DENSE = 8  # lines from which a kernel with einsum says what its letters are
MANY = 5  # arguments from which a reader can no longer see what goes where


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the library by its dotted name."""
    found = {}
    for path in sorted(LIBRARY.rglob("*.py")):
        parts = path.relative_to(LIBRARY.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imported(tree: ast.Module, known: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    """(module, name there, name here) of what a module imports from the library when it is loaded."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("toolkit"):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield (
                    (inner, "", alias.asname or alias.name)
                    if inner in known
                    else (str(node.module), alias.name, alias.asname or alias.name)
                )


def circles(trees: Mapping[str, ast.Module]) -> list[str]:
    """``a -> b -> ... -> a`` for each way back that a search finds."""
    towards = {name: {home for home, _, _ in imported(tree, trees)} - {name} for name, tree in trees.items()}
    state: dict[str, int] = {}
    found = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        state[name] = 1
        for other in sorted(towards.get(name, ())):
            if state.get(other) == 1:
                found.append(" -> ".join([*path[path.index(other) :], other]))
            elif other not in state:
                visit(other, (*path, other))
        state[name] = 2

    for name in trees:
        if name not in state:
            visit(name, (name,))
    return found


def by_position(trees: Mapping[str, ast.Module]) -> list[str]:
    """``module:line function`` of each call of a function or record of the library with many arguments by position."""
    defined = {name: {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)} for name, tree in trees.items()}
    found = []
    for name, tree in trees.items():
        here = {local: defined.get(home, {}).get(inner) for home, inner, local in imported(tree, trees) if inner} | defined[name]
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or len(node.args) < MANY:
                continue
            callee = here.get(node.func.id)
            listed = any(isinstance(argument, ast.Starred) for argument in node.args)
            if callee is not None and not listed and not (isinstance(callee, ast.FunctionDef) and callee.args.vararg):
                found.append(f"{name}:{node.lineno} {node.func.id}")
    return found


def test_no_module_imports_itself_by_a_detour() -> None:
    assert circles(modules()) == []
    planted = {"toolkit.a": "from toolkit.b import x", "toolkit.b": "from toolkit.c import y", "toolkit.c": "from toolkit.a import z"}
    assert circles({name: ast.parse(text) for name, text in planted.items()}) == ["toolkit.a -> toolkit.b -> toolkit.c -> toolkit.a"]


def odd_studies(sources: Mapping[str, str]) -> list[str]:
    """Paths below studies/ that are no section in the folder of its chapter, and doors that hand names on."""
    beside = [path for path in sources if path.count("/") != 1 and path != "__init__.py"]
    doors = [path for path, text in sources.items() if path.endswith("__init__.py") and len(ast.parse(text).body) > 1]
    return sorted(beside + doors)


def test_every_study_is_a_folder_with_a_file_for_each_section() -> None:
    studies = LIBRARY / "studies"
    assert odd_studies({path.relative_to(studies).as_posix(): path.read_text(encoding="utf-8") for path in studies.rglob("*.py")}) == []
    planted = {"a.py": "", "b/c.py": "", "b/d/e.py": "", "b/__init__.py": '"""B."""\nfrom toolkit.studies.b.c import run'}
    assert odd_studies(planted) == ["a.py", "b/__init__.py", "b/d/e.py"]


def test_calls_with_many_arguments_go_by_keyword() -> None:
    assert by_position(modules()) == []
    planted = ast.parse("def f(a, b, c, d, e): ...\nf(1, 2, 3, 4, 5)\nf(a=1, b=2, c=3, d=4, e=5)")
    assert by_position({"toolkit.a": planted}) == ["toolkit.a:2 f"]


def unnamed_axes(source: str) -> list[str]:
    """``line function`` of each function with einsum and eight lines or more that has no comment."""
    words = {t.start[0] for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type == tokenize.COMMENT}
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef) or "einsum" not in ast.unparse(node):
            continue
        start = node.body[1].lineno if len(node.body) > 1 and isinstance(node.body[0], ast.Expr) else node.body[0].lineno
        lines = range(start - 2, (node.end_lineno or start) + 1)
        if len(lines) - 2 >= DENSE and not words.intersection(lines):
            found.append(f"{node.lineno} {node.name}")
    return found


def test_kernels_name_their_axes() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in LIBRARY.rglob("*.py")}
    assert {path.name: told for path, text in sources.items() if "einsum" in text and (told := unnamed_axes(text))} == {}
    planted = "def f(a):\n" + "    a = a + 1\n" * DENSE + '    return np.einsum("ij->i", a)\n'
    assert unnamed_axes(planted) == ["1 f"]
    assert unnamed_axes(planted.replace("(a):\n", "(a):\n    # i: rows, j: columns\n")) == []


def test_the_faults_that_are_planted_by_hand_have_their_modules_and_tests() -> None:
    tests = runpy.run_path(str(LIBRARY.parent / "benchmarks" / "mutants.py"))["TESTS"]
    named = [LIBRARY / module for module in tests]
    named += [LIBRARY.parent / "tests" / name for names in tests.values() for name in names]
    assert named
    assert [path for path in named if not path.is_file()] == []

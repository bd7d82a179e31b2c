"""Do the tests see it when a kernel is wrong? Small faults are planted one at a time, and the tests of the module are run against each.

A fault changes one place: a comparison (``<`` to ``<=``), a sign, ``*`` and ``/``, ``and`` and ``or``, ``min`` and ``max``, an index
by one, a number to its double, a tolerance to a thousand times itself. Each is planted in a copy of the library in a temporary folder;
the project is not touched. A fault that no test notices is printed with its line: either it changes nothing that matters, or a test is
missing.

Run by hand from the project folder on Linux or macOS, for all modules or for those named; some minutes for each module::

    python benchmarks/mutants.py
    python benchmarks/mutants.py estimate/solve/kernels.py audit/interval.py --number 40 --seed 2
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

WILD = (
    "estimate/test_limits.py",
    "estimate/test_wild.py",
    "estimate/test_wild_instruments.py",
    "estimate/test_wild_others.py",
)
TESTS = {  # module of toolkit/ -> its tests, the fastest first
    "estimate/solve/kernels.py": (
        "estimate/test_kernels.py",
        "estimate/test_limits.py",
        "estimate/test_identities.py",
        "estimate/test_nist.py",
        "studies/test_published.py",
    ),
    "estimate/solve/equations.py": ("estimate/test_kernels.py", "estimate/test_nist.py", "estimate/test_limits.py"),
    "estimate/solve/covariance.py": ("estimate/test_covariance.py", "estimate/test_limits.py", "estimate/test_plm.py"),
    "estimate/inference/wild.py": WILD,
    "estimate/inference/wild_draws.py": WILD,
    "estimate/dynamic/gmm.py": (
        "estimate/test_limits.py",
        "estimate/test_dynamic_by_hand.py",
        "estimate/test_dynamic.py",
        "estimate/test_dynamic_plm.py",
    ),
    "estimate/dynamic/instruments.py": ("estimate/test_dynamic_by_hand.py", "estimate/test_dynamic.py", "estimate/test_dynamic_errors.py"),
    "estimate/threshold/search.py": ("estimate/test_limits.py", "estimate/test_threshold.py", "estimate/test_threshold_result.py"),
    "measure/inequality/gini.py": ("measure/test_dagum.py", "measure/test_inequality.py"),
    "measure/composite/weights.py": ("measure/composite/test_weights_small.py", "measure/composite/test_weights.py"),
    "audit/interval.py": ("audit/test_interval.py", "audit/test_relations.py"),
    "audit/verdicts.py": ("audit/test_mixed_checks.py", "audit/test_checks_and_verdicts.py", "audit/test_own_list.py"),
    "agreement.py": ("test_agreement.py",),
}

OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
NAMES = {
    "min": "max",
    "minimum": "maximum",
    "argmin": "argmax",
    "floor": "ceil",
    "any": "all",
    "zeros": "ones",
    "zeros_like": "ones_like",
    "flatnonzero": "argsort",
}
NAMES |= {second: first for first, second in NAMES.items()}
HEAVY = ("pytest", "hypothesis", "pandas", "scipy.stats", "scipy.sparse.linalg", "statsmodels.api", "linearmodels", "pyfixest")
CHECKS = ("strict", "autojunk")  # arguments that change no result
SKIPPED = (ast.Raise, ast.JoinedStr, ast.Assert)  # the wording of a message is no kernel


@dataclass(frozen=True)
class Mutant:
    """A module with one fault.

    Attributes
    ----------
    line : where it is.
    was, now : the expression before and after.
    source : the whole module.
    """

    line: int
    was: str
    now: str
    source: str


def places(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that can carry a fault: not annotations, decorators, texts and messages."""
    for name, value in ast.iter_fields(tree):
        if name in {"annotation", "returns", "decorator_list", "type_params"}:
            continue
        for node in value if isinstance(value, list) else [value]:
            if isinstance(node, ast.AST) and not isinstance(node, SKIPPED) and getattr(node, "arg", "") not in CHECKS:
                yield node
                yield from places(node)


def planted(node: ast.AST) -> bool:
    """Put a fault into ``node``; False if it can carry none."""
    match node:
        case ast.Compare(ops=[op, *_]) if type(op) in OPERATORS:
            node.ops[0] = OPERATORS[type(op)]()  # type: ignore[call-overload]
        case ast.BinOp(op=op) | ast.BoolOp(op=op) if type(op) in OPERATORS and not _of_texts(node):
            node.op = OPERATORS[type(op)]()  # type: ignore[assignment]
        case ast.Name(id=name) if name in NAMES:
            node.id = NAMES[name]
        case ast.Attribute(attr=name) if name in NAMES:
            node.attr = NAMES[name]
        case ast.UnaryOp(op=ast.USub()):
            node.op = ast.UAdd()
        case ast.UnaryOp(op=ast.Not()):
            node.op, node.operand = ast.Not(), ast.UnaryOp(ast.Not(), node.operand)
        case ast.Subscript(slice=ast.Constant(value=int(index))):
            node.slice = ast.Constant(index + 1)
        case ast.Constant(value=bool(value)):
            node.value = not value
        case ast.Constant(value=int() | float() as value):
            node.value = value + 1 if value in (0, 1) else value * (1000 if abs(value) < 1e-2 else 2)
        case _:
            return False
    return True


def _of_texts(node: ast.AST) -> bool:
    """Whether texts are joined here rather than numbers."""
    return any(isinstance(part, ast.Constant | ast.JoinedStr) and isinstance(getattr(part, "value", ""), str) for part in ast.walk(node))


def mutants(source: str) -> list[Mutant]:
    """All modules that differ from ``source`` by one fault."""
    tree = ast.parse(source)
    found = []
    for number, node in enumerate(places(tree)):
        changed = copy.deepcopy(tree)
        other = list(places(changed))[number]
        if planted(other):
            around = ast.unparse(node), ast.unparse(other)
            found.append(Mutant(getattr(node, "lineno", 0), *around, ast.unparse(changed)))
    return found


def copied(folder: Path) -> Path:
    """A project in ``folder`` with a library of its own and everything else of this one."""
    for path in ROOT.iterdir():
        if path.name == "toolkit":
            shutil.copytree(path, folder / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif not path.name.startswith("."):
            (folder / path.name).symlink_to(path)
    return folder


def passes(project: Path, tests: tuple[str, ...], seconds: float) -> bool:
    """Whether the tests pass within the time, in a child process that has the heavy packages already but nothing of the library."""
    child = multiprocessing.get_context("fork").Process(target=_run, args=(project, tests))
    child.start()
    child.join(seconds)
    if child.is_alive():
        child.kill()
        child.join()
    return child.exitcode == 0


def _run(project: Path, tests: tuple[str, ...]) -> None:
    import pytest

    os.chdir(project)
    os.environ["PYTHONPATH"] = str(project)
    sys.path[:] = [str(project), *(entry for entry in sys.path if entry != str(Path(__file__).parent))]  # within.py here is no package
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *(f"tests/{name}" for name in tests)])
    os._exit(int(code))


def examine(project: Path, module: str, number: int, seed: int) -> tuple[int, list[Mutant]]:
    """How many faults were planted, and those that no test noticed."""
    target = project / "toolkit" / module
    source = target.read_text(encoding="utf-8")
    start = time.monotonic()
    if not passes(project, TESTS[module], 900):
        sys.exit(f"{module}: its tests fail, or take a quarter of an hour, without any fault")
    limit = 3 * (time.monotonic() - start) + 20
    every = mutants(source)
    chosen = sorted(random.Random(seed).sample(range(len(every)), min(number, len(every))))
    alive = []
    for place in chosen:
        target.write_text(every[place].source, encoding="utf-8")
        if passes(project, TESTS[module], limit):
            alive.append(every[place])
            print(f"  {module}:{alive[-1].line}: {alive[-1].was}  ->  {alive[-1].now}", flush=True)
    target.write_text(source, encoding="utf-8")
    return len(chosen), alive


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"any of: {', '.join(TESTS)} (default: all)")
    parser.add_argument("--number", type=int, default=20, help="faults planted in each module")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sys.dont_write_bytecode = True
    for package in HEAVY:
        importlib.import_module(package)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        project = copied(Path(folder).resolve())
        for module in given.modules or TESTS:
            start = time.monotonic()
            planted_here, alive = examine(project, module, given.number, given.seed)
            noticed = planted_here - len(alive)
            print(f"{module}: {noticed} of {planted_here} noticed, {time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()

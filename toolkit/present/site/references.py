"""What a chapter draws on, computed from its code: the tables and columns it names, their publications, papers, studies and methods."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from markupsafe import Markup

from toolkit import paths
from toolkit.language import Language, Text
from toolkit.present.site.shell import file_of
from toolkit.present.templates import fill
from toolkit.registry import Registry
from toolkit.registry.published import published
from toolkit.registry.records import Source, Variable
from toolkit.registry.systems import schemes
from toolkit.registry.table_records import Table

HEADING = Text("References", "参考文献")
COLUMNS = Text("Columns used", "所用变量")
SOURCES = Text("Sources of the data", "数据来源")
LITERATURE = Text("Papers examined", "所检验的论文")
STUDIES = Text("Studies", "已发表研究")
METHODS = Text("Methods", "方法文献")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CITED = re.compile(r"^References\n-{3,}\n(.*?)(?=\n\w[^\n]*\n-{3,}|\Z)", re.MULTILINE | re.DOTALL)
_METHODS = ("toolkit.estimate", "toolkit.measure", "toolkit.transform")
_EVIDENCE = "elasticity_evidence"


@dataclass(frozen=True)
class References:
    """What a chapter draws on.

    Attributes
    ----------
    tables : each table it names, with those of its columns that it names.
    sources : the publications of these columns.
    papers : the papers whose statements it examines: what to cite, in both languages.
    studies : published studies that it gives again or counts.
    methods : the literature of the estimators and measures that it calls.
    """

    tables: Sequence[tuple[Table, Sequence[Variable]]]
    sources: Sequence[Source]
    papers: Sequence[Text]
    studies: Sequence[str]
    methods: Sequence[str]


def references_of(cells: Iterable[str], known: Registry) -> References:
    """The references of a notebook: ids of the registry that its cells, and the studies it imports, write in their strings.

    Parameters
    ----------
    cells : its code.
    known : the registry that says what is an id, and where a column comes from.

    Examples
    --------
    >>> from toolkit.registry import registry
    >>> found = references_of(['panel = tk.load("provincial_panel")', 'tk.fit("log(gdp) ~ population", panel)'], registry())
    >>> [(table.id, [column.id for column in columns]) for table, columns in found.tables]
    [('provincial_panel', ['gdp', 'population'])]
    >>> [source.id for source in found.sources]
    ['S02', 'S03', 'S23']
    """
    trees = _reached([ast.parse(cell) for cell in cells])
    words = {word for tree in trees for text in _texts(tree) for word in _WORD.findall(text)}
    for scheme in schemes().values():
        if scheme.id in words:
            words |= {scheme.table, *(name for indicator in scheme.indicators for name in indicator.expression.names)}
    loaded = {name for tree in trees for name in _loaded(tree)}
    named = {table.id: [known.variables[name] for name in table.columns if _counts(name, words, known)] for table in _named(known, words)}
    tables = [(known.tables[name], columns) for name, columns in named.items() if columns or name in loaded]
    columns = {column.id: column for _, used in tables for column in _with_parts(used, known)}
    sources = {source for column in columns.values() for source in column.sources}
    papers = {known.claims[word].paper for word in words & known.claims.keys()}
    modules = {module for tree in trees for module, _ in _imports(tree)}
    return References(
        tables=tables,
        sources=[source for name, source in known.sources.items() if name in sources],
        papers=[
            Text(*(f"{paper.authors.to(each)} ({paper.year}). {paper.title.to(each)}. {paper.outlet.to(each)}" for each in ("en", "zh")))
            for paper in known.papers.values()
            if paper.id in papers or "toolkit.audit.run" in modules or "toolkit.audit" in modules
        ],
        studies=[*_published(words, modules), *(_counted() if _EVIDENCE in words else ())],
        methods=sorted({cited for tree in trees for function in _called(tree) for cited in _cited(function)}),
    )


def references_section(found: References, language: Language) -> Markup:
    """The last section of a chapter; empty if it draws on nothing that the registry knows."""
    if not (found.sources or found.papers or found.studies or found.methods):
        return Markup("")
    lists = {
        LITERATURE: [paper.to(language) for paper in found.papers],
        STUDIES: found.studies,
        METHODS: found.methods,
        SOURCES: [f"{source.name.to(language)} ({source.publisher})" for source in found.sources],
    }
    return fill("references", language, lists={name: rows for name, rows in lists.items() if rows}, heading=HEADING)


def data_section(found: References, language: Language) -> Markup:
    """The tables of a chapter, each with its years and the columns used; empty if it names none."""
    if not found.tables:
        return Markup("")
    tables = [(table, columns, _years(table)) for table, columns in found.tables]
    return fill("data", language, tables=tables, heading=COLUMNS, codebook=file_of("codebook", language))


def _years(table: Table) -> str:
    """The first and the last year of a panel."""
    from toolkit.data import load_frame

    if table.time != "year":
        return ""
    years = load_frame(table.id)[table.time]
    return f"{years.min()}–{years.max()}"


def _reached(trees: list[ast.Module]) -> list[ast.Module]:
    """The given trees and those of all modules of the studies that they import, directly or through one another."""
    reached, seen = list(trees), set[str]()
    for tree in reached:
        for module, name in _imports(tree):
            for candidate in (f"{module}.{name}", module):
                if candidate.startswith("toolkit.studies.") and candidate not in seen and (own := _tree(candidate)):
                    seen.add(candidate)
                    reached.append(own)
    return reached


@cache
def _tree(module: str) -> ast.Module | None:
    path = paths.LIBRARY.joinpath(*module.split(".")[1:]).with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else None


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def _texts(tree: ast.Module) -> Iterator[str]:
    """The strings of some code that are no docstring and no sentence: formulas, names of columns and of tables."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    words = {id(inner) for node in ast.walk(tree) if _is_sentence(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told | words:
            yield node.value
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg


def _loaded(tree: ast.Module) -> Iterator[str]:
    """What some code gives to ``load`` and ``load_frame``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("load", "load_frame"):
                yield str(node.args[0].value)


def _is_sentence(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text"


def _named(known: Registry, words: set[str]) -> list[Table]:
    return [table for table in known.tables.values() if table.id in words]


def _counts(name: str, words: set[str], known: Registry) -> bool:
    """Whether a column is named and comes from somewhere; keys do not."""
    variable = known.variables.get(name)
    return name in words and variable is not None and bool(variable.sources or variable.derived)


def _with_parts(columns: Iterable[Variable], known: Registry) -> Iterator[Variable]:
    """Columns, and what derived ones are computed from."""
    for column in columns:
        yield column
        parts = (known.variables[word] for word in _WORD.findall(column.derived) if word in known.variables and word != column.id)
        yield from _with_parts(parts, known)


def _published(words: set[str], modules: set[str]) -> list[str]:
    """The studies of published.yaml that a chapter names; all of them where it goes through the file."""
    if "toolkit.registry.published" not in modules:
        return []
    everything = published()
    named = [study for study in everything.studies.values() if study.id in words]
    return [study.citation for study in named or everything.studies.values()]


def _counted() -> list[str]:
    """The studies of the evidence, each in its latest version."""
    from toolkit.data import load_frame

    rows = load_frame(_EVIDENCE)
    latest = rows[rows["is_latest"] == 1].sort_values(["authors", "year"])
    return [f"{row.authors} ({row.year:.0f}), {row.outlet}" for row in latest.itertuples()]


def _called(tree: ast.Module) -> Iterator[Callable[..., object]]:
    """The estimators and measures that some code imports, or takes from ``tk``."""
    import toolkit

    for module, name in _imports(tree):
        if module.startswith(_METHODS) and callable(found := getattr(import_module(module), name, None)):
            yield found
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "tk":
            found = getattr(toolkit, node.attr, None)
            if callable(found) and getattr(found, "__module__", "").startswith(_METHODS):
                yield found


def _cited(function: Callable[..., object]) -> list[str]:
    """The section References of a docstring, one publication a string."""
    section = _CITED.search(inspect.getdoc(function) or "")
    return [one.strip().rstrip(".") for one in re.split(r";\s|\n\n", " ".join(section[1].split()))] if section else []

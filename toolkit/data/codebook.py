"""The codebook: every variable with label, unit, definition, sources, years and breaks, in both languages."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import overload

import pandas as pd

from toolkit.data.catalogue import load_frame
from toolkit.data.raw import RawFolder
from toolkit.data.tables import module_of
from toolkit.errors import UnknownName
from toolkit.language import Language, get_language
from toolkit.paths import relative
from toolkit.registry import Source, Table, Variable, registry
from toolkit.report import Report, ReportMixin, ReportTable


@dataclass(frozen=True)
class Coverage:
    """Where a variable is found: table, and (year, number of values) pairs; for tables without years a single (0, n) pair."""

    table: str
    years: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        runs = []
        for _, group in groupby(enumerate(self.years), key=lambda item: (item[1][0] - item[0], item[1][1])):
            pairs = [pair for _, pair in group]
            first, last, count = pairs[0][0], pairs[-1][0], pairs[0][1]
            span = "" if first == 0 else f"{first} " if first == last else f"{first}-{last} "
            runs.append(f"{span}({count})")
        return f"{self.table}: {', '.join(runs)}"


@dataclass(frozen=True, repr=False)
class CodebookEntry(ReportMixin):
    """One variable with its sources, coverage and the series of raw files that it comes from; shows itself in both languages."""

    variable: Variable
    sources: tuple[Source, ...]
    coverage: tuple[Coverage, ...]
    raw: tuple[str, ...] = ()

    def rows(self) -> tuple[tuple[str, str, str, str], ...]:
        """(heading, heading in Chinese, text, text in Chinese) for everything that is known."""
        v = self.variable
        where = "; ".join(map(str, self.coverage))
        en = "; ".join(f"{s.id}: {s.publication} ({s.publisher})" for s in self.sources)
        zh = "；".join(f"{s.id}：{s.name.zh}" for s in self.sources)
        rows = (
            ("Name", "名称", *v.name),
            ("Unit", "单位", *v.unit),
            ("Definition", "定义", *v.definition),
            ("Formula", "公式", v.derived, v.derived),
            ("Source", "来源", en, zh),
            ("Raw files: series (cells)", "原始文件：序列（单元格数）", "; ".join(self.raw), "; ".join(self.raw)),
            ("Years (values per year)", "年份（每年数值个数）", where, where),
            ("Breaks", "口径变化", *v.breaks),
            ("Weak series", "须谨慎使用", *v.weak),
        )
        return tuple(row for row in rows if row[2])

    def _report(self) -> Report:
        lines = []
        for heading, heading_zh, en, zh in self.rows():
            lines.append(f"  {heading} {heading_zh}: {en}" if en == zh else f"  {heading}: {en}\n  {heading_zh}：{zh}")
        return Report(self.variable.id, lines=tuple(lines))

    def _page(self) -> Report:
        cells = [(f"{heading} {heading_zh}", en, zh) for heading, heading_zh, en, zh in self.rows()]
        return Report(self.variable.id, (ReportTable(("", "English", "中文"), tuple(cells)),))


@cache
def _coverage(inputs: str) -> dict[str, tuple[Coverage, ...]]:
    found: dict[str, list[Coverage]] = {}
    for table in registry().tables.values():
        frame = load_frame(table.id)
        for name in table.columns:
            present = frame[frame[name].notna()]
            years = Counter(present["year"].astype(int)) if "year" in table.keys else Counter({0: len(present)})
            found.setdefault(name, []).append(Coverage(table.id, tuple(sorted((int(y), n) for y, n in years.items()))))
    return {name: tuple(coverage) for name, coverage in found.items()}


def _all_coverage() -> dict[str, tuple[Coverage, ...]]:
    from toolkit.data.build import inputs_of

    return _coverage("".join(inputs_of(table, registry()) for table in registry().tables.values()))


@cache
def _cells(file: str) -> Counter[str]:
    """How many cells a raw file has of each series, be it long or one row per thing."""
    rows = RawFolder().rows(file)
    if rows and {"indicator", "value"} <= set(rows[0]):
        return Counter(row["indicator"] for row in rows)
    return Counter(column for row in rows for column, cell in row.items() if cell)


def _raw_series(variable: Variable) -> Iterator[str]:
    """Where a variable was printed; of a computed one, where the parts of its formula were."""
    keys = {key for table in registry().tables.values() for key in table.keys}  # "of the year before" names no series
    names = [name for name in re.findall(r"[a-z]\w*", variable.derived) if name in registry().variables and name not in keys]
    parts = [registry().variables[name] for name in dict.fromkeys(names)]
    for part in parts:
        if part != variable:
            yield from _raw_series(part)
    for table in registry().tables.values() if not parts else ():
        if variable.id in table.columns:
            yield from _series_of(variable.id, table)


def _series_of(name: str, table: Table) -> Iterator[str]:
    """The series that have the column, or all files of the table where its module makes the column."""
    columns = {name, *(pair.other for pair in table.agreements if pair.id == name)}
    found = [
        f"{RawFolder().label(file)}: {series} ({cells})"
        for file in table.raw
        for series, cells in _cells(file).items()
        if table.reading(file).column(series) in columns
    ]
    module = module_of(table.id)
    if not found and module is not None:
        found = [f"{', '.join(map(RawFolder().label, table.raw))}: made by {relative(Path(str(module.__file__)))}"]
    yield from found


def _entry(name: str, coverage: dict[str, tuple[Coverage, ...]]) -> CodebookEntry:
    variable = registry().variables[name]
    sources = tuple(registry().sources[s] for s in variable.sources)
    return CodebookEntry(variable, sources, coverage=coverage.get(name, ()), raw=tuple(dict.fromkeys(_raw_series(variable))))


@overload
def codebook(name: str) -> CodebookEntry: ...


@overload
def codebook(name: None = None) -> pd.DataFrame: ...


def codebook(name: str | None = None) -> CodebookEntry | pd.DataFrame:
    """The entry of one variable, or a frame of all.

    Raises
    ------
    UnknownName
        There is no such variable; near matches are listed, by id and by name in both languages.

    Examples
    --------
    >>> codebook("fiscal_sci_exp").variable.name.zh
    '地方财政科学技术支出'
    >>> codebook()["variable"].is_unique
    True
    """
    variables = registry().variables
    coverage = _all_coverage()
    if name is None:
        return pd.DataFrame(codebook_rows(get_language()))
    if name not in variables:
        near = difflib.get_close_matches(name, list(variables)) or [
            v.id for v in variables.values() if name.casefold() in f"{v.name.en} {v.name.zh}".casefold()
        ]
        hint = f"near: {', '.join(near[:5])}; " if near else ""
        raise UnknownName(f"there is no variable {name!r}", where="toolkit/registry/variables", remedy=f"{hint}codebook() lists all")
    return _entry(name, coverage)


def codebook_rows(language: Language, table: str | None = None) -> list[dict[str, str]]:
    """One row per variable that a table holds (or that ``table`` holds), in ``language``, for pages and frames.

    Keys: variable, name, unit, definition, source (ids), coverage, breaks, weak, formula.
    """
    coverage = _all_coverage()
    rows = []
    for v in registry().variables.values():
        places = tuple(c for c in coverage.get(v.id, ()) if table in (None, c.table))
        if not places:
            continue
        rows.append(
            {
                "variable": v.id,
                "name": v.name.to(language),
                "unit": v.unit.to(language),
                "definition": v.definition.to(language),
                "source": ", ".join(v.sources),
                "coverage": "; ".join(map(str, places)),
                "breaks": v.breaks.to(language),
                "weak": v.weak.to(language),
                "formula": v.derived,
            }
        )
    return rows


def codebook_markdown(language: Language | None = None) -> str:
    """The whole codebook as one Markdown table per built table.

    Examples
    --------
    >>> "| fiscal_sci_exp |" in codebook_markdown("en")
    True
    """
    chosen = language or get_language()
    parts = []
    for table in registry().tables.values():
        rows = codebook_rows(chosen, table.id)
        parts.append(f"## {table.id}: {table.title.to(chosen)}\n\n{table.description.to(chosen)}\n\n{_markdown(rows)}")
    return "\n\n".join(parts) + "\n"


def _markdown(rows: Sequence[dict[str, str]]) -> str:
    lines = [f"| {' | '.join(rows[0])} |", f"|{'---|' * len(rows[0])}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row.values())} |" for row in rows]
    return "\n".join(lines)

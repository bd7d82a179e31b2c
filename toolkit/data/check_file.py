"""A user's file looked at before it is used: what it is, what was done to read it, what is wrong and what looks wrong, on one screen."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from toolkit.data.finding import Finding
from toolkit.data.own import by_row
from toolkit.data.validate import suspicions, violations
from toolkit.errors import MissingColumn, SchemaViolated, ToolkitError
from toolkit.language import Language, Text, get_language, note
from toolkit.panel import Panel
from toolkit.paths import relative
from toolkit.reading import in_five_lines
from toolkit.registry.schema import Schema, find_schema
from toolkit.report import Report, ReportMixin, ReportTable, number, report_table

SHOWN = 6  # findings of one kind that are printed; all are in the JSON report
COLUMNS = 24  # columns that are printed
MOSTLY = 0.2  # share of numbers from which a column of text is called mixed
_REFUSED = Text("{what}", "无法读取：{what}")
_GAPS = Text(
    "{count} with a hole between the first and the last period; the first: {first}", "{count}个个体的首末期之间存在缺口，首个：{first}"
)
_ONCE = Text("{count} seen in one period alone: {names}", "{count}个个体仅出现一期：{names}")
_EMPTY = Text("every cell is empty", "全列为空")
_CONSTANT = Text("every value is {value}", "所有取值均为{value}")
_HALF = Text("columns that are more than half empty: {count} ({names})", "半数以上单元格为空的列：{count}个（{names}）")
_MIXED = Text(
    "text, though {numbers} of {cells} cells are numbers; rows with others: {rows}",
    "该列为文本，但{cells}个单元格中有{numbers}个是数值；其余见第{rows}行",
)
_ROWS = Text(
    "{rows} rows, {entities} × {entity}, {periods} × {time} ({first}–{last}), {kind}",
    "{rows}行，{entity}{entities}个，{time}{periods}期（{first}—{last}），{kind}",
)
_BALANCED, _UNBALANCED = Text("balanced", "平衡面板"), Text("unbalanced", "非平衡面板")
_MORE = Text("and {count} more of this kind (all with --json)", "另有{count}项同类问题（全部见 --json）")
_HEADS = {
    "done": Text("To read it", "读取时的处理"),
    "error": Text("Errors", "错误"),
    "warning": Text("To look at", "请核对"),
    "column": Text("column", "列"),
    "type": Text("type", "类型"),
    "filled": Text("filled", "非空"),
    "least": Text("smallest", "最小值"),
    "median": Text("median", "中位数"),
    "most": Text("largest", "最大值"),
    "unit": Text("unit", "单位"),
}
_TYPES = {"number": Text("number", "数值"), "text": Text("text", "文本")}
_SUMMARY = Text("Errors: {errors}. To look at: {warnings}.", "错误{errors}项，待核对{warnings}项。")
_SCHEMA = Text("schema: {name}", "模式：{name}")


@dataclass(frozen=True, repr=False)
class FileCheck(ReportMixin):
    """What the check of a file has found.

    Attributes
    ----------
    where, size : the file and its bytes.
    panel : what was read, with the rows of the file as row labels; None if it cannot be read.
    schema : what it was compared with; None if with nothing.
    findings : errors first.
    """

    where: str
    size: int
    panel: Panel | None
    schema: Schema | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What keeps the file from being used."""
        return tuple(found for found in self.findings if found.level == "error")

    def _report(self) -> Report:
        return _report(self, get_language())

    def to_json(self) -> str:
        """Everything as JSON, with both languages."""
        shape = self.panel.shape() if self.panel else None
        content = {
            "file": self.where,
            "bytes": self.size,
            "schema": self.schema.id if self.schema else "",
            "keys": [self.panel.entity, self.panel.time] if self.panel else [],
            "rows": shape.rows if shape else None,
            "entities": shape.entities if shape else None,
            "periods": shape.periods if shape else None,
            "balanced": shape.balanced if shape else None,
            "columns": list(self.panel.columns) if self.panel else [],
            "done": [{"en": done.to("en"), "zh": done.to("zh")} for done in self.panel.notes] if self.panel else [],
            "findings": [found.plain() for found in self.findings],
        }
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def check_file(path: str | Path, schema: str | Path | Schema | None = None, *, entity: str = "", time: str = "") -> FileCheck:
    """Look at a user's file.

    Parameters
    ----------
    path : as for :func:`~toolkit.data.own.read_panel`.
    schema : a table of the registry by name, the path of a user's schema, or none.
    entity, time : the two keys; by default those of the schema, else those that ``read_panel`` finds.

    Returns
    -------
    FileCheck
        A file that cannot be read has an error and no panel; nothing is raised for it.

    Raises
    ------
    UnknownName, RegistryError
        The schema is none.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "mine.csv"
    >>> _ = file.write_text("firm,year,rd\\na,2020,1.5\\na,2021,x\\nb,2020,2\\n", encoding="utf-8")
    >>> [found.level for found in check_file(file).findings]
    ['error']
    """
    path = Path(path)
    wanted = schema if isinstance(schema, Schema) or schema is None else find_schema(schema)
    size = path.stat().st_size if path.is_file() else 0
    try:
        panel = _with_keys(path, wanted, entity, time)
    except ToolkitError as error:
        text = "\n      ".join(str(error).splitlines())
        refused = Finding("error", note("refused", _REFUSED, what=text))
        return FileCheck(where=relative(path), size=size, panel=None, schema=wanted, findings=(refused,))
    found = [*(violations(panel, wanted) if wanted else ()), *_shape(panel)]
    for column in panel.columns:
        found += _column(panel, column)
    ordered = sorted(found, key=lambda one: one.level != "error")
    return FileCheck(where=relative(path), size=size, panel=panel, schema=wanted, findings=tuple(ordered))


def _with_keys(path: Path, schema: Schema | None, entity: str, time: str) -> Panel:
    """The file with the keys of the schema; one of the registry describes columns, whatever the file calls its keys."""
    if schema is None:
        return by_row(path, entity=entity or None, time=time or None)
    try:
        return by_row(path, entity=entity or schema.entity, time=time or schema.time)
    except MissingColumn:
        if schema.absent == "refused":
            raise
        return by_row(path, entity=entity or None, time=time or None)


def read_checked(path: str | Path, schema: str | Path | Schema) -> Panel:
    """A panel from a user's file that satisfies a schema and is shown under the schema's names and units.

    Raises
    ------
    SchemaViolated
        With all cells that the schema refuses, the first ten in full.
    ToolkitError
        As :func:`~toolkit.data.own.read_panel`.
    """
    wanted = schema if isinstance(schema, Schema) else find_schema(schema)
    panel = by_row(path, entity=wanted.entity, time=wanted.time)
    found = violations(panel, wanted)
    if found:
        first = "\n          ".join(one.to("en") for one in found[:10])
        raise SchemaViolated(
            f"{len(found)} violations of the schema {wanted.id}",
            where=f"{relative(Path(path))}\n          {first}",
            remedy="correct the file or the schema; python run.py check FILE --schema SCHEMA shows all",
        )
    return replace(panel, frame=panel.frame.reset_index(drop=True), origin=wanted.origin)


def _shape(panel: Panel) -> Iterable[Finding]:
    shape = panel.shape()
    if shape.gaps:
        first = " ".join(map(str, shape.gaps[0]))
        yield Finding("warning", note("gaps", _GAPS, count=len(shape.gaps), first=first), column=panel.entity)
    if shape.singletons:
        names = tuple(map(str, shape.singletons[:SHOWN]))
        yield Finding("warning", note("singletons", _ONCE, count=len(shape.singletons), names=names), column=panel.entity)

    half = tuple(name for name in panel.columns if 0 < panel.frame[name].count() < len(panel) / 2)
    if half:
        names = (*half[:SHOWN], *(["..."] if len(half) > SHOWN else []))
        yield Finding("warning", note("half_empty", _HALF, count=len(half), names=names))


def _column(panel: Panel, name: str) -> Iterable[Finding]:
    values = panel.frame[name]
    filled = values.dropna()
    if filled.empty:
        yield Finding("warning", note("empty", _EMPTY), column=name)
        return
    if filled.nunique() == 1 and len(filled) > 1:
        yield Finding("warning", note("one_value", _CONSTANT, value=str(filled.iloc[0])), column=name)
    if pd.api.types.is_numeric_dtype(values):
        yield from suspicions(panel, name)
        return
    numbers = pd.to_numeric(filled, errors="coerce").notna()
    if MOSTLY <= numbers.mean() < 1:
        rows = tuple(str(row) for row in filled.index[~numbers][:SHOWN])
        yield Finding("warning", note("mixed", _MIXED, numbers=int(numbers.sum()), cells=len(filled), rows=rows), column=name)


def _report(check: FileCheck, language: Language) -> Report:
    name = Path(check.where)
    kind = name.suffix.removeprefix(".").lower() or "?"
    title = f"{check.where} ({kind}, {check.size / 1024:,.1f} KB)"
    lines: list[str] = []
    tables: tuple[ReportTable, ...] = ()
    if check.schema:
        title += "; " + _SCHEMA.filled(name=check.schema.id).to(language)
    if check.panel is not None:
        title += "\n" + _size(check.panel).to(language)
        if check.panel.notes:
            lines += [_HEADS["done"].to(language), *(f"  - {line}" for line in in_five_lines(check.panel.notes, language))]
        tables = (_columns(check.panel, check.schema, language),)
    for level in ("error", "warning"):
        chosen = [found for found in check.findings if found.level == level]
        if chosen:
            lines += [_HEADS[level].to(language), *_listed(chosen, language)]
    errors = len(check.errors)
    lines.append(_SUMMARY.filled(errors=errors, warnings=len(check.findings) - errors).to(language))
    return Report(title, tables, tuple(lines))


def _size(panel: Panel) -> Text:
    shape, times = panel.shape(), panel.frame[panel.time]
    return _ROWS.filled(
        rows=f"{shape.rows:,}",
        entities=shape.entities,
        entity=panel.entity,
        periods=shape.periods,
        time=panel.time,
        first=str(times.min()),
        last=str(times.max()),
        kind=_BALANCED if shape.balanced else _UNBALANCED,
    )


def _columns(panel: Panel, schema: Schema | None, language: Language) -> ReportTable:
    rows = []
    for name in panel.columns[:COLUMNS]:
        values = panel.frame[name]
        numeric = pd.api.types.is_numeric_dtype(values)
        said = schema.columns.get(name) if schema else None
        spread = [number(float(values.agg(how))) for how in ("min", "median", "max")] if numeric and values.notna().any() else ["", "", ""]
        unit = said.unit.to(language) if said else panel.units.get(name, "")
        rows.append([name, _TYPES["number" if numeric else "text"].to(language), f"{int(values.notna().sum()):,}", *spread, unit])
    heads = [_HEADS[head].to(language) for head in ("column", "type", "filled", "least", "median", "most", "unit")]
    return report_table(pd.DataFrame(rows, columns=heads))


def _listed(found: list[Finding], language: Language) -> list[str]:
    """Some of each kind, with a count of the others."""
    kinds: dict[str, list[Finding]] = {}
    for one in found:
        kinds.setdefault(one.note.key, []).append(one)
    lines = []
    for same in kinds.values():
        lines += [f"  - {one.to(language)}" for one in same[:SHOWN]]
        if len(same) > SHOWN:
            lines.append(f"    {_MORE.filled(count=len(same) - SHOWN).to(language)}")
    return lines

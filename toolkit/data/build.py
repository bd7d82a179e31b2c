"""Raw files to processed tables: verify, read, correct, compute, check, write."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from toolkit.data.agreements import AgreementResult, agreements
from toolkit.data.checks import CheckResult, check_columns, check_coverage, check_ranges, check_sum
from toolkit.data.raw import RawFolder
from toolkit.data.repairs import cells_of
from toolkit.data.repeats import check_crossings, check_repeats
from toolkit.data.store import Log, arrange, read_log, write, write_datapackage
from toolkit.data.tables import build_declared, module_of
from toolkit.data.unlisted import unlisted
from toolkit.paths import DATA_PROCESSED, DATA_RAW, relative
from toolkit.registry import Registry, Table
from toolkit.registry.load import digest


@dataclass(frozen=True)
class TableReport:
    """One built table: rows, columns, hash of its CSV, the checks with their gaps, corrections applied, weak columns, rows left out."""

    name: str
    rows: int
    columns: int
    sha256: str
    checks: tuple[CheckResult, ...]
    corrections: tuple[str, ...]
    weak: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    agreements: tuple[AgreementResult, ...] = ()


@dataclass(frozen=True)
class BuildReport:
    """What a build wrote, and where; ``unlisted`` are raw files that nothing reads, each with the entry that lists it."""

    folder: Path
    tables: tuple[TableReport, ...]
    seconds: float
    unlisted: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"{len(self.tables)} tables in {relative(self.folder)} ({self.seconds:.1f} s)"]
        for t in self.tables:
            extra = f", {len(t.corrections)} corrections" if t.corrections else ""
            extra += f", {len(t.agreements)} quantities of two publications compared" if t.agreements else ""
            extra += f", {len(t.excluded)} rows left out" if t.excluded else ""
            lines.append(f"  {t.name}: {t.rows} rows x {t.columns} columns, {len(t.checks)} sums checked{extra}")
        lines += self.unlisted
        return "\n".join(lines)


def build_tables(
    target: Path = DATA_PROCESSED, *, raw_root: Path = DATA_RAW, registry: Registry | None = None, baseline: Path | None = None
) -> BuildReport:
    """Build, check and write every table of the registry, and datapackage.json.

    Nothing is written unless every table passes.

    Parameters
    ----------
    target : folder for ``<table>.csv`` and ``<table>.log``.
    raw_root : folder of the raw files.
    registry : records (default: those of the project).
    baseline : folder with the logs whose coverage must not shrink (default: ``target``).

    Raises
    ------
    DataError
        One of its named kinds: a changed or missing raw file, text in a number, an unknown province, a duplicate, a value out of range,
        a sum that does not hold, fewer values than recorded.
    """
    started = time.perf_counter()
    raw = RawFolder(raw_root, registry)
    records = raw.registry
    frames = {name: _build_frame(name, raw) for name in records.tables}
    results = {name: checked(table, frames, records) for name, table in records.tables.items()}
    logs_folder = target if baseline is None else baseline
    for name, table in records.tables.items():
        before = read_log(logs_folder / f"{name}.log")
        arranged = arrange(frames[name], table, records)
        if before is not None:
            after = {str(c): int(n) for c, n in arranged.notna().sum().items()}
            check_coverage(table, before.counts, after, relative(logs_folder / f"{name}.log"))
    target.mkdir(parents=True, exist_ok=True)
    logs: dict[str, Log] = {}
    for name, table in records.tables.items():
        logs[name] = write(frame=frames[name], table=table, registry=records, folder=target, inputs=inputs_of(table, records))
    write_datapackage(records, logs, target)
    reports = tuple(
        _report(table=table, registry=records, raw=raw, log=logs[name], checks=results[name]) for name, table in records.tables.items()
    )
    return BuildReport(target, reports, time.perf_counter() - started, tuple(unlisted(raw).values()))


def _build_frame(name: str, raw: RawFolder) -> pd.DataFrame:
    """The frame of table ``name`` before it is arranged and checked."""
    module = module_of(name)
    frame: pd.DataFrame = build_declared(raw, name) if module is None else module.build(raw)
    return frame


def checked(table: Table, frames: dict[str, pd.DataFrame], registry: Registry) -> tuple[CheckResult, ...]:
    """Run every check of ``table``; raise the first that fails."""
    frame = frames[table.id]
    check_columns(frame, table)
    check_ranges(frame, table, registry)
    check_repeats(frame, table, registry)
    check_crossings(frame, table, registry)
    return tuple(check_sum(check, table, frames) for check in table.all_checks())


def compared_publications(table_id: str, raw: RawFolder | None = None) -> tuple[AgreementResult, ...]:
    """How the quantities of a table that two publications give compare.

    Examples
    --------
    >>> {result.id: result.compared for result in compared_publications("provincial_panel")}["rd_expenditure"]
    217
    """
    folder = RawFolder() if raw is None else raw
    table = folder.registry.tables[table_id]
    repaired = getattr(module_of(table_id), "repaired", None)
    return agreements(repaired(folder), table) if repaired is not None else ()


def repaired_cells(table_id: str, raw: RawFolder | None = None) -> pd.DataFrame:
    """Every cell that a declared repair changes, as published and as it stands in the table.

    Returns
    -------
    Columns repair (id), kind, entity, time, variable, before and after; a missing value is NaN.

    Examples
    --------
    >>> cells = repaired_cells("provincial_panel").set_index(["entity", "time", "variable"])
    >>> cells.loc[("Jiangsu", 2018, "ind_rd_fte"), ["before", "after"]].tolist()
    [394147.0, 455530.0]
    """
    folder = RawFolder() if raw is None else raw
    table, module = folder.registry.tables[table_id], module_of(table_id)
    columns = ["repair", "kind", "entity", "time", "variable", "before", "after"]
    if not hasattr(module, "publications"):
        return pd.DataFrame(columns=columns)
    keys = [table.entity, table.time]
    published, built = module.publications(folder), module.build(folder)  # type: ignore[union-attr]
    before, after = published.set_index(keys), built.set_index(keys)
    rows = [
        (
            rule.id,
            type(rule).__name__.lower(),
            entity,
            time,
            variable,
            before.at[(entity, time), variable],
            after.at[(entity, time), variable],
        )
        for rule in folder.registry.corrections.values()
        if rule.table == table_id
        for entity, time, variable in cells_of(rule, published, table.entity, table.time)
    ]
    return pd.DataFrame(rows, columns=columns)


def inputs_of(table: Table, registry: Registry) -> str:
    """A hash of what a table is built from: raw files, declaration, corrections, and the module that builds it."""
    module = Path(__file__).resolve().parent / "tables" / f"{table.id if module_of(table.id) else '__init__'}.py"
    hashes = [(name, registry.raw_files[name].sha256) for name in table.raw]
    rules = [c for c in registry.corrections.values() if c.table == table.id]
    return digest(table, hashes, rules, module.read_text(encoding="utf-8"))


def _report(table: Table, registry: Registry, raw: RawFolder, log: Log, checks: tuple[CheckResult, ...]) -> TableReport:
    excluded = getattr(module_of(table.id), "excluded", None)
    return TableReport(
        name=table.id,
        rows=log.rows,
        columns=len(table.columns),
        sha256=log.sha256,
        checks=checks,
        corrections=tuple(c.id for c in registry.corrections.values() if c.table == table.id),
        weak=tuple(c for c in table.columns if registry.variables[c].weak.en),
        excluded=excluded(raw) if excluded is not None else (),
        agreements=compared_publications(table.id, raw),
    )

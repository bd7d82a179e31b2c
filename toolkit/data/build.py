"""Raw files to processed tables: verify, read, correct, compute, check, write.

Two checks find slips of a listing that stay inside every range: a value carried forward, and two entities in each other's place.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from toolkit.data.agreements import AgreementResult, agreements
from toolkit.data.checks import CheckResult, check_columns, check_coverage, check_ranges, check_sum
from toolkit.data.raw import RawFolder, unlisted
from toolkit.data.repairs import cells_of
from toolkit.data.store import Log, arrange, read_log, write, write_datapackage
from toolkit.data.tables import build_declared, module_of
from toolkit.errors import CorrectionObsolete, RepeatedValue
from toolkit.paths import DATA_PROCESSED, DATA_RAW, relative
from toolkit.registry import Registry, Table
from toolkit.registry.load import digest
from toolkit.report import Report, ReportMixin


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


@dataclass(frozen=True, repr=False)
class BuildReport(ReportMixin):
    """What a build wrote, and where; ``unlisted`` are raw files that nothing reads, each with the entry that lists it."""

    folder: Path
    tables: tuple[TableReport, ...]
    seconds: float
    unlisted: tuple[str, ...] = ()

    def _report(self) -> Report:
        lines = []
        for t in self.tables:
            extra = f", {len(t.corrections)} corrections" if t.corrections else ""
            extra += f", {len(t.agreements)} quantities of two publications compared" if t.agreements else ""
            extra += f", {len(t.excluded)} rows left out" if t.excluded else ""
            lines.append(f"  {t.name}: {t.rows} rows x {t.columns} columns, {len(t.checks)} sums checked{extra}")
        title = f"{len(self.tables)} tables in {relative(self.folder)} ({self.seconds:.1f} s)"
        return Report(title, lines=(*lines, *self.unlisted))


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
    check_slips(frame, table, registry)
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


def repaired_cells(table_id: str) -> pd.DataFrame:
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
    folder = RawFolder()
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


DIGITS = 4  # fewer repeat by chance in small counts
NEAR, APART = 0.02, 0.2  # logarithms
RATES = ("%", "previous year = 100")

Slip = tuple[str, tuple[str, ...], int]
"""Variable, entities and time of a cell, or of two in each other's place."""


def repeated(frame: pd.DataFrame, table: Table, registry: Registry) -> list[Slip]:
    """Every published amount with four and more significant digits that equals the year before.

    Parameters
    ----------
    frame : one row per entity and year.
    table, registry : the table and the records of its columns; derived columns, shares and indices are passed over.
    """
    ordered = frame.sort_values([table.entity, table.time])
    years = ordered.groupby(table.entity)[table.time]
    follows = ordered[table.time] == years.shift(1) + 1
    found: list[Slip] = []
    for name in _amounts(table, registry):
        before = ordered.groupby(table.entity)[name].shift(1)
        same = ordered[follows & (ordered[name] == before)]
        cells = zip(same[table.entity], same[table.time], same[name], strict=True)
        found += [(name, (str(entity),), int(time)) for entity, time, value in cells if _digits(value) >= DIGITS]
    return found


def crossed(frame: pd.DataFrame, table: Table, registry: Registry) -> list[Slip]:
    r"""Every two entities of which each has the other's value of the year before.

    They are entities i and j with :math:`|\ln x_{it} - \ln x_{j,t-1}| < 0.02`, the same with i and j exchanged, and
    :math:`|\ln x_{i,t-1} - \ln x_{j,t-1}| > 0.2`.

    Parameters
    ----------
    frame, table, registry : as in :func:`repeated`; only positive amounts are compared.
    """
    found: list[Slip] = []
    for name in _amounts(table, registry):
        wide = frame.pivot(index=table.time, columns=table.entity, values=name)
        entities, times = [str(entity) for entity in wide.columns], [int(time) for time in wide.index]
        logs = np.log(wide.where(wide > 0).to_numpy(dtype="float64"))
        for row in range(1, len(times)):
            if times[row] != times[row - 1] + 1:
                continue
            before, now = logs[row - 1], logs[row]
            near = np.abs(now[:, None] - before[None, :]) < NEAR
            apart = np.abs(before[:, None] - before[None, :]) > APART
            pairs = np.argwhere(np.triu(near & near.T & apart, 1))
            found += [(name, (entities[i], entities[j]), times[row]) for i, j in pairs]
    return found


def _amounts(table: Table, registry: Registry) -> list[str]:
    """The published amounts of a table: neither derived nor shares nor indices."""
    known = [registry.variables[name] for name in table.columns]
    return [v.id for v in known if v.kind == "number" and not v.derived and v.unit.en not in RATES]


def _digits(value: float) -> int:
    """Significant digits of a printed figure, trailing zeros not counted."""
    return len(f"{value:.12g}".replace(".", "").replace("-", "").strip("0"))


def check_slips(frame: pd.DataFrame, table: Table, registry: Registry) -> None:
    """Every repeat and every crossing is declared in tables.yaml where the table has the list, and every declaration is met.

    Raises
    ------
    RepeatedValue, CorrectionObsolete
    """
    slips: dict[str, tuple[str, set[Slip], set[Slip]]] = {}  # list -> what is wrong, found, declared
    if table.repeats is not None:
        declared: set[Slip] = {(r.variable, (r.entity,), r.time) for r in table.repeats}
        slips["repeats"] = "equals the year before to the last digit", set(repeated(frame, table, registry)), declared
    if table.crossings is not None:
        declared = {(c.variable, (min(c.entities), max(c.entities)), c.time) for c in table.crossings}
        slips["crossings"] = "take each other's value of the year before", set(crossed(frame, table, registry)), declared
    for kind, (what, found, declared) in slips.items():
        if found - declared:
            raise RepeatedValue(
                f"{_cell(min(found - declared))} {what} ({len(found - declared)} such cells)",
                where=f"table {table.id}",
                remedy=f"compare with another publication: repair the cell in corrections.yaml, or declare it under {kind} with its reason",
            )
        if declared - found:
            raise CorrectionObsolete(
                f"{_cell(min(declared - found))} is declared under {kind} and is none",
                where=f"toolkit/registry/tables.yaml, entry {table.id}, {kind}",
                remedy="remove the declaration",
            )


def _cell(slip: Slip) -> str:
    name, entities, time = slip
    return f"{name} of {' and '.join(entities)} {time}"

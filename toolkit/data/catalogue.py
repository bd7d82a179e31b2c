"""Loading built tables: read from data_processed, built first when absent or out of date."""

from __future__ import annotations

import difflib
import hashlib
import io
from pathlib import Path

import pandas as pd

from toolkit.data.build import build_tables, inputs_of
from toolkit.data.raw import verified
from toolkit.data.store import read_log
from toolkit.errors import PanelError, UnknownName
from toolkit.language import Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.paths import DATA_PROCESSED, DATA_RAW
from toolkit.registry import Table, registry
from toolkit.report import Report, ReportMixin, ReportTable

_TYPES = {"number": "float64", "integer": "int64"}


def list_tables() -> tuple[str, ...]:
    """Names of all tables.

    Examples
    --------
    >>> "provincial_panel" in list_tables()
    True
    """
    return tuple(registry().tables)


def _table_record(name: str) -> Table:
    """The declaration of table ``name``.

    Raises
    ------
    UnknownName
        With near matches.
    """
    known = registry().tables
    if name not in known:
        near = ", ".join(difflib.get_close_matches(name, list(known))) or ", ".join(known)
        raise UnknownName(f"there is no table {name!r}", where="toolkit/registry/tables.yaml", remedy=f"use one of: {near}")
    return known[name]


def _current(table: Table, folder: Path) -> bytes | None:
    """The bytes of the built table when they are the ones its log describes and its inputs have not changed."""
    for name in table.raw:
        record = registry().raw_files[name]
        verified(DATA_RAW / record.path, record)
    log, path = read_log(folder / f"{table.id}.log"), folder / f"{table.id}.csv"
    if log is None or not path.is_file() or log.inputs != inputs_of(table, registry()):
        return None
    content = path.read_bytes()
    return content if hashlib.sha256(content).hexdigest() == log.sha256 else None


def load_frame(name: str) -> pd.DataFrame:
    """The table ``name`` as a frame, built first when it is absent or out of date.

    Raises
    ------
    UnknownName
        There is no such table; near matches are listed.
    DataError
        The table had to be built and a check failed.

    Examples
    --------
    >>> load_frame("provinces").shape
    (31, 12)
    """
    table = _table_record(name)
    content = _current(table, DATA_PROCESSED)
    if content is None:
        build_tables(DATA_PROCESSED)
        content = (DATA_PROCESSED / f"{name}.csv").read_bytes()
    kinds = {c: registry().variables[c].kind for c in table.columns}
    frame = pd.read_csv(io.BytesIO(content), dtype="str", na_values=[""], keep_default_na=False)
    # Text to float by astype is exact; the parser of read_csv may be off in the last digit.
    typed = frame.astype({c: _TYPES[kind] for c, kind in kinds.items() if kind != "text"})
    return marked(typed.copy())  # a copy in one piece: astype leaves a piece for each column, of which pandas complains later


def load(name: str) -> Panel:
    """The table ``name`` as a panel.

    Raises
    ------
    UnknownName
        There is no such table.
    PanelError
        The table has no entity and time; use :func:`load_frame`.

    Examples
    --------
    >>> panel = load("provincial_panel")
    >>> panel.entity, panel.time, panel.shape().balanced
    ('province', 'year', True)
    """
    table = _table_record(name)
    if not table.entity or not table.time:
        panels = ", ".join(t.id for t in registry().tables.values() if t.entity)
        raise PanelError(f"table {name} is no panel", remedy=f'use load_frame("{name}"); panels are: {panels}')
    return Panel(load_frame(name), table.entity, table.time, name)


class Tables(ReportMixin):
    """The tables by name, for completion in a notebook: ``tables["provincial_panel"]`` is ``load("provincial_panel")``.

    Examples
    --------
    >>> tables["provincial_panel"].entity, "provincial_panel" in tables._ipython_key_completions_()
    ('province', True)
    """

    def __getitem__(self, name: str) -> Panel:
        return load(name)

    def _ipython_key_completions_(self) -> list[str]:
        return [table.id for table in registry().tables.values() if table.entity and table.time]

    def _report(self) -> Report:
        rows = tuple((name, registry().tables[name].title.to()) for name in self._ipython_key_completions_())
        return Report("", (ReportTable(("", Text("Data table", "数据表").to()), rows),))


tables = Tables()

"""A panel as a file that other programs read, and that comes back as it was."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from toolkit.data.readers.about import HEADER, SHEET, SUFFIX, About, quiet, type_of
from toolkit.data.readers.stata import PANEL, stata_label, stata_names
from toolkit.data.readers.typed import META
from toolkit.data.xlsx import workbook
from toolkit.errors import UnknownOption
from toolkit.language import text_in
from toolkit.panel import Panel
from toolkit.paths import replacing, write_text
from toolkit.registry import registry

_EXACT = 2**53  # whole numbers that a double, Stata's and Excel's number, keeps


def export(panel: Panel, path: str | Path) -> Path:
    """Write a panel with its labels, units and names; ``read_panel`` brings it back equal.

    =============  ===================================================================================================================
    ``.csv``       UTF-8 with a mark that Excel knows; labels, units and types in ``<name>.csv-metadata.json``
    ``.xlsx``      one sheet of data, one that describes the columns
    ``.dta``       Stata 14 and later; labels of variables, with the unit in square brackets, cut at 80 characters
    ``.parquet``   labels and units in the metadata of the file; also ``.feather``
    =============  ===================================================================================================================

    Text that begins with = + - @ is written as text, so that no program takes it for a formula; in a CSV it gets an apostrophe, which
    ``read_panel`` takes off again. Columns of the registry have the registry's labels (in the current language) and units.

    Parameters
    ----------
    panel : what to write.
    path : where; the end of the name says the format.

    Returns
    -------
    Path

    Raises
    ------
    UnknownOption
        No such format, or a column that the format cannot hold.

    Examples
    --------
    >>> import tempfile
    >>> from toolkit.data import read_panel
    >>> frame = pd.DataFrame({"省份": ["Beijing", "Hebei"], "年份": [2020, 2020], "rd": [0.1, 2.5], "note": ["=1+1", "-"]})
    >>> panel = Panel(frame, "省份", "年份", units={"rd": "亿元"}, labels={"rd": "R&D经费"})
    >>> for suffix in ("csv", "xlsx", "dta", "parquet"):
    ...     back = read_panel(export(panel, Path(tempfile.mkdtemp()) / f"mine.{suffix}"))
    ...     print(back.frame.equals(panel.frame), back.labels, back.units)
    True {'rd': 'R&D经费'} {'rd': '亿元'}
    True {'rd': 'R&D经费'} {'rd': '亿元'}
    True {'rd': 'R&D经费'} {'rd': '亿元'}
    True {'rd': 'R&D经费'} {'rd': '亿元'}
    """
    path = Path(path)
    writers = {".csv": _csv, ".xlsx": _xlsx, ".dta": _stata, ".parquet": _arrow, ".feather": _arrow}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise UnknownOption(f"{path.name} has no known ending", remedy=f"end it with {', '.join(writers)}")
    frame = _writable(panel.frame, path)
    labels, units = _of_registry(panel)
    about = About(
        entity=panel.entity,
        time=panel.time,
        types={str(name): type_of(frame[name]) for name in frame.columns},
        labels={**labels, **panel.labels},
        units={**units, **panel.units},
    )
    write(frame, about, path)
    return path


def _of_registry(panel: Panel) -> tuple[dict[str, str], dict[str, str]]:
    if panel.origin != "registry":
        return {}, {}
    known = {name: registry().variables[name] for name in panel.frame.columns if name in registry().variables}
    return {n: text_in(v.short) for n, v in known.items()}, {n: text_in(v.unit) for n, v in known.items() if v.unit.en}


def _writable(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Columns of numbers, dates and text; categories and periods as text."""
    columns = {}
    for name in frame.columns:
        column = frame[name].reset_index(drop=True)
        if type_of(column) == "string":
            odd = next((v for v in column.dropna() if not isinstance(v, str | pd.Period | int | float)), None)
            if odd is not None:
                raise UnknownOption(
                    f"{name} holds {type(odd).__name__}", where=path.name, remedy="make it text or numbers, or leave it out"
                )
            column = column.map(str, na_action="ignore").astype("str")
        elif type_of(column) == "integer" and path.suffix != ".parquet" and (column.abs() > _EXACT).any():
            raise UnknownOption(f"{name} holds whole numbers of more than 15 digits", where=path.name, remedy="make it text: astype(str)")
        columns[str(name)] = column
    return pd.DataFrame(columns)


def _csv(frame: pd.DataFrame, about: About, path: Path) -> None:
    texts = {name: frame[name].map(quiet, na_action="ignore") for name, kind in about.types.items() if kind == "string"}
    heads = {name: quiet(name) for name in frame.columns}
    buffer = io.StringIO()
    frame.assign(**texts).rename(columns=heads).to_csv(buffer, index=False, lineterminator="\n")
    write_text(path, "\ufeff" + buffer.getvalue())
    write_text(path.with_name(path.name + SUFFIX), about.text())


def _xlsx(frame: pd.DataFrame, about: About, path: Path) -> None:
    data = [list(frame.columns), *frame.astype(object).where(frame.notna(), None).to_numpy().tolist()]
    with replacing(path) as temporary:
        temporary.write_bytes(workbook({"data": data, SHEET: [HEADER, *about.rows()]}))


def _stata(frame: pd.DataFrame, about: About, path: Path) -> None:
    names = stata_names(list(frame.columns))
    labels = {names[n]: stata_label(n, names[n], about.labels.get(n, ""), about.units.get(n, "")) for n in frame.columns}
    whole = {names[n]: frame[n].astype("float64") for n in frame.columns if type_of(frame[n]) == "integer" and (frame[n].abs() > 2e9).any()}
    texts = {names[n]: frame[n].fillna("") for n, kind in about.types.items() if kind == "string"}
    plain = frame.rename(columns=names).assign(**whole, **texts)
    roles = json.dumps([names[about.entity], names[about.time]], ensure_ascii=False, separators=(",", ":"))
    with replacing(path) as temporary:
        plain.to_stata(
            temporary,
            write_index=False,
            version=118,
            variable_labels={n: t for n, t in labels.items() if t},
            data_label=(PANEL + roles)[:80],
        )


def _arrow(frame: pd.DataFrame, about: About, path: Path) -> None:
    import pyarrow as pa
    from pyarrow import feather, parquet

    kept = replace(about, types={})
    meta: Mapping[bytes, bytes] = {META: json.dumps(vars(kept), ensure_ascii=False).encode()}
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **meta})
    with replacing(path) as temporary:
        if path.suffix == ".parquet":
            parquet.write_table(table, temporary)
        else:
            feather.write_feather(table, str(temporary))

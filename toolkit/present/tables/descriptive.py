"""Descriptive statistics of columns: over all rows, and apart between and within entities."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import MissingColumn, NotNumeric, PanelError, PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.panel import Panel
from toolkit.present.exhibit import TableExhibit
from toolkit.present.tables.notes import changes_crossed, weak_series
from toolkit.present.tables.table import Cell, Row, Table
from toolkit.present.words import formats
from toolkit.present.words.labels import label, province_label, region_label, unit_of
from toolkit.present.words.naming import Labels, Names, Notes, listed, names_for
from toolkit.present.words.words import VARIABLE, statistic_label

if TYPE_CHECKING:
    import pandas as pd

_NOISE = 1e-6  # of the largest value: a spread below it comes from the representation of numbers
_LARGEST = 1e9  # from here on powers of ten are printed
STATISTICS = ("rows", "mean", "sd", "min", "p25", "p50", "p75", "max")


def summary(values: np.ndarray) -> dict[str, float]:
    """N, mean, sd (N − 1), min, quartiles (linear interpolation) and max of the finite values; NaN marks what does not exist.

    Examples
    --------
    >>> summary(np.array([1.0, np.nan, 3.0]))["sd"]
    1.4142135623730951
    """
    found = np.asarray(values, dtype=float)
    found = found[np.isfinite(found)]
    if not len(found):
        return {"rows": 0, **dict.fromkeys(STATISTICS[1:], math.nan)}
    low, p25, p50, p75, high = (float(value) for value in np.quantile(found, [0, 0.25, 0.5, 0.75, 1]))
    spread = float(np.std(found, ddof=1)) if len(found) > 1 else math.nan
    if low == high and len(found) > 1:
        spread = 0.0
    return {"rows": len(found), "mean": float(found.mean()), "sd": spread, "min": low, "p25": p25, "p50": p50, "p75": p75, "max": high}


def infinite_values(values: pd.DataFrame) -> dict[str, int]:
    """How many values of each column are infinite; columns without any are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> infinite_values(pd.DataFrame({"x": [1.0, np.inf, -np.inf], "z": [1.0, np.nan, 2.0]}))
    {'x': 2}
    """
    counts = {str(name): int(np.isinf(values[name]).sum()) for name in values}
    return {name: count for name, count in counts.items() if count}


def infinite_note(infinite: Mapping[str, int], names: Names, language: Language) -> list[str]:
    """A sentence that counts the infinite values of each variable; none if there are none."""
    if not infinite:
        return []
    counted = []
    for name, count in infinite.items():
        shown = label(name, language, names)
        counted.append(Text(f"{shown} ({count:,})", f"{shown}（{count:,}个）").to(language))
    listing = Text(", ", "、").to(language).join(counted)
    return [Text(f"Infinite values, left out as well: {listing}.", f"无穷大取值同样剔除：{listing}。").to(language)]


def numeric_columns(frame: pd.DataFrame, variables: Sequence[str], also: Sequence[str] = ()) -> pd.DataFrame:
    """The columns ``variables`` as floats, infinite values included; ``also`` must exist but may hold text.

    Raises
    ------
    MissingColumn
        With near matches.
    NotNumeric
        With the first cell that is no number.
    PresentationError
        If nothing is asked for.
    """
    import pandas as pd

    if not variables and not also:
        raise PresentationError("no variable is named", remedy="name at least one numeric column")
    for name in (*variables, *also):
        if name not in frame.columns:
            known = [str(column) for column in frame.columns]
            near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
            raise MissingColumn(
                f"there is no column {name!r}",
                where=f"columns: {', '.join(known)}",
                remedy=f"did you mean {' or '.join(near)}?" if near else "name a column",
            )
    numbers = {}
    for name in variables:
        converted = pd.to_numeric(frame[name], errors="coerce")
        bad = converted.isna() & frame[name].notna()
        if bad.any():
            raise NotNumeric(
                f"{name} holds {frame.loc[bad, name].iloc[0]!r}, which is no number",
                where=f"row label {frame.index[bad][0]!r}",
                remedy="name numeric columns only",
            )
        numbers[name] = converted.astype(float)
    return pd.DataFrame(numbers, index=frame.index)


PARTS = ("overall", "between", "within")
_OF_PARTS = ("rows", "mean", "sd", "min", "max")
TITLE = Text("Descriptive statistics", "描述性统计")
TITLE_WITHIN = Text("Variation between and within units", "组间与组内差异")
UNIT = Text("Unit", "单位")
_NOTE_SD = Text(
    "Standard deviations divide by N − 1; percentiles interpolate linearly; missing values are left out variable by variable.",
    "标准差除以N−1；分位数采用线性插值；缺失值按变量逐一剔除。",
)
_NOTE_WITHIN = Text(
    "Between: means of the units. Within: deviations from the mean of the unit, with the overall mean added.",
    "组间：各单位均值；组内：对单位均值的离差加总体均值。",
)


def _years_of(data: Panel | pd.DataFrame) -> tuple[int, int] | None:
    """First and last year of a panel whose periods are whole numbers."""
    if not isinstance(data, Panel):
        return None
    times = data.frame[data.time].to_numpy()
    return (int(times.min()), int(times.max())) if times.dtype.kind in "iu" and len(times) else None


def describe(
    data: Panel | pd.DataFrame,
    variables: Sequence[str],
    by: str | None = None,
    *,
    labels: Labels = None,
    digits: int | None = None,
    title: str | Text = TITLE,
    notes: Notes = (),
    number: int | str = "",
) -> TableExhibit:
    """N, mean, standard deviation, minimum, quartiles and maximum of each variable, for all rows or for each group of ``by``.

    Parameters
    ----------
    data : a panel or a frame.
    variables : numeric columns.
    by : a column whose values make the groups, in the order of their first appearance.
    labels : labels that take precedence over the registry, which names the columns of its own data and gives their units; ``"registry"``
        asks for its labels and units for any data.
    digits : decimals; by default three for sizes below ten, two below a thousand, one above, and more where the standard deviation or the
        quartiles would not show otherwise.
    title, notes, number : caption, further notes, "Table 1" / "表 1".

    Returns
    -------
    TableExhibit
        A variable without observations shows dashes and is named in the note, as is a constant one.

    Raises
    ------
    MissingColumn, NotNumeric
        For names that are no column, or columns that hold no numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> describe(pd.DataFrame({"x": [1.0, 2.0, 6.0]}), ["x"]).data[["rows", "mean", "p50"]].values.tolist()
    [[3.0, 3.0, 2.0]]
    """
    import pandas as pd

    variables = listed(variables)
    records, infinite = _by_group(data.frame if isinstance(data, Panel) else data, variables, by)
    names, scales, years = names_for(labels, data), _scales(records, digits), _years_of(data)

    def build(language: Language) -> Table:
        said = [
            _NOTE_SD.to(language),
            *infinite_note(infinite, names, language),
            *_peculiar(records, names, language),
            *weak_series(variables, names, language),
            *changes_crossed([(name, years) for name in variables], names, language),
            *(text_in(note, language) for note in listed(notes)),
        ]
        return Table(
            title=text_in(title, language),
            header=(_head((VARIABLE, UNIT), STATISTICS, language),),
            body=_rows_by_group(records, scales, names, language),
            notes=tuple(said),
            number=str(number),
            language=language,
            align="right",
        )

    return TableExhibit(build, pd.DataFrame.from_records(records))


def _by_group(frame: pd.DataFrame, variables: Sequence[str], by: str | None) -> tuple[list[dict[str, object]], dict[str, int]]:
    """One record per group and variable with its :func:`summary`, and how many values of each variable are infinite."""
    values = numeric_columns(frame, variables)
    infinite = infinite_values(values)
    groups: list[tuple[object, pd.DataFrame]] = [("", values)]
    if by is not None:
        numeric_columns(frame, (), also=(by,))
        groups = [(level, values[(frame[by] == level).to_numpy()]) for level in frame[by].dropna().unique()]
    records: list[dict[str, object]] = []
    for level, part in groups:
        found = infinite_values(part)
        for name in variables:
            counted = {"infinite": found.get(name, 0)} if infinite else {}
            records.append({"group": level, "variable": name, **summary(part[name].to_numpy()), **counted})
    return records, infinite


def _rows_by_group(
    records: Sequence[Mapping[str, object]], scales: Mapping[str, _Scale], names: Names, language: Language
) -> tuple[Row, ...]:
    """A row for each record, below the name of its group where there are groups."""
    rows: list[Row] = []
    last: object = ""
    for record in records:
        if record["group"] != last:
            last = record["group"]
            rows.append(Row((Cell(_group_label(last, language), "group", span=len(STATISTICS) + 2),), gap=bool(rows)))
        name = str(record["variable"])
        about = (Cell(label(name, language, names), "label"), Cell(unit_of(name, language, names), "label"))
        rows.append(Row((*about, *_numbers(record, STATISTICS, scales[name]))))
    return tuple(rows)


def _head(first: Sequence[Text], keys: Sequence[str], language: Language) -> Row:
    return Row((*(Cell(text.to(language), "label") for text in first), *(Cell(statistic_label(key, language)) for key in keys)))


def describe_within(
    panel: Panel,
    variables: Sequence[str],
    *,
    labels: Labels = None,
    digits: int | None = None,
    title: str | Text = TITLE_WITHIN,
    notes: Notes = (),
    number: int | str = "",
) -> TableExhibit:
    """How much of each variable varies between units and how much within them over time (the layout of Stata's ``xtsum``).

    With x̄_i the mean of unit i and x̄ the mean of all rows, *between* describes x̄_i (one per unit) and *within* x_it − x̄_i + x̄.

    Parameters
    ----------
    panel : a panel; its entity makes the units.
    variables, labels, digits, title, notes, number : as in :func:`describe`.

    Raises
    ------
    PanelError
        If ``panel`` is a plain frame.
    MissingColumn, NotNumeric
        As :func:`describe`.

    Examples
    --------
    >>> import pandas as pd
    >>> panel = Panel(pd.DataFrame({"i": list("aabb"), "t": [1, 2, 1, 2], "x": [1.0, 3.0, 5.0, 7.0]}), "i", "t")
    >>> describe_within(panel, ["x"]).data[["part", "sd"]].round(3).values.tolist()
    [['overall', 2.582], ['between', 2.828], ['within', 1.155]]
    """
    import pandas as pd

    if not isinstance(panel, Panel):
        raise PanelError(
            "variation between and within needs a panel", remedy="pass Panel(frame, entity, time), or use describe(frame, ...)"
        )
    variables = listed(variables)
    records, infinite = _by_part(panel, variables)
    names, scales, years = names_for(labels, panel), _scales(records, digits), _years_of(panel)
    overall = [record for record in records if record["part"] == "overall"]

    def build(language: Language) -> Table:
        said = [
            _NOTE_WITHIN.to(language),
            *infinite_note(infinite, names, language),
            *_peculiar(overall, names, language),
            *weak_series(variables, names, language),
            *changes_crossed([(name, years) for name in variables], names, language),
            *(text_in(note, language) for note in listed(notes)),
        ]
        return Table(
            title=text_in(title, language),
            header=(_head((VARIABLE, Text("", "")), _OF_PARTS, language),),
            body=_rows_by_part(records, scales, names, language),
            notes=tuple(said),
            number=str(number),
            language=language,
            align="right",
        )

    return TableExhibit(build, pd.DataFrame.from_records(records))


def _by_part(panel: Panel, variables: Sequence[str]) -> tuple[list[dict[str, object]], dict[str, int]]:
    """A record for each variable and each of ``PARTS`` with its :func:`summary`, and how many values are infinite."""
    given, units = numeric_columns(panel.frame, variables), panel.frame[panel.entity]
    values = given.where(np.isfinite(given))
    records: list[dict[str, object]] = []
    for name in variables:
        column = values[name]
        means = column.groupby(units, observed=True).mean()
        within = column - units.map(means).astype(float) + column.mean()
        for part, numbers in zip(PARTS, (column, means, within), strict=True):
            records.append({"variable": name, "part": part, **summary(numbers.to_numpy())})
    return records, infinite_values(given)


def _rows_by_part(
    records: Sequence[Mapping[str, object]], scales: Mapping[str, _Scale], names: Names, language: Language
) -> tuple[Row, ...]:
    """Three rows for each variable; its name and mean stand in the first."""
    rows: list[Row] = []
    for record in records:
        name, first = str(record["variable"]), record["part"] == "overall"
        heads = (
            Cell(label(name, language, names) if first else "", "label"),
            Cell(statistic_label(str(record["part"]), language), "label"),
        )
        cells = _numbers(record, _OF_PARTS, scales[name])
        if not first:
            cells[_OF_PARTS.index("mean")] = Cell("")
        rows.append(Row((*heads, *cells), gap=first and bool(rows)))
    return tuple(rows)


@dataclass(frozen=True)
class _Scale:
    """How all numbers of a variable are printed: their decimals, and the largest of them, which decides about powers of ten."""

    digits: int
    largest: float


def _scales(records: Sequence[Mapping[str, object]], digits: int | None) -> dict[str, _Scale]:
    """One format for each variable, the same in all its rows and enough for its size, so that they can be compared."""
    scales = {}
    for name in dict.fromkeys(str(record["variable"]) for record in records):
        own = [record for record in records if record["variable"] == name]
        size = formats.largest(float(record[key]) for record in own for key in STATISTICS[1:])  # type: ignore[arg-type]
        fitting = 4 if size >= _LARGEST else 1 if size >= 1000 else 2 if size >= 10 else formats.decimals([size], 3)
        scales[name] = _Scale(max(fitting, _telling(own, size)) if digits is None else digits, size)
    return scales


def _telling(records: Sequence[Mapping[str, object]], size: float) -> int:
    """The decimals that give two digits to the smallest spread of a variable: its quartiles are not all printed as one number."""
    spreads = [float(value) for r in records for value in (r["sd"], float(r["p75"]) - float(r["p25"]))]  # type: ignore[arg-type]
    seen = [spread for spread in spreads if spread > size * _NOISE]
    return 1 - math.floor(math.log10(min(seen))) if seen and size < _LARGEST else 0


def _numbers(record: Mapping[str, object], keys: Sequence[str], scale: _Scale) -> list[Cell]:
    cells = []
    for key in keys:
        value = float(record[key])  # type: ignore[arg-type]
        cells.append(Cell(f"{int(value):,}" if key == "rows" else formats.shown(value, scale.digits, scale.largest)))
    return cells


def _group_label(level: object, language: Language) -> str:
    text = str(level)
    return province_label(region_label(text, language), language)


def _peculiar(records: Sequence[Mapping[str, object]], names: Names, language: Language) -> list[str]:
    """Sentences that name the variables without observations and those that never vary."""

    def named(wanted: Callable[[Mapping[str, object]], bool]) -> list[str]:
        found = dict.fromkeys((str(r["variable"]), str(r.get("group", ""))) for r in records if wanted(r))
        pairs = [(label(name, language, names), _group_label(group, language)) for name, group in found]
        return [Text(f"{name} ({group})", f"{name}（{group}）").to(language) if group else name for name, group in pairs]

    empty = named(lambda record: record["rows"] == 0)
    constant = named(lambda record: record["sd"] == 0)
    single = named(lambda record: record["rows"] == 1)
    comma = Text(", ", "、").to(language)
    sentences = (
        (empty, Text("No observations: {0}.", "无观测值：{0}。")),
        (constant, Text("Constant: {0}.", "取值不变：{0}。")),
        (single, Text("One observation, no standard deviation: {0}.", "仅一个观测值，无标准差：{0}。")),
    )
    return [text.to(language).format(comma.join(found)) for found, text in sentences if found]

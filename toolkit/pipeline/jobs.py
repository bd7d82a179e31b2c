"""Forms for a live notebook: describe a variable, run a panel regression, write tables for Word. Each shows the code that does the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit import glossary
from toolkit.errors import ToolkitError, UnknownOption
from toolkit.language import Text

if TYPE_CHECKING:
    from toolkit.estimate import Estimate
    from toolkit.panel import Panel
    from toolkit.present.exhibit import FigureExhibit, TableExhibit

__all__ = ["regression", "variable", "word"]

DATA = Text("Data", "数据")
OUTCOME, REGRESSORS, EFFECTS, LOGS = (
    Text("Outcome", "被解释变量"),
    Text("Regressors", "解释变量"),
    Text("Effects", "固定效应"),
    Text("In logs", "取对数"),
)
RUN, KEEP, WRITE, FILE = Text("Run", "运行"), Text("Keep as a column", "保留为一列"), Text("Write", "写出"), Text("File", "文件")
SEVERAL = Text("Ctrl+click chooses several", "按住Ctrl可多选")
NOTHING_MADE = Text("Nothing has been made yet: use one of the forms above first.", "尚无结果：请先使用上面的表单。")
WIDE = {"width": "34em"}

_made: dict[str, TableExhibit] = {}  # what the forms of this kernel have made, by its line in the form for Word
_columns: list[Estimate] = []


def described(table: str, name: str) -> tuple[TableExhibit, FigureExhibit, str]:
    """Table, figure of the median and the middle half by period, and code of a variable."""
    import numpy as np

    from toolkit.data import load
    from toolkit.present.figures import small_multiples
    from toolkit.present.tables.descriptive import describe

    panel = load(table)
    values = panel.frame.groupby(panel.time)[name].quantile(np.array([0.25, 0.5, 0.75])).unstack().dropna()
    frame = values.set_axis(["low", name, "high"], axis=1).reset_index().assign(variable=name)
    note = Text("Line: median of all units in the period; shade: the middle half.", "线为当期各个体的中位数，阴影为中间一半。")
    figure = small_multiples(frame, panel.time, name, "variable", band=("low", "high"), notes=[note], width="one")
    return describe(panel, [name]), figure, f'tk.describe(tk.tables["{table}"], ["{name}"])'


def formula_of(outcome: str, regressors: Sequence[str], effects: Sequence[str], logs: bool) -> str:
    """The formula that a form means.

    Raises
    ------
    UnknownOption
        There is no regressor, or the outcome is one of them.

    Examples
    --------
    >>> formula_of("rd_intensity", ["gdp"], ["province", "year"], logs=True)
    'log(rd_intensity) ~ log(gdp) | province + year'
    """
    if not regressors or outcome in regressors:
        raise UnknownOption(
            Text("choose one or more regressors other than the outcome", "请选择一个或多个解释变量，且不同于被解释变量").to(),
            remedy=SEVERAL.to(),
        )
    left, *right = (f"log({name})" if logs else name for name in (outcome, *regressors))
    return f"{left} ~ {' + '.join(right)}" + (f" | {' + '.join(effects)}" if effects else "")


def estimated(table: str, formula: str) -> tuple[Estimate, str]:
    """The estimate, clustered by entity, and its code."""
    from toolkit.data import load
    from toolkit.estimate import fit

    panel = load(table)
    return (
        fit(formula, panel, cluster=panel.entity),
        f'tk.fit("{formula}", tk.tables["{table}"], cluster="{panel.entity}")',
    )


def written(exhibit: TableExhibit, file: str) -> Path:
    """Write a table for Word; a bare name goes into the folder word/ of the notebook's own folder."""
    path = Path(file if file.endswith(".docx") else f"{file}.docx")
    return exhibit.to_word(path if path.parent.parts else Path("word") / path)


def variable() -> object:
    """A form that describes a variable of a table of the registry."""
    import ipywidgets as widgets

    table, name, shown = _tables(), widgets.Dropdown(description=glossary.VARIABLE.to(), layout=WIDE), widgets.Output()

    def results() -> tuple[object, ...]:
        from toolkit.data import codebook

        exhibit, figure, code = described(table.value, name.value)
        _made[f"{exhibit.table().title}: {name.value}"] = exhibit
        return codebook(name.value), exhibit, figure, _code(code)

    def changed(_: object = None) -> None:
        _answer(shown, results)

    def other_table(_: object = None) -> None:
        name.unobserve_all("value")  # while the choices are exchanged
        name.options = _numbers(table.value)
        name.value = name.options[0][1]
        name.observe(changed, "value")
        changed()

    table.observe(other_table, "value")
    other_table()
    return widgets.VBox([table, name, shown])


def regression() -> object:
    """A form that runs a panel regression; kept estimates are the columns of one table."""
    import ipywidgets as widgets

    table, shown = _tables(), widgets.Output()
    outcome = widgets.Dropdown(description=OUTCOME.to(), layout=WIDE)
    regressors = widgets.SelectMultiple(description=REGRESSORS.to(), rows=8, layout=WIDE, tooltip=SEVERAL.to())
    effects = widgets.SelectMultiple(description=EFFECTS.to(), rows=2, layout=WIDE, tooltip=SEVERAL.to())
    logs = widgets.Checkbox(description=LOGS.to(), value=True)
    run, keep = (widgets.Button(description=text.to()) for text in (RUN, KEEP))
    last: list[Estimate] = []

    def results() -> tuple[object, ...]:
        from toolkit.present.tables.regression import regression_table

        formula = formula_of(outcome.value, regressors.value, effects.value, logs.value)
        estimate, code = estimated(table.value, formula)
        last[:] = [estimate]
        exhibit = regression_table([*_columns, estimate])
        _made[exhibit.table().title] = exhibit
        return exhibit, _code(code)

    def other_table(_: object = None) -> None:
        panel = _panel(table.value)
        outcome.options = regressors.options = _numbers(table.value)
        effects.options = [panel.entity, panel.time]
        effects.value = (panel.entity, panel.time)

    def kept(_: object) -> None:
        _columns.extend(last)
        last.clear()

    table.observe(other_table, "value")
    other_table()
    run.on_click(lambda _: _answer(shown, results))
    keep.on_click(kept)
    return widgets.VBox([table, outcome, regressors, effects, logs, widgets.HBox([run, keep]), shown])


def word() -> object:
    """A form that writes what the other two have made for Word."""
    import ipywidgets as widgets

    if not _made:
        return widgets.HTML(NOTHING_MADE.to())
    chosen = widgets.Dropdown(options=[*_made], description=DATA.to(), layout=WIDE)
    file, write, shown = widgets.Text(value="table", description=FILE.to()), widgets.Button(description=WRITE.to()), widgets.Output()

    def results() -> tuple[object, ...]:
        path = written(_made[chosen.value], file.value)
        return (_code(f'.to_word("{path.as_posix()}")'),)

    write.on_click(lambda _: _answer(shown, results))
    return widgets.VBox([chosen, file, write, shown])


def _answer(shown: Any, results: Callable[[], tuple[object, ...]]) -> None:
    """Show results in place of the earlier ones; an error of ours is shown in its own lines."""
    from IPython.display import display

    shown.clear_output(wait=True)
    with shown:
        try:
            display(*results())  # type: ignore[no-untyped-call]
        except ToolkitError as error:
            display(_code(str(error)))  # type: ignore[no-untyped-call]


def _code(text: str) -> object:
    from IPython.display import Code

    shown: object = Code(text, language="python")  # type: ignore[no-untyped-call]
    return shown


def _tables() -> Any:
    """A choice among the tables that are panels."""
    import ipywidgets as widgets

    from toolkit.registry import registry

    options = [(table.title.to(), table.id) for table in registry().tables.values() if table.entity and table.time]
    return widgets.Dropdown(options=options, value="provincial_panel", description=DATA.to(), layout=WIDE)


def _panel(table: str) -> Panel:
    from toolkit.data import load

    return load(table)


def _numbers(table: str) -> list[tuple[str, str]]:
    """Label and id of the columns of measured numbers, in the order of their labels."""
    from toolkit.registry import registry

    record, known = registry().tables[table], registry().variables
    names = [name for name in record.columns if known[name].kind == "number" and name not in record.keys]
    return sorted((f"{known[name].short.to() or known[name].name.to()} ({name})", name) for name in names)

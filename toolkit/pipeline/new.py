"""The verb ``new``: a study of the user's own in own/STUDY that loads, describes, estimates and makes Word tables as it stands."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit import paths
from toolkit.errors import NothingToEstimate, ToolkitError, UnknownOption
from toolkit.language import Language, Text
from toolkit.pipeline import cache, lab

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.panel import Panel
    from toolkit.registry.schema import Schema

EXAMPLE = "provincial_panel"
COLUMNS = ("province", "year", "rd_intensity", "fiscal_sci_exp", "gdp_per_capita")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_YAML_WORDS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")  # what YAML takes for something else than text
TRIED = 8  # columns of a user's file among which a regression that can be estimated is looked for

TITLE = Text("A study of my own", "我的研究")
WHAT = Text(
    "This study runs as it stands. Change the four lines of the first cell; names and units of columns stand in `schema.yaml`.",
    "本研究可直接运行。请修改第一个单元格中的四行；各列的名称与单位在 `schema.yaml` 中填写。",
)
READ = Text("## Data\n\nThe file is compared with the schema before anything is computed.", "## 数据\n\n计算之前，先按模式核对文件。")
DESCRIBED = Text("## Results\n\n### Description", "## 结果\n\n### 描述性统计")
ESTIMATED = Text(
    "### Estimates\n\nPooled, and with effects; standard errors are clustered by entity. These are associations, not effects of a cause.",
    "### 估计结果\n\n混合回归与固定效应回归，标准误按个体聚类。所得为相关关系，并非因果效应。",
)
FOUND = Text("The first coefficient of the last column is {b:.3f} (standard error {se:.3f}).", "末列首个系数为{b:.3f}（标准误{se:.3f}）。")
README = Text(
    """# {name}

* `{name}.ipynb`: the study. Its first cell has four lines to change: file, outcome, regressors, effects.
* `{data}`: the data. `schema.yaml`: what each column is called, its unit, its type and, if you add it, its range.
* `tables/{name}_estimates.en.docx`: the table for Word, beside it HTML, LaTeX, Markdown and the numbers as CSV.

    python run.py check own/{name}/{data} --schema own/{name}/schema.yaml
    python run.py run {name}
    python run.py lab

The study takes part in `python run.py`, `verify` and the site. Git does not see the folder: keep a copy.
""",
    """# {name}

* `{name}.ipynb`：研究本身。第一个单元格有四行可改：数据文件、被解释变量、解释变量、固定效应。
* `{data}`：数据。`schema.yaml`：各列的名称、单位、类型，以及您补充的取值范围。
* `tables/{name}_estimates.zh.docx`：Word 表格；同一文件夹中另有 HTML、LaTeX、Markdown 与 CSV 数据。

    python run.py check own/{name}/{data} --schema own/{name}/schema.yaml
    python run.py run {name} --lang zh
    python run.py lab

本研究会随 `python run.py`、`verify` 一同运行并进入网站。该文件夹不受 git 管理，请自行备份。
""",
)
DONE = Text(
    "The study {folder} is ready. Run it: python run.py run {name}. Its tables for Word: {folder}/tables.",
    "研究 {folder} 已建立。运行：python run.py run {name}{zh}。Word 表格在 {folder}/tables。",
)


def create(name: str, data: str, language: Language, study: str = "", entity: str = "") -> str:
    """Write the folder of a new study and say what to do with it.

    Parameters
    ----------
    name : letters, digits and ``_``, a letter first; no other notebook has it.
    data : a file that ``read_panel`` reads; empty for an example from the registry.
    language : of its texts.
    study : a published study of notebook 12 to begin from, instead of a file.
    entity : the column of the file that says who a row is about; empty: looked for, a firm before a city before a province.

    Raises
    ------
    UnknownOption
        The name is none, or is taken; there is no such published study, or a file is given as well.
    NothingToEstimate
        No two columns of numbers can be related to each other.
    ToolkitError
        As ``read_panel``.
    """
    folder = paths.OWN / name
    if not _NAME.fullmatch(name):
        raise UnknownOption(f"{name!r} is no name of a study", remedy="use up to 40 letters, digits and _, a letter first, e.g. my_study")
    if folder.exists() or name in [path.stem for path in cache.notebooks()]:
        raise UnknownOption(f"there is already a study {name!r}", where=paths.relative(folder), remedy="choose another name")
    if study:
        panel, schema, source, (outcome, regressors, effects) = _published(study, data)
    else:
        panel, schema, source = _given(Path(data), entity) if data else _example()
        outcome, regressors, effects = _formula(panel)
    file = source.name if source else "data.csv"
    folder.mkdir(parents=True)
    try:
        if source:
            shutil.copyfile(source, folder / file)
        else:
            panel.frame.to_csv(folder / file, index=False, lineterminator="\n")
        paths.write_text(folder / "schema.yaml", _yaml(schema))
        paths.write_text(folder / "README.md", README.filled(name=name, data=file).to(language))
        lines = (f"DATA = {json.dumps(file, ensure_ascii=False)}", *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in (
            ("OUTCOME", outcome), ("REGRESSORS", regressors), ("EFFECTS", effects))))  # fmt: skip
        paths.write_text(folder / f"{name}.ipynb", _notebook(name, lines, language))
    except BaseException:
        shutil.rmtree(folder)
        raise
    return DONE.filled(folder=paths.relative(folder), name=name, zh=" --lang zh").to(language)


def _example() -> tuple[Panel, Schema, None]:
    from toolkit.data import load
    from toolkit.panel import Panel
    from toolkit.registry.schema import Schema, find_schema

    whole = load(EXAMPLE)
    frame = whole.frame[list(COLUMNS)].dropna().reset_index(drop=True)
    schema = find_schema(EXAMPLE)
    kept = {column: schema.columns[column] for column in COLUMNS}
    return Panel(frame, whole.entity, whole.time), Schema(id="", entity=whole.entity, time=whole.time, columns=kept), None


def _published(study: str, data: str) -> tuple[Panel, Schema, None, tuple[str, str, str]]:
    """The sample and the terms of a published study."""
    from toolkit.studies.published.engine import STUDIES, beginning

    if data:
        raise UnknownOption("a study begins from a file or from a published study", remedy="leave out --data or --study")
    if study not in STUDIES:
        raise UnknownOption(f"there is no published study {study!r}", remedy=f"use one of {', '.join(STUDIES)}")
    panel, outcome, regressors, effects = beginning(study)
    repeated = panel.frame[panel.entity].duplicated().any()  # a cross-section has nothing to absorb but its one period
    return panel, _schema(panel), None, (outcome, regressors, effects or _quoted(panel.entity if repeated else panel.time))


def _given(source: Path, entity: str) -> tuple[Panel, Schema, Path]:
    from toolkit.data.own import by_row

    panel = by_row(source, entity=entity or None)
    return panel, _schema(panel), source


def _schema(panel: Panel) -> Schema:
    """What was read, column by column."""
    import pandas as pd

    from toolkit.registry.schema import Schema, SchemaColumn

    frame = panel.frame
    columns = {
        name: SchemaColumn(
            name=_once(panel.labels.get(name, name)),
            unit=_once(panel.units.get(name, "")),
            type="number" if pd.api.types.is_numeric_dtype(frame[name]) else "text",
        )
        for name in panel.columns
    }
    return Schema(id="", entity=panel.entity, time=panel.time, columns=columns)


def _once(text: str) -> Text:
    return Text(text, text)


def _formula(panel: Panel) -> tuple[str, str, str]:
    """Outcome, regressors and effects of the first regression of the columns of numbers that can be estimated."""
    from toolkit.estimate import fit

    terms = [term for name in panel.columns if (term := _term(panel.frame[name]))][:TRIED]
    problem: ToolkitError | None = None
    for outcome, regressors in _choices(terms):
        for effects in (f"{_quoted(panel.entity)} + {_quoted(panel.time)}", _quoted(panel.entity), _quoted(panel.time)):
            try:
                fit(f"{outcome} ~ {regressors} | {effects}", panel, cluster=panel.entity)
                fit(f"{outcome} ~ {regressors}", panel, cluster=panel.entity)
                return outcome, regressors, effects
            except ToolkitError as error:
                problem = error
    raise NothingToEstimate(
        "no two columns of numbers can be related in a regression with effects",
        where=f"columns of numbers: {', '.join(terms) or 'none'}" + (f"; the last try: {problem.what}" if problem else ""),
        remedy="a study needs an outcome and a regressor that vary within entities or periods, and at least two entities",
    )


def _choices(terms: list[str]) -> Iterator[tuple[str, str]]:
    for count in (3, 2):
        for outcome, *regressors in permutations(terms, count):
            if regressors == sorted(regressors, key=terms.index):
                yield outcome, " + ".join(regressors)


def _term(values: pd.Series) -> str:
    """A column of numbers as a term, in logs where all are positive; empty for others."""
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(values) or values.nunique() < 3 or values.notna().mean() < 0.5:
        return ""
    name = _quoted(str(values.name))
    return f"log({name})" if (values.dropna() > 0).all() else name


def _quoted(name: str) -> str:
    return name if name.isidentifier() else f"`{name}`"


def _yaml(schema: Schema) -> str:
    """The schema as its owner will edit it: one line a column."""

    def text(value: Text) -> str:
        quoted = [json.dumps(part, ensure_ascii=False) for part in value]
        return quoted[0] if value.en == value.zh else f"{{en: {quoted[0]}, zh: {quoted[1]}}}"

    lines = [f"entity: {_key(schema.entity)}", f"time: {_key(schema.time)}", "columns:"]
    for name, column in schema.columns.items():
        fields = [f"name: {text(column.name)}", f"unit: {text(column.unit)}", f"type: {column.type}"]
        fields += [f"range: [{column.range[0]:g}, {column.range[1]:g}]"] if column.range else []
        fields += ["missing: refused"] if column.missing == "refused" else []
        lines.append(f"  {_key(name)}: {{{', '.join(fields)}}}")
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if name.isidentifier() and name.lower() not in _YAML_WORDS else json.dumps(name, ensure_ascii=False)


def _notebook(name: str, lines: tuple[str, ...], language: Language) -> str:
    formula = 'f"{OUTCOME} ~ {REGRESSORS}'
    cells = (
        ("markdown", f"# {TITLE.to(language)}{Text(': ', '：').to(language)}{name}\n\n{WHAT.to(language)}"),
        ("code", "\n".join(("import toolkit as tk", "", *lines))),
        ("markdown", READ.to(language)),
        ("code", 'panel = tk.read_checked(DATA, "schema.yaml")\npanel'),
        ("markdown", DESCRIBED.to(language)),
        (
            "code",
            'numbers = panel.frame[[*panel.columns]].select_dtypes("number")\n'
            f'tk.save(tk.describe(panel, [*numbers]), "{name}_description")',
        ),
        ("markdown", ESTIMATED.to(language)),
        (
            "code",
            f'pooled = tk.fit({formula}", panel, cluster=panel.entity)\n'
            f'within = tk.fit({formula} | {{EFFECTS}}", panel, cluster=panel.entity)\n'
            f'tk.save(tk.regression_table([pooled, within]), "{name}_estimates")',
        ),
        (
            "code",
            "row = within.tidy().iloc[0]\n"
            f"text = tk.Text({json.dumps(FOUND.en)}, {json.dumps(FOUND.zh, ensure_ascii=False)})\n"
            'tk.statement("estimate", text, b=row["estimate"], se=row["std_error"])',
        ),
    )
    return lab.notebook(cells)

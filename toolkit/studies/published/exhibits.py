"""What notebook 12 shows: how many printed numbers come out, what each estimator says, and which numbers do not come out."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from toolkit import glossary
from toolkit.estimate import Estimate
from toolkit.language import Text
from toolkit.origin import marked
from toolkit.present import frame_table, regression_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement
from toolkit.registry.published import published
from toolkit.studies.published.engine import Comparison, column_name

_STUDY, _CELL, _OURS = Text("Study", "研究"), Text("Number", "数字"), Text("Ours", "本项目")
_AS_PRINTED = Text("As printed", "原文所印")
_READ = Text("read", "查阅")
_TESTS = {
    "ar1": Text("AR(1) test", "AR(1)检验"),
    "ar2": Text("AR(2) test", "AR(2)检验"),
}
GRUNFELD = {
    "value": Text("Market value", "市值"),
    "capital": Text("Capital", "资本"),
    "sigma_u": Text("σ of firm effects", "企业效应σ"),
}
"""Cells of the table of Grunfeld's estimators."""
_WORDS = {
    "emp": Text("employment", "就业"),
    "wage": Text("wage", "工资"),
    "capital": Text("capital", "资本"),
    "output": Text("industry output", "行业产出"),
}


def _title(study: str) -> Text:
    return published().studies[study].title


def overview(found: Comparison) -> TableExhibit:
    """Studies with the printed numbers compared: how many come out at every digit, within what the source allows, and not.

    Its file has a row for each number: what is printed and ours, the source, whether it was read, where and when.
    """
    rows = []
    for study, cells in found.cells.groupby("study", sort=False):
        counts = cells["outcome"].value_counts()
        rows.append(
            {
                "study": _title(str(study)),
                "citation": published().studies[str(study)].citation,
                "columns": sum(key[0] == study for key in found.fitted),
                "cells": len(cells),
                "read": int((cells["standing"] == "read").sum()),
                **{outcome: int(counts.get(outcome, 0)) for outcome in ("met", "near", "apart")},
            }
        )
    table = frame_table(
        marked(pd.DataFrame(rows)),
        {
            "study": _STUDY,
            "citation": Text("Publication", "文献"),
            "columns": Text("Estimates", "估计数"),
            "cells": Text("Numbers compared", "比较的数字"),
            "read": Text("of which read", "其中查阅"),
            "met": Text("Equal to the last digit", "逐位相同"),
            "near": Text("Within the source's precision", "在来源精度内"),
            "apart": Text("Apart", "不符"),
        },
        title=Text("Published results and ours", "已发表结果与本项目结果"),
        notes=[
            Text(
                "Numbers not marked as read were recalled from memory; the evidence for them is that the data give them.",
                "未注明查阅者系凭记忆录入，其依据是能由数据算出。",
            ),
        ],
    )
    sources = {name: (source.publication, source.address, source.date) for name, source in published().sources.items()}
    where = pd.DataFrame.from_dict(sources, orient="index", columns=["publication", "address", "date"])
    cells = found.cells[["study", "column", "cell", "part", "printed", "ours", "outcome", "standing", "source"]].join(where, on="source")
    return TableExhibit(table.builder, cells.drop(columns="source"))


def finding(found: Comparison) -> Statement:
    """How many printed numbers come out."""
    counts = found.cells["outcome"].value_counts()
    read = found.cells["standing"] == "read"
    return statement(
        "published_overview",
        Text(
            "Of {cells} numbers printed for {studies} studies, {met} come out equal at every printed digit, {near} within the precision of "
            "their source, {apart} do not, each for a stated reason; {read} were read at an address that the registry gives, {recalled} "
            "are recalled.",
            "{studies}项研究所印的{cells}个数字中，{met}个逐位相同，{near}个在来源精度之内，{apart}个不符，均注明原因；其中{read}个"
            "查阅自登记的地址，{recalled}个凭记忆录入。",
        ),
        cells=len(found.cells),
        studies=found.cells["study"].nunique(),
        read=int(read.sum()),
        recalled=int((~read).sum()),
        **{outcome: int(counts.get(outcome, 0)) for outcome in ("met", "near", "apart")},
    )


def estimators(found: Comparison) -> FigureExhibit:
    """One coefficient of each study as its estimators give it; the studies do not share a scale."""
    rows: list[dict[str, object]] = []
    names: dict[str, Text] = {}
    for (study, column), fitted in found.fitted.items():
        record, key = published().studies[study], f"{study} {column}"
        if not isinstance(fitted, Estimate) or not (cells := [name for name in record.shown if name in fitted.terms]):
            continue
        got = fitted.coefficient(cells[0])
        rows.append({"study": study, "column": key, "estimate": got.estimate, "low": got.low, "high": got.high})
        names[key] = column_name(record.columns[column])
        names[study] = Text(f"{record.title.en} ({record.effect.en})", f"{record.title.zh}（{record.effect.zh}）")
    return forest_plot(
        marked(pd.DataFrame(rows)),
        "column",
        panel="study",
        names=names,
        digits=3,
        x_label=glossary.COEFFICIENT,
        title=Text("One coefficient of each study, by estimator", "各研究的一个系数：按估计方法"),
        notes=[
            Text(
                "Intervals of 95% with the standard errors of the publication.",
                "区间为95%，标准误按原文口径。",
            )
        ],
    )


def side_by_side(found: Comparison, study: str, cells: dict[str, Text]) -> TableExhibit:
    """The columns of a study: what is printed with most digits beside ours, rounded alike.

    Parameters
    ----------
    found : from :func:`~toolkit.studies.published.engine.compare`.
    study : one of the studies.
    cells : term or statistic -> head.
    """
    rows = []
    for column, record in published().studies[study].columns.items():
        row: dict[str, object] = {"estimator": column_name(record)}
        for cell in cells:
            parts = _parts(found, (study, column, cell))
            row[f"{cell} printed"], row[f"{cell} ours"] = _pair(parts, "printed"), _pair(parts, "ours")
        rows.append(row)
    heads: dict[str, Text] = {"estimator": glossary.ESTIMATOR}
    for cell, head in cells.items():
        heads |= {
            f"{cell} printed": Text(f"{head.en}, as printed", f"{head.zh}，原文所印"),
            f"{cell} ours": Text(f"{head.en}, ours", f"{head.zh}，本项目"),
        }
    title = _title(study)
    return frame_table(
        marked(pd.DataFrame(rows)),
        heads,
        title=Text(f"{title.en}, printed and ours", f"{title.zh}（原文与本项目）"),
        notes=[Text("Standard errors in brackets.", "括号内为标准误。")],
    )


def _parts(found: Comparison, key: tuple[str, str, str]) -> dict[str, dict[str, str]]:
    """For each part of a cell, what is printed with most digits and ours rounded alike."""
    parts: dict[str, dict[str, str]] = {}
    for row in found.cells.to_dict("records"):
        longer = len(row["printed"]) > len(parts.get(row["part"], {}).get("raw", ""))
        if (row["study"], row["column"], row["cell"]) == key and longer:
            shown = {"printed": _tidy(row["printed"]), "ours": _rounded(row["ours"], row["printed"])}
            parts[row["part"]] = {"raw": row["printed"], **shown}
    return parts


def _pair(parts: dict[str, dict[str, str]], kind: str) -> str | None:
    """Coefficient and standard error, or a statistic."""
    if not parts:
        return None
    first, *errors = (part[kind] for part in parts.values())
    return f"{first} ({errors[0]})" if errors else first


def _rounded(value: float, printed: str) -> str:
    return _tidy(f"{value:.{max(-int(Decimal(printed).as_tuple().exponent), 0)}f}")


def _tidy(printed: str) -> str:
    """With a digit before the point and a true minus sign."""
    return f"{Decimal(printed):f}".replace("-", "−")


def moments(found: Comparison) -> TableExhibit:
    """Generalised method of moments on the employment of UK firms: the columns of 1991 and the systems."""
    keys = [("arellano_bond", name) for name in ("one_step", "two_step", "corrected", "short", "short_corrected")]
    keys += [("blundell_bond", name) for name in ("system", "two_step")]
    studies = published().studies
    return regression_table(
        [found.fitted[key] for key in keys],
        columns=[column_name(studies[study].columns[column]) for study, column in keys],
        labels=_WORDS,
        drop=["Intercept", "C(year)*", "yr*"],
        stars=None,
        title=Text(
            "Employment in UK firms: one step, two steps, corrected errors, and levels added",
            "英国企业就业：一步、两步、修正标准误与加入水平方程",
        ),
    )


def effects(found: Comparison) -> TableExhibit:
    """Effects of a minimum wage by event time and cohort, and the comparisons behind a two-way coefficient, printed and ours."""
    studies = published().studies
    keys = dict.fromkeys((row["study"], row["column"], row["cell"]) for row in found.cells.to_dict("records"))
    rows = []
    for study, column, cell in keys:
        if study not in ("minimum_wage", "castle") or cell.startswith("ATT("):
            continue
        parts = _parts(found, (study, column, cell))
        first, weight = next(iter(parts.values())), parts.get("std_error", {})
        row = {"column": column_name(studies[study].columns[column]), "cell": _effect_name(cell), "weight": weight.get("printed")}
        rows.append(row | {"weight_ours": weight.get("ours"), "printed": first["printed"], "ours": first["ours"]})
    return frame_table(
        marked(pd.DataFrame(rows)),
        {
            "column": glossary.ESTIMATOR,
            "cell": Text("Effect or comparison", "效应或比较"),
            "printed": _AS_PRINTED,
            "ours": _OURS,
            "weight": Text("Weight, as printed", "权重，原文所印"),
            "weight_ours": Text("Weight, ours", "权重，本项目"),
        },
        title=Text("Staggered treatments: effects and the weights of comparisons", "交错处理：效应与比较的权重"),
        notes=[
            Text(
                "Standard errors of the minimum wage study are printed from a bootstrap whose draws cannot be repeated, and are not "
                "compared.",
                "最低工资研究所印标准误来自无法重复的自助抽样，不作比较。",
            )
        ],
    )


COMPARISONS = ("earlier vs later treated", "later vs earlier treated", "treated vs never treated")
_EFFECTS = {
    "ATT by event time": Text("average over years since the rise", "按提高后年数平均"),
    "ATT by cohort": Text("average over cohorts", "按批次平均"),
    "estimate": Text("two-way coefficient", "双向固定效应系数"),
    "earlier vs later treated": Text("treated earlier against later", "早处理与晚处理"),
    "later vs earlier treated": Text("treated later against earlier", "晚处理与早处理"),
    "treated vs never treated": Text("treated against never treated", "处理与从未处理"),
}


def _effect_name(cell: str) -> Text:
    if cell in _EFFECTS:
        return _EFFECTS[cell]
    kind, _, number = cell.rpartition(" ")
    shown = number.replace("-", "−")
    return Text(f"cohort of {shown}", f"{shown}年批次") if kind == "cohort" else Text(f"event time {shown}", f"相对时期{shown}")


def _cell_name(cell: str, part: str) -> Text:
    name = _TESTS.get(cell, Text(cell, cell))
    return Text(f"{name.en}, standard error", f"{name.zh}的标准误") if part == "std_error" else name


def apart(found: Comparison) -> TableExhibit:
    """Numbers that are not the printed ones one by one, and of those within the precision of a source the one furthest away."""
    near = [row for row in found.cells.to_dict("records") if row["outcome"] == "near"]
    alike = [(row["study"], row["source"]) for row in near]
    widest = {(row["study"], row["source"]): row for row in sorted(near, key=lambda row: abs(row["distance"]))}
    shown = [row for row in found.cells.to_dict("records") if row["outcome"] == "apart"]
    rows = [
        {
            "source": published().sources[row["source"]].publication,
            "cell": _cell_name(row["cell"], row["part"]),
            "printed": _tidy(row["printed"]),
            "ours": _rounded(row["ours"], row["printed"] + "0"),
            "alike": alike.count((row["study"], row["source"])) if row["outcome"] == "near" else 1,
            "why": published().reasons[row["why"]],
        }
        for row in [*shown, *widest.values()]
    ]
    return frame_table(
        marked(pd.DataFrame(rows)),
        {
            "source": Text("Source", "来源"),
            "cell": _CELL,
            "printed": _AS_PRINTED,
            "ours": _OURS,
            "alike": Text("Numbers alike", "同类数字"),
            "why": Text("Reason", "原因"),
        },
        title=Text("Numbers that do not come out as printed", "与所印不一致的数字"),
        notes=[
            Text(
                "Of the numbers within the precision of their source only the one furthest away is shown.",
                "在来源精度之内者以相差最大的一个代表同类。",
            )
        ],
    )

"""The tables and figures of the chapter; each says whether its firms are real or simulated."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.data.firms import Firms
from toolkit.language import Text
from toolkit.present import frame_table, regression_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.figures.spec_curve import spec_curve_plot
from toolkit.present.record import Statement, statement
from toolkit.present.words.formats import fixed, interval
from toolkit.studies.listed_firms.designs import LATE, NAMES, OTHERS, TWO_WAY, Results, summary
from toolkit.studies.subsidy.model import claim_mark, claimed

LABELS = {
    "rd_intensity": Text("R&D / revenue", "R&D/营业收入"),
    "own_intensity": Text("own R&D / revenue", "自有R&D/营业收入"),
    "rd_grants": Text("R&D grants", "研发补助"),
    "grants": Text("all government grants", "全部政府补助"),
    "revenue": Text("revenue", "营业收入"),
    "assets": Text("assets", "资产总计"),
    "leverage": Text("liabilities / assets", "资产负债率"),
    "roa": Text("return on assets", "资产收益率"),
    "firm": Text("Firm", "企业"),
    "province": glossary.PROVINCE,
    "industry": glossary.INDUSTRY,
    OTHERS: Text("ln R&D grants of the industry's other firms", "ln 同行业其他企业研发补助（均值）"),
}
_MONEY = ("rd_grants", "grants", "revenue", "assets")
_FAMILIES = {
    "between": Text("Between firms", "企业之间"),
    "within": Text("Each firm with itself", "企业之内"),
    "years": Text("Other years' grants, firm and year effects", "其他年份的补助，企业与年份固定效应"),
    "instruments": Text("Instruments and dynamics", "工具变量与动态"),
    "own": Text("Own R&D, without the grant on the left side", "自有R&D，左侧不含补助"),
    "other": Text("Other grants, years and firms; firm and year effects", "其他补助、年份与样本，企业与年份固定效应"),
}
_SIMULATED = Text("Simulated: ", "模拟数据：")
_CSMAR = Text("Source: CSMAR, the reader's own download; not to be passed on.", "数据来源：CSMAR，读者自行下载，不得转发。")
_DESCRIBED = {
    **{name: LABELS[name] for name in ("rd_intensity", "own_intensity", "leverage", "roa")},
    **{name: Text(f"ln {LABELS[name].en}", f"ln {LABELS[name].zh}") for name in _MONEY},
}
LIMITS = (-0.6, 1.2)


def _title(firms: Firms, text: Text) -> Text:
    return text if firms.choices.truth is None else Text(_SIMULATED.en + text.en, _SIMULATED.zh + text.zh)


def _source(firms: Firms) -> Text:
    return (
        _CSMAR
        if firms.choices.truth is None
        else Text(
            "Simulated firms in the layout of CSMAR: nothing here is a firm, and no number is a finding about one.",
            "按CSMAR格式生成的模拟企业：并非真实企业，任何数字均不构成对企业的发现。",
        )
    )


def _marks(firms: Firms) -> list[tuple[float, Text]]:
    """The claim, and for simulated firms the truth."""
    truth = firms.choices.truth
    made = [] if truth is None else [(truth, Text(f"truth of own R&D: {truth:g}", f"自有R&D的真值：{truth:g}"))]
    return [claim_mark(claimed()), *made]


def files(firms: Firms) -> TableExhibit:
    """What became of the rows of each table."""
    own, titles = firms.choices.own, firms.titles
    notes = [_source(firms)]
    if titles:
        told = Text("Fields, as the files title them: {fields}.", "各字段在文件中的名称：{fields}。")
        notes.append(told.filled(fields=", ".join(f"{code} {title}" for code, title in titles.items())))
    if own:
        notes.append(Text("Fields named by firms.yaml: {own}.", "firms.yaml指定的字段：{own}。").filled(own=", ".join(own)))
    steps = [
        Text(f"{table}: {step.en}", f"{table}：{step.zh}") for table, step in zip(firms.files["table"], firms.files["step"], strict=True)
    ]
    return frame_table(
        pd.DataFrame({"step": steps, "rows": firms.files["rows"]}),
        {"step": Text("Table and step", "数据表与步骤"), "rows": Text("Rows", "行数")},
        title=_title(firms, Text("From the rows of the files to firm-years", "从文件的行到企业-年份")),
        notes=notes,
    )


def dropped(firms: Firms) -> TableExhibit:
    """Every firm-year that was left out, by the first reason that it met."""
    return frame_table(
        firms.dropped,
        {
            "reason": Text("Reason", "原因"),
            "rows": Text("Firm-years left out", "剔除企业-年份"),
            "firms": Text("Firms left out", "剔除企业"),
            "left": Text("Firm-years left", "剩余企业-年份"),
            "firms_left": Text("Firms left", "剩余企业"),
        },
        title=_title(firms, Text("Firm-years left out, by reason", "按原因剔除的企业-年份")),
        notes=[
            Text(
                "Each firm-year is counted at the first reason that it meets, from the top. A logarithm has no zero: firm-years without an "
                "R&D grant are left out.",
                "每个企业-年份按自上而下遇到的首个原因计数。零无对数，无研发补助的企业-年份被剔除。",
            ),
            _source(firms),
        ],
    )


def rules(results: Results) -> TableExhibit:
    """How many firms are of semiconductors by each rule."""
    firms, frame = results.firms, results.firms.panel.frame
    rows = [
        {
            "name": rule.name,
            "firms": frame.loc[frame[name], "firm"].nunique(),
            "rows": int(frame[name].sum()),
            "main": Text("yes", "是") if name == firms.choices.rule else Text("no", "否"),
        }
        for name, rule in firms.choices.rules.items()
    ]
    return frame_table(
        pd.DataFrame(rows),
        {
            "name": Text("Rule", "规则"),
            "firms": Text("Firms", "企业"),
            "rows": Text("Firm-years", "企业-年份"),
            "main": Text("Main sample", "主样本"),
        },
        title=_title(firms, Text("Which firms are semiconductor firms", "半导体企业的认定规则")),
        notes=[
            Text("A firm belongs to a rule in all of its years if it fits in half of them.", "企业半数以上年份符合规则的，各年均计入。"),
            _source(firms),
        ],
    )


def description(results: Results) -> TableExhibit:
    """The variables of the main sample, with the bounds of winsorising and the cells that they changed."""
    firms = results.firms
    frame, bounds = results.sample.panel.frame, results.sample.bounds.set_index("variable")
    rows = []
    for name, label in _DESCRIBED.items():
        values = np.log(frame[name]) if name in _MONEY else frame[name]
        numbers = {"rows": int(values.count()), "mean": values.mean(), "sd": values.std(), "median": values.median()}
        rows.append({"variable": label, **numbers, "min": values.min(), "max": values.max(), "changed": bounds["changed"].get(name)})
    return frame_table(
        pd.DataFrame(rows),
        {
            "variable": glossary.VARIABLE,
            "rows": glossary.N,
            "mean": glossary.MEAN,
            "sd": Text("S.d.", "标准差"),
            "median": glossary.MEDIAN,
            "min": Text("Min", "最小值"),
            "max": Text("Max", "最大值"),
            "changed": Text("Winsorised cells", "缩尾单元格数"),
        },
        digits={"changed": 0},
        title=_title(firms, Text("Description of the main sample", "主样本描述统计")),
        notes=[
            Text(
                "Winsorised over all firm-years of the sample, {share:.0%} at each end: minimum and maximum are the bounds where cells "
                "were changed. Own R&D is missing where grants exceed R&D. Logarithms of yuan of the year.",
                "全样本双侧缩尾{share:.0%}：有缩尾单元格的变量，其最小值与最大值即缩尾界限。补助超过研发投入时自有R&D缺失。"
                "对数取自以元计的当年价金额。",
            ).filled(share=firms.choices.winsorised),
            _source(firms),
        ],
    )


def ladder(results: Results) -> TableExhibit:
    """The paper's regression from pooled to firm and year effects, with R&D as reported and with own R&D."""
    return regression_table(
        list(results.ladder.values()),
        columns=[NAMES[name] for name in results.ladder],
        wild=list(results.wild.values()),
        labels=LABELS,
        title=_title(results.firms, Text("R&D intensity and R&D grants of semiconductor firms", "半导体企业R&D强度与研发补助")),
        notes=[
            Text("Wild bootstrap by province: firms of a province share its funds.", "野自助法按省份聚类：同省企业共享省级资金。"),
            _source(results.firms),
        ],
    )


def instruments(results: Results) -> TableExhibit | None:
    """Two-stage least squares, with the strength of each instrument; None if none can be estimated."""
    if not results.instruments:
        return None
    return regression_table(
        {NAMES[name]: estimate for name, estimate in results.instruments.items()},
        labels=LABELS,
        title=_title(results.firms, Text("Instrumental variables", "工具变量")),
        notes=[
            Text(
                "Neither is a shock: what moves a firm's grants persists, and a mean without the own firm falls where the own grant rises.",
                "二者均非外生冲击：推动企业补助的因素具有持续性；剔除本企业的均值在本企业补助上升时机械下降。",
            ),
            _source(results.firms),
        ],
    )


def dynamics(results: Results) -> TableExhibit | None:
    """Difference and system GMM; None if neither can be estimated."""
    if not results.dynamics:
        return None
    titles = {"difference": glossary.DIFFERENCE_GMM, "system": glossary.SYSTEM_GMM}
    return regression_table(
        {titles[name]: estimate for name, estimate in results.dynamics.items()},
        labels=LABELS,
        title=_title(results.firms, Text("Dynamic panels", "动态面板")),
        notes=[_source(results.firms)],
    )


def figure(results: Results) -> FigureExhibit:
    """Every design with its interval beside the published value."""
    frame = pd.DataFrame(
        [
            {
                "design": name,
                "family": f"family {design.family}",
                "estimate": design.answer.estimate,
                "low": design.answer.low,
                "high": design.answer.high,
            }
            for name, design in results.designs.items()
        ]
    )
    refused = [NAMES.get(name, Text(name, name)) for name, _ in results.refused]
    missing = Text(f"Not estimable: {'; '.join(r.en for r in refused)}.", f"无法估计：{'、'.join(r.zh for r in refused)}。")
    return forest_plot(
        frame,
        "design",
        panel="family",
        references=_marks(results.firms),
        limits=LIMITS,
        digits=3,
        names={**{f"family {name}": text for name, text in _FAMILIES.items()}, **{n: d.name for n, d in results.designs.items()}},
        x_label=Text("Elasticity of R&D intensity with respect to R&D grants", "R&D强度对研发补助的弹性"),
        title=_title(results.firms, Text("One elasticity in every design", "各设计下的弹性")),
        notes=[
            Text(
                "95% intervals: inverted wild bootstrap by province; Anderson–Rubin sets with instruments; delta method for the long run "
                "of GMM. The rows with other years' grants show the slope of those.",
                "95%区间：按省份的野自助法反演；工具变量为Anderson–Rubin集合；GMM长期弹性为delta法。其他年份补助各行为该年补助的系数。",
            ),
            *([missing] if refused else []),
            _source(results.firms),
        ],
    )


def curve(results: Results) -> FigureExhibit:
    """Every combination of the declared choices, beside the published value."""
    return spec_curve_plot(
        results.curve,
        references=_marks(results.firms),
        names={
            "all": Text("all years", "全部年份"),
            "late": Text(f"from {LATE} on", f"{LATE}年起"),
            "industry + year": Text("industry, year", "行业、年份"),
            TWO_WAY: Text("firm, year", "企业、年份"),
            "firm + province^year": Text("firm, province × year", "企业、省份×年份"),
        },
        labels=LABELS,
        title=_title(results.firms, Text("Specification curve of semiconductor firms", "半导体企业的设定曲线")),
        notes=_source(results.firms),
    )


def finding(results: Results) -> Statement:
    """The paper's number beside pooled, within and own R&D, and how many specifications hold it."""
    answer = {name: design.answer for name, design in results.designs.items()}
    two_way = summary(results.curve).loc[TWO_WAY].to_dict()
    side = glossary.INSIDE if answer["own_two_way"].holds(claimed()) else glossary.OUTSIDE
    return statement(
        "listed_firms",
        Text(
            "{mark}{firms} semiconductor firms, {rows} firm-years, {first} to {last}: the elasticity of R&D intensity with respect to R&D "
            "grants is {pooled:.2f} pooled, {within} {range} with firm and year effects, and {own} {own_range} for own R&D, which leaves "
            "the grant out of the left side. The published {claim:g} lies {side} the last interval. Of {cells:.0f} specifications with "
            "firm and year effects {holds:.0f}% have an interval that includes it; their median is {median:.2f}.",
            "{mark}{firms}家半导体企业、{rows}个企业-年份，{first}—{last}年：R&D强度对研发补助的弹性，混合回归为{pooled:.2f}，企业与年份固定效应"
            "为{within}{range}，左侧剔除补助的自有R&D为{own}{own_range}。论文数值{claim:g}在最后一个区间{side}。{cells:.0f}个企业与年份固定效应"
            "设定中，{holds:.0f}%的区间包含该值，中位数为{median:.2f}。",
        ),
        mark=Text("", "") if results.firms.choices.truth is None else _SIMULATED,
        firms=results.sample.panel.frame["firm"].nunique(),
        rows=len(results.sample.panel),
        first=results.firms.choices.years[0],
        last=results.firms.choices.years[1],
        pooled=answer["pooled"].estimate,
        within=fixed(answer["two_way"].estimate, 2),
        range=interval(answer["two_way"].low, answer["two_way"].high, 2),
        own=fixed(answer["own_two_way"].estimate, 2),
        own_range=interval(answer["own_two_way"].low, answer["own_two_way"].high, 2),
        claim=claimed(),
        side=side,
        cells=float(two_way["cells"]),
        holds=float(two_way["holds"]),
        median=float(two_way["median"]),
    )

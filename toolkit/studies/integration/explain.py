"""What goes with D? Panel regressions on quantities outside the index, and on GDP per head, which stands inside as a denominator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from toolkit.estimate import Estimate, WildTests, fit, wild_tests
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present import regression_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.studies.integration.index import TWO, Indices, span

_SEED, _DRAWS = 20251108, 1999
_LEVEL: Final = 0.05
_INCOME, _CITY, _SCHOOLS, _GROWTH = "log(gdp_per_capita)", "urbanisation_rate", "log(education_funds_total)", "gdp_growth"
_OUTSIDE = f"{_CITY} + {_SCHOOLS} + {_GROWTH}"
_ALL = f"{_INCOME} + {_OUTSIDE}"
_LAGGED = " + ".join(f"L({term}, 1)" for term in (_INCOME, _CITY, _SCHOOLS, _GROWTH))
MODELS: Final = {
    "years": f"d ~ {_ALL} | year",
    "two_way": f"d ~ {_ALL} | province + year",
    "outside": f"d ~ {_OUTSIDE} | province + year",
    "lagged": f"d ~ {_LAGGED} | province + year",
    "log_odds": f"log(d_odds) ~ {_ALL} | province + year",
    "wang": f"d_wang ~ {_ALL} | province + year",
}


@dataclass(frozen=True, eq=False)
class Explained:
    """The models and their wild bootstrap tests, by the keys of :data:`MODELS`.

    Attributes
    ----------
    fits : clustered by province.
    wild : restricted wild cluster bootstrap of every slope.
    """

    fits: dict[str, Estimate]
    wild: dict[str, WildTests]


def run(panel: Panel, indices: Indices) -> Explained:
    """Fit :data:`MODELS`; years before the index enter as lags only.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    indices : D of the two innovations, with the standard and with the corrected C.
    """
    index = indices.two
    first, last = span(index)
    found = index.keys.assign(d=index.d, d_odds=index.d / (1 - index.d), d_wang=indices.wang[TWO].d)
    columns = [panel.entity, panel.time, "gdp_per_capita", "urbanisation_rate", "education_funds_total", "gdp_growth"]
    rows = panel.frame.loc[panel.frame[panel.time].between(first - 1, last), columns]
    merged = rows.merge(found, how="left", on=[panel.entity, panel.time])
    data = Panel(merged, panel.entity, panel.time, origin="registry")
    fits = {name: fit(formula, data) for name, formula in MODELS.items()}
    rng = np.random.default_rng(_SEED)
    wild = {name: wild_tests(estimate, terms=estimate.terms, draws=_DRAWS, rng=rng) for name, estimate in fits.items()}
    return Explained(fits, wild)


def explained(found: Explained) -> TableExhibit:
    """Coefficients of every model, with the wild bootstrap beside the clustered standard errors."""
    heads = {
        "years": Text("Between and within", "省际与省内"),
        "two_way": Text("Within", "省内"),
        "outside": Text("Without GDP", "不含GDP"),
        "lagged": Text("A year earlier", "滞后一年"),
        "log_odds": Text("Log odds of D", "D的对数几率"),
        "wang": Text("D with corrected C", "修正C的D"),
    }
    note = Text(
        "D lies in [0, 1], hence the column in log odds. GDP and population are denominators of most indicators, so the coefficient of GDP "
        "per head is partly arithmetic; urbanisation and growth share population and GDP too, though not their level; education funds are "
        "part of the budget whose S&T share is an indicator. R&D, patents, contracts, trade, students and personnel are inside D and "
        "therefore no regressors. Industrial structure is comparable from 2019 only and left out. Associations, not effects.",
        "D在[0, 1]之内，故另列对数几率形式。GDP与人口是多数指标的分母，人均GDP的系数部分是算术结果；城镇化率与增速也涉及人口与GDP，"
        "但不涉及其水平；教育经费属于财政支出，而财政科技支出占比是指标之一。R&D、专利、技术合同、贸易、学生与研发人员已在D之内，"
        "因此不作为解释变量。产业结构2019年起才可比，未纳入。系数为相关关系，而非因果效应。",
    )
    return regression_table(
        list(found.fits.values()),
        columns=[heads[name] for name in found.fits],
        labels={"d": Text("D", "D"), "d_wang": Text("D (corrected C)", "D（修正C）"), "d_odds": Text("odds of D", "D的几率")},
        wild=list(found.wild.values()),
        notes=[note],
        title=Text("What goes with D", "与D相关的因素"),
    )


def finding(found: Explained) -> Statement:
    """What D goes with, between provinces and within them."""
    income, counts = found.fits["years"].coefficient(_INCOME), found.fits["two_way"].counts
    return statement(
        "integration_explained",
        Text(
            "Between provinces D rises with GDP per head ({income:.3f} per log point, standard error {income_se:.3f}), which is partly "
            "arithmetic: GDP and population are denominators of the indicators. Within provinces, at the {level:.0%} level of the wild "
            "bootstrap, D goes with {within}; a year earlier with {lagged}; with the corrected C with {wang}. {rows} province-years, "
            "{provinces} clusters.",
            "省际比较中，D随人均GDP上升（每对数点{income:.3f}，标准误{income_se:.3f}），其中部分是算术结果：GDP与人口是指标的分母。"
            "在省内变化中，按野自助法在{level:.0%}水平上与D相关的有：{within}；滞后一年为：{lagged}；采用修正C时为：{wang}。"
            "样本为{rows}个省份—年份，{provinces}个聚类。",
        ),
        income=income.estimate,
        income_se=income.std_error,
        level=_LEVEL,
        within=_significant(found, "two_way"),
        lagged=_significant(found, "lagged"),
        wang=_significant(found, "wang"),
        rows=counts.rows,
        provinces=counts.entities,
    )


def _significant(found: Explained, model: str) -> Text:
    """The slopes of a model that the wild bootstrap tells from zero, with their sizes."""
    names = {
        _INCOME: Text("GDP per head", "人均GDP"),
        _CITY: Text("urbanisation", "城镇化率"),
        _SCHOOLS: Text("education funds", "教育经费"),
        _GROWTH: Text("GDP growth", "GDP增速"),
    }
    names |= {f"L({term}, 1)": name for term, name in names.items()}
    estimate, shown = found.fits[model], []
    for term, test in zip(estimate.terms, found.wild[model].tests, strict=True):
        if test.p_value < _LEVEL:
            size = f"{estimate.coefficient(term).estimate:+.3f}".replace("-", "−")
            shown.append(Text(f"{names[term].en} ({size})", f"{names[term].zh}（{size}）"))
    return Text(", ".join(t.en for t in shown), "、".join(t.zh for t in shown)) if shown else Text("none of them", "无")

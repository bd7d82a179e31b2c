r"""One equation for every panel, and for each panel what it cannot say.

For unit i and year t, with O the R&D money of the unit's own and S public money,

.. math:: \ln O_{it} = \beta \ln S_{it} + \gamma' x_{it} + \alpha_i + \lambda_t + \varepsilon_{it}.

S is no part of O. Pooled keeps the year effects only and compares units of the same year; within keeps both effects and compares a unit
with itself. Errors are clustered by unit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from toolkit.estimate import Coefficient, Estimate, WildTests, fit, fit_between, fit_differences, wild_tests
from toolkit.estimate.inference.wild_scheme import Multiplier
from toolkit.estimate.linear.refit import refit
from toolkit.language import Text
from toolkit.panel import Panel

ModelName = Literal["plain", "pooled", "between", "within", "differences"]
FEW_UNITS = 60  # below, the wild cluster bootstrap is given with the t test
DRAWS, SEED = 9999, 20161

_INDUSTRY_ERAS = (2017, 2019, 2022)  # last years of an era of the survey: a threshold of R&D came in 2018, NAICS 2017 in 2020
_SURVEY_ERAS = (2016, 2017)  # last years of a definition of companies in the US survey: firm size in 2017, a threshold of R&D in 2018


@dataclass(frozen=True)
class Design:
    """The question as one panel can put it.

    Attributes
    ----------
    table : of the project.
    name, unit : of the panel, and of what is observed.
    outcome, money, controls : terms of the formula; the elasticity is the coefficient of ``money``.
    caveat : what the panel cannot say.
    prepare : the rows and columns that the study needs.
    """

    table: str
    name: Text
    unit: Text
    outcome: str
    money: str
    caveat: Text
    controls: tuple[str, ...] = ()
    prepare: Callable[[Panel], Panel] = lambda panel: panel

    @property
    def regression(self) -> str:
        """The formula without effects."""
        return f"{self.outcome} ~ {' + '.join((self.money, *self.controls))}"


@dataclass(frozen=True)
class Models:
    """One design on its panel.

    Attributes
    ----------
    design, panel : the question, and the prepared rows.
    plain : no effects.
    pooled : year effects.
    between : means of the units.
    within : effects of units and years.
    differences : first differences with year effects.
    """

    design: Design
    panel: Panel
    plain: Estimate
    pooled: Estimate
    between: Estimate
    within: Estimate
    differences: Estimate

    def elasticity(self, model: ModelName) -> Coefficient:
        """The coefficient of public money in one of the models."""
        estimate: Estimate = getattr(self, model)
        return estimate.coefficient(self.design.money)


def _countries(panel: Panel) -> Panel:
    """Own effect (``segment``) on either side of a year in which a payer more than doubles or halves: breaks are not marked."""
    frame = panel.frame.sort_values(["iso3", "year"])
    money = frame[["business_rd_by_business", "business_rd_by_government"]]
    logs = pd.DataFrame(np.log(money.where(money > 0)), index=frame.index)
    jumps = (logs.groupby(frame["iso3"]).diff().abs() > np.log(2)).any(axis=1)
    segment = frame["iso3"] + " " + jumps.groupby(frame["iso3"]).cumsum().astype(str)
    return panel.assign(segment=segment.reindex(panel.frame.index))


def _surveyed(panel: Panel) -> Panel:
    """Own effect (``unit_era``) of a unit in each era of the US survey."""
    era = np.searchsorted(_SURVEY_ERAS, panel.frame["year"])
    return panel.assign(unit_era=panel.frame[panel.entity] + " " + era.astype(str))


def _metros(panel: Panel) -> Panel:
    """``one_name``: the area has one name in all years, as one whose delineation changes often has not."""
    names = panel.frame.groupby("cbsa_code")["area"].transform("nunique")
    return _surveyed(panel).assign(one_name=(names == 1).astype(float))


def leaves_of(panel: Panel) -> Panel:
    """The leaves of the table ``us_industry_rd``: R&D to sales (%), and each industry in each era of the survey."""
    leaves = panel.keep(panel.frame["leaf"] == 1)
    frame = leaves.frame
    era = pd.Series(np.searchsorted(_INDUSTRY_ERAS, frame["year"]), index=frame.index)
    return leaves.assign(
        rd_to_sales=100 * frame["rd_company_paid"] / frame["domestic_sales"],
        naics_era=frame["naics"] + " " + era.astype(str),
    )


DESIGNS = {
    "provinces": Design(
        table="provincial_panel",
        name=Text("Chinese provinces", "中国省份"),
        unit=Text("province", "省份"),
        outcome="log(rd_intensity)",
        money="log(fiscal_sci_exp)",
        controls=("log(gdp_per_capita)",),
        caveat=Text(
            "The proxy is local budget expenditure on science and technology; the left side is R&D of all payers over GDP, which includes "
            "public money.",
            "以地方财政科技支出为代理；左侧为全部出资方的R&D与GDP之比，含公共资金。",
        ),
        prepare=lambda panel: panel.between(2010, 2023),
    ),
    "countries": Design(
        table="intl_rd_by_source",
        name=Text("Countries", "国家"),
        unit=Text("country", "国家"),
        outcome="log(business_rd_by_business)",
        money="log(business_rd_by_government)",
        controls=("log(gdp_euro)",),
        caveat=Text(
            "Breaks in series are not marked, and much government money in large countries is contracts, for defence among others.",
            "序列断点未标注；大国政府资金多为合同，含国防。",
        ),
        prepare=_countries,
    ),
    "states": Design(
        table="us_state_rd",
        name=Text("US states", "美国各州"),
        unit=Text("state", "州"),
        outcome="log(rd_company_paid)",
        money="log(rd_federal_paid)",
        caveat=Text(
            "Definitions of companies change in 2017 and 2018, some federal cells are withheld, and a company may move R&D between states.",
            "企业口径在2017、2018年有变，部分联邦单元格隐去，企业还可在州际转移R&D。",
        ),
        prepare=_surveyed,
    ),
    "metros": Design(
        table="us_metro_rd",
        name=Text("US metropolitan areas", "美国都市区"),
        unit=Text("area", "都市区"),
        outcome="log(rd_company_paid)",
        money="log(rd_paid_by_others)",
        caveat=Text(
            "Others than the company are the federal government, other companies, foreign and other payers in one figure.",
            "“他方”把联邦政府、其他企业、境外及其他出资方合为一数。",
        ),
        prepare=_metros,
    ),
    "industries": Design(
        table="us_industry_rd",
        name=Text("US industries", "美国行业"),
        unit=Text("industry", "行业"),
        outcome="log(rd_company_paid)",
        money="log(rd_federal_paid)",
        controls=("log(domestic_sales)",),
        caveat=Text(
            "Contracts more than subsidies; a handful of industries account for the variation; zeros and withheld cells drop out.",
            "多为合同而非补贴；少数行业贡献大部分变动；零值与隐去单元格退出样本。",
        ),
        prepare=leaves_of,
    ),
    "universities": Design(
        table="us_university_rd",
        name=Text("US universities", "美国高校"),
        unit=Text("university", "高校"),
        outcome="log(institution_rd_nonfederal)",
        money="log(institution_rd_federal)",
        caveat=Text(
            "No firms: other money is state, own, business and charitable money, and a project can have several payers at once.",
            "并非企业：其他资金含州政府、自有、企业与慈善资金，同一项目可有多个出资方。",
        ),
    ),
}
"""The panels of this chapter by key; firms are those of :mod:`toolkit.studies.firms.colombia`."""


def _fit_design(design: Design, panel: Panel) -> Models:
    """All models of one design.

    Parameters
    ----------
    design : the question.
    panel : the table ``design.table``.
    """
    kept, formula = design.prepare(panel), design.regression
    return Models(
        design=design,
        panel=kept,
        plain=fit(formula, kept),
        pooled=fit(f"{formula} | {kept.time}", kept),
        between=fit_between(formula, kept),
        within=fit(f"{formula} | {kept.entity} + {kept.time}", kept),
        differences=fit_differences(f"{formula} | {kept.time}", kept),
    )


def run(tables: Mapping[str, Panel]) -> dict[str, Models]:
    """The models of every design, by its key.

    Parameters
    ----------
    tables : the panel ``DESIGNS[key].table`` by key.
    """
    return {key: _fit_design(design, tables[key]) for key, design in DESIGNS.items()}


def wild_p(estimate: Estimate, term: str, weights: Multiplier = "rademacher") -> float | None:
    """p-value of the wild cluster bootstrap that ``term`` is zero; None where clusters are many."""
    if estimate.counts.entities >= FEW_UNITS:
        return None
    tests: WildTests = wild_tests(estimate, terms=[term], draws=DRAWS, weights=weights, rng=np.random.default_rng(SEED))
    return tests.tests[0].p_value


def years_of(estimate: Estimate) -> tuple[int, int]:
    """First and last year of the rows of an estimate."""
    time = refit(estimate, None, "the years of a panel").time
    return int(time.min()), int(time.max())

"""Each panel against its own weakness: breaks, samples, lags, payers, forms; one row a variant of the model within units."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from toolkit.estimate import Estimate, fit
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement
from toolkit.studies.panels.cells import imputed
from toolkit.studies.panels.designs import DESIGNS, Models
from toolkit.studies.panels.industries import claimed
from toolkit.studies.panels.influence import Influence, era_effects

VARIANTS = {
    "plain": Text("No effects", "无固定效应"),
    "between": Text("Means of units", "单位均值"),
    "within": Text("Unit and year effects", "单位与年份固定效应"),
    "lag": Text("Public money of the year before", "上年公共资金"),
    "both": Text("Current, the year before held", "当年，控制上年"),
    "enterprises": Text("Left side: R&D paid by enterprises / GDP", "左侧：企业出资R&D/GDP"),
    "first_half": Text("2010–2016", "2010—2016年"),
    "second_half": Text("2017–2023", "2017—2023年"),
    "recent": Text("From the year 2000 on", "2000年起"),
    "segments": Text("Own effect on either side of a jump", "跳变前后各设效应"),
    "without_largest": Text("Without the country with most influence", "剔除影响最大的国家"),
    "gdp": Text("State GDP held, 2016–2021", "控制州GDP，2016—2021年"),
    "eras": Text("Own effect in each survey era", "各调查时期各设效应"),
    "threshold": Text("2018–2022 (one definition)", "2018—2022年（同一口径）"),
    "not_imputed": Text("Imputed cells left out", "剔除插补单元格"),
    "one_name": Text("Areas with one name in all years", "名称未变的都市区"),
    "no_sales": Text("Sales left out", "不控制销售额"),
    "zeros": Text("asinh of federal money, zeros kept", "联邦资助取asinh，保留零值"),
    "public": Text("Public universities", "公立高校"),
    "private": Text("Private universities", "私立高校"),
    "own": Text("Institution's own funds, first published, 2019–2023", "院校自有资金，首次公布数，2019—2023年"),
}


def _row(panel: str, variant: str, estimate: Estimate, term: str) -> dict[str, object]:
    c = estimate.coefficient(term)
    return {
        "panel": panel,
        "variant": variant,
        "estimate": c.estimate,
        "std_error": c.std_error,
        "low": c.low,
        "high": c.high,
        "rows": estimate.counts.rows,
        "units": estimate.counts.entities,
    }


def _lagged(models: Models) -> Estimate:
    design, panel = models.design, models.panel
    terms = " + ".join((f"L({design.money}, 1)", *design.controls))
    return fit(f"{design.outcome} ~ {terms} | {panel.entity} + {panel.time}", panel)


def _within(models: Models, kept: Panel) -> Estimate:
    return fit(f"{models.design.regression} | {kept.entity} + {kept.time}", kept)


def _provinces(models: Models) -> dict[str, Estimate]:
    panel, design = models.panel, models.design
    right = design.regression.partition(" ~ ")[2]
    return {
        "enterprises": fit(f"log(rd_enterprise_intensity) ~ {right} | {panel.entity} + {panel.time}", panel),
        "first_half": _within(models, panel.between(2010, 2016)),
        "second_half": _within(models, panel.between(2017, 2023)),
    }


def _countries(models: Models, largest: str) -> dict[str, Estimate]:
    panel = models.panel
    return {
        "recent": _within(models, panel.between(2000, 2023)),
        "segments": fit(f"{models.design.regression} | segment + {panel.time}", panel, cluster=panel.entity),
        "without_largest": _within(models, panel.keep(panel.frame["iso3"] != largest)),
    }


def _states(models: Models) -> dict[str, Estimate]:
    panel = models.panel
    published = panel.keep(~imputed(panel.frame["note_company"]) & ~imputed(panel.frame["note_federal"]))
    return {
        "gdp": fit(f"{models.design.regression} + log(state_gdp) | {panel.entity} + {panel.time}", panel),
        "eras": era_effects(models),
        "threshold": _within(models, panel.between(2018, 2022)),
        "not_imputed": _within(models, published),
    }


def _metros(models: Models) -> dict[str, Estimate]:
    panel = models.panel
    return {
        "one_name": _within(models, panel.keep(panel.frame["one_name"] == 1)),
        "eras": era_effects(models),
        "not_imputed": _within(models, panel.keep(~imputed(panel.frame["note_company"]) & ~imputed(panel.frame["note_paid_by_others"]))),
    }


def _industries(models: Models) -> dict[str, Estimate]:
    panel, design = models.panel, models.design
    published = panel.keep(~imputed(panel.frame["note_company"]) & ~imputed(panel.frame["note_federal"]))
    effects = f"{panel.entity} + {panel.time}"
    return {
        "no_sales": fit(f"{design.outcome} ~ {design.money} | {effects}", panel),
        "zeros": fit(f"{design.outcome} ~ asinh(rd_federal_paid) + {design.controls[0]} | {effects}", panel),
        "eras": era_effects(models),
        "threshold": _within(models, panel.between(2018, 2022)),
        "not_imputed": _within(models, published),
    }


def _universities(models: Models) -> dict[str, Estimate]:
    panel, design = models.panel, models.design
    effects = f"{panel.entity} + {panel.time}"
    return {
        "both": fit(f"{design.regression} + L({design.money}, 1) | {effects}", panel),
        "public": _within(models, panel.keep(panel.frame["control"] == "Public")),
        "private": _within(models, panel.keep(panel.frame["control"] == "Private")),
        "own": fit(f"log(institution_rd_own) ~ log(institution_rd_federal_first) | {effects}", panel),
    }


def fit_variants(fitted: Mapping[str, Models], found: Mapping[str, Influence]) -> pd.DataFrame:
    """Every variant of the panels but the firms, which have a chapter of their own.

    Parameters
    ----------
    fitted : from :func:`toolkit.studies.panels.designs.run`.
    found : from :func:`toolkit.studies.panels.influence.of_panels`; names the country with most influence.

    Returns
    -------
    Columns panel, variant, estimate, std_error, low, high, rows, units.
    """
    own = {
        "provinces": _provinces(fitted["provinces"]),
        "countries": _countries(fitted["countries"], str(found["countries"].shares.index[0])),
        "states": _states(fitted["states"]),
        "metros": _metros(fitted["metros"]),
        "industries": _industries(fitted["industries"]),
        "universities": _universities(fitted["universities"]),
    }
    rows = []
    for panel, variants in own.items():
        models = fitted[panel]
        shared = {"plain": models.plain, "between": models.between, "within": models.within, "lag": _lagged(models)}
        for name, estimate in {**shared, **variants}.items():
            term = next(t for t in estimate.terms if _is_money(t, models.design.money))
            rows.append(_row(panel, name, estimate, term))
    return pd.DataFrame(rows)


def _is_money(term: str, money: str) -> bool:
    """The regressor of interest, in whatever form; in every formula it stands before all others of its kind."""
    column = money.removeprefix("log(").removesuffix(")")
    return column in term


def figure(found: pd.DataFrame) -> FigureExhibit:
    """The variants by panel, one row each."""
    claim = claimed()
    return forest_plot(
        found,
        "variant",
        panel="panel",
        names={**VARIANTS, **{key: design.name for key, design in DESIGNS.items()}},
        references=(claim, Text("paper: {claim}", "论文：{claim}").filled(claim=f"{claim:g}")),
        digits=3,
        x_label=Text("Elasticity of own R&D money with respect to public money", "自有R&D资金对公共资金的弹性"),
        title=Text("Each panel against its own weakness", "各面板针对自身弱点的检验"),
        notes=Text(
            "Unit and year effects unless the row says otherwise; 95% intervals, clustered by unit. A jump: a payer more than doubles or "
            "halves from one year to the next. Survey eras: definitions of companies in the US surveys. Where few units supply the "
            "variation, these intervals are too narrow; the table of influence has the jackknife.",
            "除行内说明外均含单位与年份固定效应；95%置信区间，按单位聚类。跳变：某出资方较上年翻倍以上或减半以下。"
            "调查时期：美国调查的企业口径。变动集中于少数单位时，此处区间偏窄，刀切法见影响力表。",
        ),
    )


def finding(found: pd.DataFrame, influences: Mapping[str, Influence]) -> Statement:
    """What the weakness of each panel changes, and how many intervals within units hold the claim."""
    inside = found[~found["variant"].isin(["plain", "between"])]
    claim = claimed()

    def number(panel: str, variant: str, column: str = "estimate") -> float:
        return float(found.loc[(found["panel"] == panel) & (found["variant"] == variant), column].item())

    return statement(
        "panel_variants",
        Text(
            "Held against its own weakness, the elasticity within units moves most where the span or one unit decides. Provinces: "
            "{first:.3f} and {second:.3f} in either half of the years, {enterprises:.3f} ({enterprises_se:.3f}) for R&D paid by "
            "enterprises. Countries: {within:.3f} in all, {segments:.3f} when a jump starts a new effect, {without:.3f} without the "
            "country with most influence ({largest}). States: {gdp:.3f} ({gdp_se:.3f}) with state GDP held, {eras:.3f} ({eras_se:.3f}) "
            "with effects of survey eras. Metropolitan areas: {one_name:.3f} ({one_name_se:.3f}) where the name of an area never changes. "
            "Universities: {lag:.3f} ({lag_se:.3f}) for the federal money of the year before. Of {variants} variants within units, {holds}"
            " intervals include the claimed {claim}.",
            "针对自身弱点加以检验，单位之内的弹性在时段或个别单位起决定作用处变动最大。省份：前后两半年份分别为{first:.3f}与{second:.3f}，"
            "企业出资R&D为{enterprises:.3f}（{enterprises_se:.3f}）。国家：全部为{within:.3f}，以跳变分段设效应时为{segments:.3f}，剔除影"
            "响最大的国家（{largest}）后为{without:.3f}。州：控制州GDP为{gdp:.3f}（{gdp_se:.3f}），按调查时期设效应为{eras:.3f}（"
            "{eras_se:.3f}）。都市区：名称从未变动者为{one_name:.3f}（{one_name_se:.3f}）。高校：上年联邦资金为{lag:.3f}（{lag_se:.3f}）。"
            "单位之内的{variants}个变体中，区间包含论文数值{claim}的有{holds}个。",
        ),
        first=number("provinces", "first_half"),
        second=number("provinces", "second_half"),
        enterprises=number("provinces", "enterprises"),
        enterprises_se=number("provinces", "enterprises", "std_error"),
        within=number("countries", "within"),
        segments=number("countries", "segments"),
        largest=str(influences["countries"].shares.index[0]),
        without=number("countries", "without_largest"),
        gdp=number("states", "gdp"),
        gdp_se=number("states", "gdp", "std_error"),
        eras=number("states", "eras"),
        eras_se=number("states", "eras", "std_error"),
        one_name=number("metros", "one_name"),
        one_name_se=number("metros", "one_name", "std_error"),
        lag=number("universities", "lag"),
        lag_se=number("universities", "lag", "std_error"),
        variants=len(inside),
        claim=claim,
        holds=int(((inside["low"] <= claim) & (claim <= inside["high"])).sum()),
    )

r"""Is public money in one province associated with what enterprises pay in its neighbours?

.. math:: \ln o_{it} = \rho \sum_j w_{ij} \ln o_{jt} + \beta \ln s_{it} + \theta \sum_j w_{ij} \ln s_{jt} + \ldots + \alpha_i + \lambda_t

The direct effect is the change of o that a change of s is associated with in the same province, the indirect effect that in all others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.data import load_frame
from toolkit.estimate import SpatialEstimate, fit, fit_spatial, lagrange_tests
from toolkit.language import Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement
from toolkit.present.words.breaks import break_notes
from toolkit.present.words.formats import fixed, interval
from toolkit.studies.convergence.neighbours import borders
from toolkit.studies.subsidy.measures import INDUSTRY_TO_GDP, MONEY_NAMES, OUTCOME_NAMES
from toolkit.studies.subsidy.model import (
    CONTROL,
    FIRST_INDUSTRY_YEAR,
    FIRST_YEAR,
    GOVERNMENT,
    INSIDE,
    LAST_YEAR,
    OWN,
    SEED,
    SUBSIDY,
    TWO_WAY,
    Elasticity,
    elasticity,
)
from toolkit.transform import (
    Weights,
    band_weights,
    contiguity_weights,
    economic_weights,
    inverse_distance_weights,
    nearest_weights,
    nested_weights,
)

PAIRS = {"budget": (OWN, SUBSIDY), "government": (OWN, GOVERNMENT), "inside": (INDUSTRY_TO_GDP, INSIDE)}
BORDERS, ISLAND = "borders", "island"
NEAREST, BAND_KM = 4, 1500
MAPS = 99
_PERCENT = 100.0
_KINDS = {
    "within": Text("without neighbours (notebook 02)", "不含邻省（笔记本02）"),
    "direct": Text("direct", "直接效应"),
    "indirect": Text("indirect", "间接效应"),
}
WEIGHT_NAMES = {
    BORDERS: Text("common borders", "接壤"),
    ISLAND: Text("common borders, Hainan an island", "接壤，海南为孤岛"),
    "nearest": Text("{k} nearest capitals", "最近{k}个省会").filled(k=NEAREST),
    "band": Text("capitals within {km} km", "省会相距{km}公里以内").filled(km=BAND_KM),
    "inverse": Text("inverse squared distance", "距离平方倒数"),
    "economic": Text("alike in GDP per head", "人均GDP相近"),
    "nested": Text("half distance, half GDP per head", "距离与人均GDP各半"),
}


@dataclass(frozen=True, eq=False)
class Spillover:
    """One measure of public money.

    Attributes
    ----------
    outcome, money : terms of the formula.
    within : the elasticity without neighbours, with the interval of notebook 02.
    durbin : the spatial Durbin model with common borders, clustered by province.
    effects : columns weights, effect (direct, indirect, total), estimate, std_error, low, high, of the money, by weights.
    tests : p-values of the Lagrange tests without neighbours and of the Wald tests of the Durbin model.
    map_p : of an indirect effect this large on maps whose provinces have changed places.
    held : of outcomes simulated from the Durbin model, the share in which the interval of the indirect effect holds the truth, per cent.
    """

    outcome: str
    money: str
    within: Elasticity
    durbin: SpatialEstimate
    effects: pd.DataFrame
    tests: dict[str, float]
    map_p: float
    held: float

    def effect(self, kind: str, weights: str = BORDERS) -> pd.Series:
        """One effect with its interval."""
        rows = self.effects[(self.effects["effect"] == kind) & (self.effects["weights"] == weights)]
        return rows.iloc[0]


def weights_of(panel: Panel) -> dict[str, Weights]:
    """Seven ideas of who is a neighbour, row-standardised; economic distance uses GDP per head over all years."""
    places = load_frame("provinces")
    near = economic_weights(panel.frame.groupby("province")["gdp_per_capita"].mean())
    inverse = inverse_distance_weights(places, power=2.0)  # at power one every province is a neighbour of all others, nearly alike
    found = {
        BORDERS: borders(),
        ISLAND: contiguity_weights(load_frame("contiguity"), places, hainan="island"),
        "nearest": nearest_weights(places, NEAREST),
        "band": band_weights(places, BAND_KM),
        "inverse": inverse,
        "economic": near,
        "nested": nested_weights(inverse, near),
    }
    return {name: weights.row_standardised() for name, weights in found.items()}


def run(panel: Panel) -> dict[str, Spillover]:
    """Each of :data:`PAIRS` on the table ``provincial_panel``."""
    own = panel.frame["ind_rd_funds_enterprise"] / panel.frame["gdp"] * _PERCENT
    ready = panel.assign(ind_rd_own_to_gdp=own)
    return {name: _spillover(ready, outcome, money) for name, (outcome, money) in PAIRS.items()}


def _spillover(panel: Panel, outcome: str, money: str) -> Spillover:
    sample = panel.between(FIRST_INDUSTRY_YEAR if money == INSIDE else FIRST_YEAR, LAST_YEAR)
    formula = f"{outcome} ~ {money} + {CONTROL} {TWO_WAY}"
    fitted = {name: fit_spatial(formula, sample, weights, covariance="cluster") for name, weights in weights_of(sample).items()}
    effects = [e.impacts(np.random.default_rng(SEED), draws=4000).assign(weights=name) for name, e in fitted.items()]
    table = pd.concat(effects, ignore_index=True)
    table = table[table["term"] == money].reset_index(drop=True)
    durbin = fitted[BORDERS]
    tests = {test.name: test.p_value for test in lagrange_tests(formula, sample, borders())}
    tests |= dict(zip(("sar", "sem"), (test.p_value for test in durbin.choice_tests()), strict=True))
    here = float(table.loc[(table["weights"] == BORDERS) & (table["effect"] == "indirect"), "estimate"].iloc[0])
    return Spillover(
        outcome=outcome,
        money=money,
        within=elasticity(fit(formula, sample), money),
        durbin=durbin,
        effects=table,
        tests=tests,
        map_p=_map_p(formula, sample, money, here),
        held=_held(formula, sample, money=money, durbin=durbin, truth=here),
    )


def _map_p(formula: str, sample: Panel, money: str, here: float) -> float:
    """Share of shuffled maps whose indirect effect is at least as far from zero."""
    weights, rng = borders(), np.random.default_rng(SEED)
    reached = 1
    for _ in range(MAPS):
        moved = Weights(weights.links, tuple(rng.permutation(np.array(weights.ids, dtype=object))))
        found = fit_spatial(formula, sample, moved).impacts(np.random.default_rng(SEED), draws=2)
        indirect = found.loc[(found["term"] == money) & (found["effect"] == "indirect"), "estimate"].iloc[0]
        reached += abs(indirect) >= abs(here)
    return float(reached / (1 + MAPS))


def _held(formula: str, sample: Panel, *, money: str, durbin: SpatialEstimate, truth: float) -> float:
    """Coverage with the residuals of each province, all its years at once, under a random sign: y + (I - rho W)^-1 (e* - e)."""
    column, weights = formula.split("~")[0].strip().removeprefix("log(").removesuffix(")"), borders()
    e = durbin.residuals.to_numpy()
    place, order = pd.factorize(sample.frame["province"])
    year = pd.factorize(sample.frame["year"])[0]
    rho, w = durbin.coefficient("rho").estimate, weights.ordered(order.tolist()).matrix
    spread, rng, held = np.linalg.inv(np.eye(len(w)) - rho * w), np.random.default_rng(SEED), 0
    for _ in range(MAPS):
        change = np.zeros((len(w), year.max() + 1))
        change[place, year] = e * (rng.choice([-1.0, 1.0], len(w))[place] - 1)
        moved = sample.assign(**{column: sample.frame[column] * np.exp((spread @ change)[place, year])})
        found = fit_spatial(formula, moved, weights, covariance="cluster").impacts(rng, draws=400)
        row = found[(found["term"] == money) & (found["effect"] == "indirect")].iloc[0]
        held += row["low"] <= truth <= row["high"]
    return float(_PERCENT * held / MAPS)


def figure(results: dict[str, Spillover]) -> FigureExhibit:
    """Direct and indirect elasticities by weights, beside the one without neighbours."""
    rows, texts = [], {"within": _KINDS["within"]}
    for name, found in results.items():
        within = found.within
        rows.append((name, "within", "within", within.estimate, within.low, within.high))
        for kind in ("direct", "indirect"):
            for weights in WEIGHT_NAMES if kind == "indirect" else (BORDERS,):
                effect = found.effect(kind, weights)
                texts[f"{kind} {weights}"] = Text("{kind}, {weights}", "{kind}：{weights}").filled(
                    kind=_KINDS[kind], weights=WEIGHT_NAMES[weights]
                )
                rows.append((name, f"{kind} {weights}", kind, effect["estimate"], effect["low"], effect["high"]))
    heads = {
        name: Text("{outcome} on {money}", "{outcome}对{money}").filled(outcome=OUTCOME_NAMES[f.outcome], money=MONEY_NAMES[f.money])
        for name, f in results.items()
    }
    frame = pd.DataFrame(rows, columns=["panel", "row", "kind", "estimate", "low", "high"])
    return forest_plot(
        marked(frame),
        "row",
        panel="panel",
        group="kind",
        limits=(-0.6, 0.9),
        digits=3,
        x_label=glossary.ELASTICITY,
        names={**heads, **texts, **_KINDS},
        title=Text("Public money here and in the neighbourhood", "本省与邻省的公共资金"),
        notes=[
            Text(
                "Spatial Durbin models with province and year effects and ln GDP per head, {first} to {last}, the third from {third}; 95% "
                "intervals simulated from clustered standard errors. The first row of each panel: inverted wild bootstrap by province.",
                "空间杜宾模型，含省份与年份固定效应及人均GDP对数，{first}—{last}年（第三幅自{third}年起）；95%区间由聚类标准误模拟得到。"
                "各幅首行为按省份的野自助法反演区间。",
            ).filled(first=FIRST_YEAR, last=LAST_YEAR, third=FIRST_INDUSTRY_YEAR),
            *break_notes(("rd_enterprise_intensity", "ind_rd_funds_gov"), FIRST_YEAR, LAST_YEAR),
        ],
    )


def finding(results: dict[str, Spillover]) -> Statement:
    """Direct beside within, indirect with its interval, and how far the weights move it."""
    budget, inside = results["budget"], results["inside"]
    other = budget.effects[budget.effects["effect"] == "indirect"].set_index("weights")
    beyond = int(((other["low"] > 0) | (other["high"] < 0)).sum())
    direct, around = budget.effect("direct"), budget.effect("indirect")
    rho = budget.durbin.coefficient("rho")
    return statement(
        "space_spillovers",
        Text(
            "What enterprises pay for R&D has an elasticity of {direct:.3f} {direct_range} to the province's own S&T budget ({within:.3f} "
            "{within_range} without neighbours in the model) and of {around:.3f} {around_range} to that of the provinces next to it. On "
            "{maps} shuffled maps an indirect elasticity as large has p = {map_p:.3f}; in {maps} panels simulated from the model the "
            "interval covers the truth in {held:.0f}%. ρ is {rho:.3f} (p = {rho_p:.2f}), the Lagrange test of a lag has p = {lm:.3f}, and "
            "a model without the neighbours' money is not rejected (p = {sar:.2f}). Other weights put the indirect elasticity between "
            "{low} and {high}; {beyond} of {count} intervals exclude zero. On government money inside industrial R&D it is {inside:.3f} "
            "{inside_range} (shuffled maps: p = {inside_p:.3f}).",
            "企业自身出资的R&D对本省财政科技支出的直接弹性为{direct:.3f}{direct_range}（不含邻省时为{within:.3f}{within_range}），对邻省（接壤）"
            "的间接弹性为{around:.3f}{around_range}；在{maps}幅置换地图上出现同样大间接弹性的p值为{map_p:.3f}；由模型模拟的{maps}个面板中，该区间覆盖真值的占{held:.0f}%。ρ为{rho:.3f}（p={rho_p:.2f}），"
            "滞后项的拉格朗日检验p={lm:.3f}；不含邻省资金的模型未被拒绝（p={sar:.2f}）。换用其他权重，间接弹性介于{low}与{high}之间，{count}个区间中"
            "{beyond}个不含零。对规上工业企业R&D中的政府资金，间接弹性为{inside:.3f}{inside_range}（置换地图p={inside_p:.3f}）。",
        ),
        direct=direct["estimate"],
        direct_range=interval(direct["low"], direct["high"]),
        within=budget.within.estimate,
        within_range=interval(budget.within.low, budget.within.high),
        around=around["estimate"],
        around_range=interval(around["low"], around["high"]),
        maps=MAPS,
        map_p=budget.map_p,
        held=budget.held,
        rho=rho.estimate,
        rho_p=rho.p_value,
        lm=budget.tests["LM lag"],
        sar=budget.tests["sar"],
        low=fixed(float(other["estimate"].min()), 3),
        high=fixed(float(other["estimate"].max()), 3),
        beyond=beyond,
        count=len(other),
        inside=inside.effect("indirect")["estimate"],
        inside_range=interval(inside.effect("indirect")["low"], inside.effect("indirect")["high"]),
        inside_p=inside.map_p,
    )

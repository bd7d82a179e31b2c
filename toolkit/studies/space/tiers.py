r"""Core, radiation and linkage: three tiers of provinces from a gravity network, and whether they do what the paper wants of them.

.. math:: a_{ij} = m_i m_j / d_{ij}^p, \qquad m_i = \exp \sum_k \omega_k \ln s_{ik}

s are shares of the nation in five resources, d is the distance between capitals. The core is the split of the network that fits best
(Borgatti and Everett), the radiation tier the core of what is left without it, linkage the rest. The weights of the resources and the
power of distance are ours: the stability of a tier is its share among draws of both. It is computed again by resampling, among the
networks that leave out one other province and among networks of years drawn with replacement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.data import load_frame
from toolkit.data.provinces import named
from toolkit.language import Text
from toolkit.measure import core_periphery, gravity_links, k_core
from toolkit.numerics import Floats
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.tiles import tile_classes
from toolkit.present.record import Statement, statement
from toolkit.studies.convergence.series import SEED
from toolkit.transform import distance_matrix

RESOURCES = ("rd_expenditure", "rd_basic", "rd_researchers_fte", "patent_app_invention", "patent_in_force_invention")
FIRST_YEAR, LAST_YEAR = 2010, 2023
POWER, POWERS = 1.5, (1.0, 2.0)
DRAWS = 400
STABLE = 0.8  # share of draws from which on a tier counts as settled
WINDOW = 5  # years before and with the last one that are drawn with replacement
TIERS = {"C": Text("core", "核心区"), "R": Text("radiation", "辐射区"), "L": Text("linkage", "联动区")}
REGIONS = {"jjj": Text("Beijing–Tianjin–Hebei", "京津冀"), "yrd": Text("Yangtze River Delta", "长三角"), "gba": Text("Guangdong", "广东")}
DUTIES = {
    "basic": Text("share of basic research in R&D", "基础研究占R&D比重"),
    "bought": Text("technology contracts bought, % of GDP", "吸纳技术合同额占GDP比重"),
    "scale": Text("share of the secondary sector in GDP", "第二产业占GDP比重"),
}
_PERCENT = 100.0


@dataclass(frozen=True, eq=False)
class Tiers:
    """The tiers over the years, and how settled they are.

    Attributes
    ----------
    by_year : provinces by years, keys of :data:`TIERS`.
    stability : provinces by tiers, share of draws of weights and powers in the last year.
    without : provinces by tiers, share of the networks that leave out one other province, last year.
    years : provinces by tiers, share of the networks of means over drawn years.
    fit : correlation of the links with the ideal pattern, first and last year.
    cores : (31,) core number of the network of links above the mean, last year.
    duties : tiers by :data:`DUTIES`, per cent of the sum over the tier's provinces, last year.
    members : region of the paper's pilots -> keys of its provinces, last year.
    """

    by_year: pd.DataFrame
    stability: pd.DataFrame
    without: pd.DataFrame
    years: pd.DataFrame
    fit: tuple[float, float]
    cores: pd.Series
    duties: pd.DataFrame
    members: dict[str, pd.Series]


def run(panel: Panel) -> Tiers:
    """On the table ``provincial_panel``."""
    places = load_frame("provinces").set_index("province")
    frame = panel.between(FIRST_YEAR, LAST_YEAR).frame
    km = distance_matrix(places.reset_index())
    equal = np.full(len(RESOURCES), 1 / len(RESOURCES))
    shares = {year: _shares(rows, places.index) for year, rows in frame.groupby("year")}
    found = {year: tiers_of(_links(rows, equal, km, POWER)) for year, rows in shares.items()}
    by_year = pd.DataFrame({year: tiers for year, (tiers, _) in found.items()})
    rng = np.random.default_rng(SEED)
    last = shares[LAST_YEAR]
    drawn = [tiers_of(_links(last, w, km, rng.uniform(*POWERS)))[0] for w in rng.dirichlet(np.ones(len(RESOURCES)), DRAWS)]
    links = _links(last, equal, km, POWER)
    fewer = [tiers_of(links.drop(index=name, columns=name))[0] for name in links.index]
    late = [shares[year] for year in range(LAST_YEAR - WINDOW + 1, LAST_YEAR + 1)]
    picked = rng.integers(len(late), size=(DRAWS, len(late)))
    redrawn = [tiers_of(_links(sum(late[i] for i in one) / len(late), equal, km, POWER))[0] for one in picked]
    return Tiers(
        by_year=by_year,
        stability=_share_of(drawn, places.index),
        without=_share_of(fewer, places.index),
        years=_share_of(redrawn, places.index),
        fit=(found[FIRST_YEAR][1], found[LAST_YEAR][1]),
        cores=k_core((links > links.to_numpy()[np.triu_indices(len(links), 1)].mean()).astype(int)),
        duties=_duties(frame[frame["year"] == LAST_YEAR].set_index("province"), by_year[LAST_YEAR]),
        members={region: by_year.loc[places[region] == 1, LAST_YEAR] for region in REGIONS},
    )


def tiers_of(links: pd.DataFrame) -> tuple[pd.Series, float]:
    """The tier of each place, and the fit of the core."""
    whole = core_periphery(links)
    core = links.index.isin(whole.core)
    radiation = links.index.isin(core_periphery(links.loc[~core, ~core]).core)
    return pd.Series(np.select([core, radiation], ["C", "R"], "L"), index=links.index), whole.fit


def _share_of(drawn: list[pd.Series], places: pd.Index) -> pd.DataFrame:
    """How often each place is in each tier, among the networks that it is in."""
    wide = pd.DataFrame(dict(enumerate(drawn)), index=places)
    return pd.DataFrame({key: (wide == key).sum(axis=1) / wide.notna().sum(axis=1) for key in TIERS})


def unsettled(found: pd.DataFrame) -> pd.Index:
    """The places that are in one tier in fewer than :data:`STABLE` of the networks."""
    return found.index[found.max(axis=1) < STABLE]


def _shares(rows: pd.DataFrame, provinces: pd.Index) -> pd.DataFrame:
    amounts = rows.set_index("province").loc[provinces, list(RESOURCES)]
    return amounts / amounts.sum()


def _links(shares: pd.DataFrame, weights: Floats, km: Floats, power: float) -> pd.DataFrame:
    """Logs of the links: they span orders of magnitude, and a correlation of raw ones would see the two or three largest alone."""
    masses = pd.Series(np.exp(np.log(shares.to_numpy()) @ weights), index=shares.index)
    links = gravity_links(masses, km, power)
    return pd.DataFrame(np.log(links.to_numpy() + np.eye(len(shares))), index=links.index, columns=links.columns)


def _duties(last: pd.DataFrame, tiers: pd.Series) -> pd.DataFrame:
    sums = last[["rd_basic", "rd_expenditure", "tech_market_inflow", "va_secondary", "gdp"]].groupby(tiers).sum()
    over = {"basic": ("rd_basic", "rd_expenditure"), "bought": ("tech_market_inflow", "gdp"), "scale": ("va_secondary", "gdp")}
    return pd.DataFrame({duty: _PERCENT * sums[a] / sums[b] for duty, (a, b) in over.items()}).loc[list(TIERS)]


def figure(found: Tiers) -> FigureExhibit:
    """The tiers in the first and the last year."""
    return tile_classes(
        marked(found.by_year[[FIRST_YEAR, LAST_YEAR]]),
        {key: TIERS[key] for key in ("L", "R", "C")},
        title=Text("Core, radiation, linkage", "核心区、辐射区、联动区"),
        notes=[
            Text(
                "Logs of gravity links of five R&D resources (equal weights, distance to the power {power}); the core is the best split "
                "of the network, radiation the best split of the rest. A tier counts as settled if it is the same in {stable:.0%} of the "
                "networks or more. Not settled in {year}: with drawn weights and powers of {low:.0f} to {high:.0f} ({draws} draws) {who}; "
                "with each other province left out in turn {without}; with the years {first} to {year} drawn with replacement ({draws} "
                "draws of their mean) {years}.",
                "五种R&D资源（等权）引力联系的对数，距离取{power}次方；核心区为网络的最优二分，辐射区为其余部分的最优二分。"
                "在不少于{stable:.0%}的网络中归类相同，即视为稳定。{year}年归类不稳定的省份：权重随机、距离幂次取{low:.0f}至{high:.0f}时"
                "（抽取{draws}次）为{who}；逐一剔除其他省份时为{without}；对{first}—{year}年有放回地抽取并取均值时（{draws}次）为{years}。",
            ).filled(
                power=POWER,
                low=POWERS[0],
                high=POWERS[1],
                who=named(unsettled(found.stability)),
                without=named(unsettled(found.without)),
                years=named(unsettled(found.years)),
                year=LAST_YEAR,
                first=LAST_YEAR - WINDOW + 1,
                stable=STABLE,
                draws=DRAWS,
            )
        ],
    )


def finding(found: Tiers) -> Statement:
    """Who is in the core, and how settled that is."""
    first, last = found.by_year[FIRST_YEAR], found.by_year[LAST_YEAR]
    return statement(
        "space_tiers",
        Text(
            "The core of {year} is {core}, the radiation tier {radiation}; the core fits the network at {fit:.2f} ({first_year}: "
            "{first_fit:.2f}). {moved} of {count} provinces have changed tier since {first_year}. Not settled: {unsettled} with other "
            "weights and distances, {without} with one other province left out, {years} with other years.",
            "{year}年核心区为{core}，辐射区为{radiation}；核心区划分的拟合度为{fit:.2f}（{first_year}年为{first_fit:.2f}）。"
            "自{first_year}年以来，{count}个省份中有{moved}个改变层级。归类不稳定的省份：改变权重与距离设定时为{unsettled}，"
            "逐一剔除其他省份时为{without}，改变年份时为{years}。",
        ),
        year=LAST_YEAR,
        core=named(last.index[last == "C"]),
        radiation=named(last.index[last == "R"]),
        fit=found.fit[1],
        first_year=FIRST_YEAR,
        first_fit=found.fit[0],
        moved=int((first != last).sum()),
        count=len(last),
        unsettled=named(unsettled(found.stability)),
        without=named(unsettled(found.without)),
        years=named(unsettled(found.years)),
    )


def finding_of_duties(found: Tiers) -> Statement:
    """Whether the tiers do what the paper wants of them."""
    duties = found.duties
    return statement(
        "space_duties",
        Text(
            "The paper gives original innovation to the core, transfer to the radiation tier and production at scale to the linkage tier. "
            "Basic research is {basic_c:.1f}% of R&D in the core, {basic_r:.1f}% and {basic_l:.1f}% in the other two; contracts bought are "
            "{bought_c:.1f}%, {bought_r:.1f}% and {bought_l:.1f}% of GDP; the secondary sector makes {scale_c:.1f}%, {scale_r:.1f}% and "
            "{scale_l:.1f}% of it. Of the paper's pilot regions the Yangtze River Delta has {yrd} of {yrd_all} provinces in the core, "
            "Beijing–Tianjin–Hebei {jjj} of {jjj_all}; a tier of provinces cannot show the tiers inside them.",
            "论文设想核心区聚焦原始创新、辐射区承接中试转化、联动区负责规模化生产。三区基础研究占R&D比重依次为{basic_c:.1f}%、{basic_r:.1f}%、"
            "{basic_l:.1f}%；吸纳技术合同额占GDP比重依次为{bought_c:.1f}%、{bought_r:.1f}%、{bought_l:.1f}%；第二产业占比依次为{scale_c:.1f}%、"
            "{scale_r:.1f}%、{scale_l:.1f}%。论文的试点区域中，长三角{yrd_all}省市有{yrd}个、京津冀{jjj_all}省市有{jjj}个属核心区；"
            "省级层面无法反映省内的层级。",
        ),
        **{f"{duty}_{tier.lower()}": float(duties[duty][tier]) for duty in DUTIES for tier in TIERS},
        **{region: int((found.members[region] == "C").sum()) for region in ("yrd", "jjj")},
        **{f"{region}_all": len(found.members[region]) for region in ("yrd", "jjj")},
    )

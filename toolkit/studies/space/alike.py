r"""Are neighbouring provinces alike, since when, and where?

.. math:: I = \frac{z'Wz}{z'z}, \qquad I_i = \frac{z_i \sum_j w_{ij} z_j}{m_2}

with W the row-standardised borders: I is the slope of the neighbours' mean on the own value, and the mean of the local I_i.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.language import Text
from toolkit.measure import composite_index, local_moran, moran
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.side_by_side import scatter_panels
from toolkit.present.figures.tiles import tile_classes
from toolkit.present.figures.trend import trend_lines
from toolkit.present.record import Statement, statement
from toolkit.present.words.labels import province_label
from toolkit.registry.systems import load_scheme
from toolkit.studies.convergence.neighbours import borders
from toolkit.studies.convergence.series import LEVEL, NAMES, SEED, VARIABLES, break_marks, grid, names_of, with_ratios
from toolkit.studies.regions.centres import listed

D = "coupling"
MAPPED = ("rd_intensity", "tech_market_to_gdp", "new_products_to_gdp", D)
SCATTERED = ("rd_intensity", "new_products_to_gdp")
SERIES_NAMES = {**NAMES, D: Text("D of the two innovations", "两种创新的耦合协调度D")}
CLASSES = {
    "·": Text("not told from chance", "不显著"),
    "LL": Text("low among low", "低值聚集"),
    "LH": Text("low among high", "低值被高值包围"),
    "HL": Text("high among low", "高值被低值包围"),
    "HH": Text("high among high", "高值聚集"),
}
_KEYS = {"low-low": "LL", "low-high": "LH", "high-low": "HL", "high-high": "HH"}


@dataclass(frozen=True, eq=False)
class SpatialAutocorrelation:
    """Moran's I over the years, and place by place in the last year.

    Attributes
    ----------
    years : columns variable, year, value, p_value (one-sided, shuffled maps); expected without dependence -1 / (N - 1).
    local : the last year of each of :data:`MAPPED`: columns of :func:`~toolkit.measure.local_moran` with province, variable and year.
    """

    years: pd.DataFrame
    local: pd.DataFrame


def run(panel: Panel) -> SpatialAutocorrelation:
    """On the table ``provincial_panel``."""
    ready, weights, scheme = with_ratios(panel), borders(), load_scheme("two_innovations")
    index = composite_index(ready if scheme.years is None else ready.between(*scheme.years), scheme, interpolate=1, missing="drop_rows")
    maps = {variable: grid(ready, variable) for variable in VARIABLES} | {D: index.wide("d")}
    years, local = [], []
    for variable, wide in maps.items():
        complete = wide.dropna(axis="columns")
        for year in complete.columns:
            found = moran(complete[year], weights, rng=np.random.default_rng(SEED))
            years.append({"variable": variable, "year": int(year), "value": found.value, "p_value": found.p_value})
        if variable in MAPPED:
            around = local_moran(complete.iloc[:, -1], weights, rng=np.random.default_rng(SEED), permutations=9999)
            local.append(around.rename_axis("province").reset_index().assign(variable=variable, year=int(complete.columns[-1])))
    return SpatialAutocorrelation(pd.DataFrame(years), pd.concat(local, ignore_index=True))


def over_time(found: SpatialAutocorrelation) -> FigureExhibit:
    """Moran's I of every series in every complete year."""
    years = found.years.groupby("variable", sort=False)["year"].agg(list)
    count = found.local["province"].nunique()
    return trend_lines(
        marked(found.years),
        "year",
        "value",
        "variable",
        highlight=MAPPED,
        references=[(-1 / (count - 1), Text("expected by chance", "随机期望值"))],
        y_label=Text("Moran's I", "Moran指数"),
        names=SERIES_NAMES,
        title=Text("Are neighbouring provinces alike?", "相邻省份是否相似"),
        notes=[
            Text(
                "Row-standardised land borders, Guangdong and Hainan joined by convention; years in which all provinces report.",
                "陆地接壤，行标准化，按惯例视广东与海南相邻；仅列各省均有数据的年份。",
            ),
            Text("Grey lines: {others}.", "灰线：{others}。").filled(others=names_of([v for v in VARIABLES if v not in MAPPED])),
            *break_marks({variable: years[variable] for variable in VARIABLES}),
        ],
    )


def clusters(found: SpatialAutocorrelation) -> FigureExhibit:
    """Where a province and its neighbours are alike, or differ, beyond chance in the last year."""
    local = found.local
    classes = local["quadrant"].map(_KEYS).where(local["p_value"] < LEVEL, "·")
    beyond = local[local["q_value"] < LEVEL]
    firm = [
        Text("{name} ({series})", "{name}（{series}）").filled(name=Text(name, province_label(name, "zh")), series=_name(variable))
        for name, variable in zip(beyond["province"], beyond["variable"], strict=True)
    ]
    shown = local.assign(panel=local["variable"], key=classes).pivot(index="province", columns="panel", values="key")
    return tile_classes(
        marked(shown[list(MAPPED)]),
        CLASSES,
        apart=("·",),
        names=_dated(found),
        title=Text("Local Moran: which provinces resemble their neighbours", "局部Moran指数：与邻省同高同低的省份"),
        notes=[
            Text(
                "Two-sided p below {level:.0%} with all other provinces shuffled around each. With a false discovery rate of "
                "{level:.0%} over the provinces of a panel, {left} of the {shown} remain: {who}.",
                "在固定本省、随机置换其余省份的双侧检验中p值低于{level:.0%}者。若按每幅图{level:.0%}的错误发现率控制，{shown}个中仅余{left}个：{who}。",
            ).filled(level=LEVEL, left=len(firm), shown=int((local["p_value"] < LEVEL).sum()), who=listed(firm))
        ],
    )


def scatter(found: SpatialAutocorrelation) -> FigureExhibit:
    """The neighbours' mean on the own value; the slope is Moran's I."""
    rows = found.local[found.local["variable"].isin(SCATTERED)]
    stands_out = rows.groupby("variable", sort=False)[["z", "lag"]].apply(lambda part: (part**2).sum(axis=1).nlargest(5).index.tolist())
    chosen = dict.fromkeys(rows.loc[[i for part in stands_out for i in part], "province"])
    return scatter_panels(
        marked(rows),
        "z",
        "lag",
        "variable",
        label="province",
        select=list(chosen),
        x_label=Text("own value (standard deviations)", "本省（标准差）"),
        y_label=Text("mean of the neighbours", "邻省均值"),
        names=_dated(found),
        title=Text("Moran scatter: a province and its neighbours", "Moran散点图：本省与邻省"),
    )


def _name(variable: str) -> Text:
    return SERIES_NAMES[D] if variable == D else names_of([variable])


def _dated(found: SpatialAutocorrelation) -> dict[str, Text]:
    last = found.local.groupby("variable")["year"].first()
    names = {variable: _name(variable) for variable in MAPPED}
    return {v: Text("{name}, {year}", "{name}（{year}年）").filled(name=name, year=int(last[v])) for v, name in names.items()}


def finding(found: SpatialAutocorrelation) -> Statement:
    """How alike neighbours are, for which series, and how firm the places are."""
    first, last = (found.years.groupby("variable").nth(place).set_index("variable") for place in (0, -1))
    p_values = last["p_value"].to_dict()
    beyond = [v for v in VARIABLES if p_values[v] < LEVEL]
    local = found.local
    return statement(
        "space_alike",
        Text(
            "Moran's I of R&D intensity is {first:.2f} in {first_year} and {last:.2f} in {last_year} (p = {p:.3f}); of D {d_first:.2f} in "
            "{d_first_year} and {d_last:.2f} in {d_last_year} (p = {d_p:.3f}). In the last year neighbours are alike beyond chance at the "
            "{level:.0%} level for {beyond}; not for {chance}. Place by place {shown} of {tests} local values are beyond chance one by "
            "one, {left} with a false discovery rate of {level:.0%}: the map clusters, but which provinces are the clusters is less "
            "certain.",
            "R&D投入强度的Moran指数{first_year}年为{first:.2f}，{last_year}年为{last:.2f}（p={p:.3f}）；耦合协调度D{d_first_year}年为{d_first:.2f}，"
            "{d_last_year}年为{d_last:.2f}（p={d_p:.3f}）。末年在{level:.0%}水平上邻省相似的有：{beyond}；不显著的有：{chance}。逐省来看，"
            "{tests}个局部指数中有{shown}个单独显著，按{level:.0%}的错误发现率控制后余{left}个：集聚存在，但具体由哪些省份构成较不确定。",
        ),
        first=float(first["value"]["rd_intensity"]),
        first_year=int(first["year"]["rd_intensity"]),
        last=float(last["value"]["rd_intensity"]),
        last_year=int(last["year"]["rd_intensity"]),
        p=p_values["rd_intensity"],
        d_first=float(first["value"][D]),
        d_first_year=int(first["year"][D]),
        d_last=float(last["value"][D]),
        d_last_year=int(last["year"][D]),
        d_p=p_values[D],
        level=LEVEL,
        beyond=names_of(beyond),
        chance=names_of([v for v in VARIABLES if v not in beyond]),
        shown=int((local["p_value"] < LEVEL).sum()),
        left=int((local["q_value"] < LEVEL).sum()),
        tests=len(local),
    )

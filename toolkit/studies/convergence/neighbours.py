"""Do the neighbours matter? Transitions of provinces apart by the class of their neighbours in the first year, and tests of equality."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.data import load_frame
from toolkit.language import Head, Text
from toolkit.measure import SpatialMarkov, neighbour_mean, spatial_markov, states_by_quantiles
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.matrix import matrix_heatmap
from toolkit.present.record import Statement, statement
from toolkit.present.tables.frame import frame_table
from toolkit.studies.convergence.chains import TO, Chains, stay
from toolkit.studies.convergence.distribution import relative
from toolkit.studies.convergence.series import LEVEL, VARIABLES, names_of, short_names
from toolkit.transform import Weights, contiguity_weights

_CLASSES = 3  # nine rows of transitions for the own class and the one of the neighbours are already thin


def borders() -> Weights:
    """Common borders of the table ``contiguity``, row-standardised; Hainan is joined to Guangdong."""
    return contiguity_weights(load_frame("contiguity"), load_frame("provinces"), hainan="joined").row_standardised()


def spatial(panel: Panel) -> dict[str, SpatialMarkov]:
    """The transitions of each variable by the class of the neighbours: pooled quantiles of the relative value, yearly steps."""
    weights, found = borders(), {}
    for variable in VARIABLES:
        values = relative(panel, variable)
        own, around = (states_by_quantiles(frame, _CLASSES) for frame in (values, neighbour_mean(values, weights)))
        found[variable] = spatial_markov(own, around)
    return found


def transitions(spatial: dict[str, SpatialMarkov]) -> FigureExhibit:
    """Probabilities and counts with one row per class of the neighbours and own class, one panel per variable."""
    values, counts = {}, {}
    names: dict[str, Text] = {}
    for variable, found in spatial.items():
        pairs = [(around, own) for around in found.neighbour_labels for own in found.labels]
        keys, columns = [f"{around}|{own}" for around, own in pairs], list(found.labels)
        names |= {key: Text(f"{own} near {around}", f"本省{own}，邻省{around}") for key, (around, own) in zip(keys, pairs, strict=True)}
        shown = np.where(found.observed[:, :, None], found.probabilities, np.nan).reshape(len(keys), -1)
        values[variable] = marked(pd.DataFrame(shown, keys, columns))
        counts[variable] = pd.DataFrame(found.counts.reshape(len(keys), -1), keys, columns)
    return matrix_heatmap(
        values,
        counts=counts,
        names=names,
        row_label=Text("Own class, near the class of the neighbours", "本省与邻省的起始类别"),
        column_label=TO,
        title=Text("Transitions by the class of the neighbours", "按邻省类别的转移概率"),
        notes=_note(spatial),
        width="two",
    )


def table(spatial: dict[str, SpatialMarkov]) -> TableExhibit:
    """One row per variable: statistics that the neighbours do not matter, with degrees of freedom, p-values and the smallest cell."""
    rows = []
    for variable, found in spatial.items():
        test = found.test
        statistics = {"chi2": test.chi2, "chi2_p": test.chi2_p, "lr": test.lr, "lr_p": test.lr_p, "df": test.df}
        rows.append({"variable": variable, **statistics, "smallest": test.smallest_expected})
    return frame_table(
        marked(pd.DataFrame(rows)),
        {
            "variable": glossary.VARIABLE,
            "chi2": Text("χ²", "χ²"),
            "chi2_p": Head(Text("p of χ²", "χ²的p值"), "p_value"),
            "lr": Text("Likelihood ratio", "似然比"),
            "lr_p": Head(Text("p of LR", "似然比p值"), "p_value"),
            "df": Text("df", "自由度"),
            "smallest": Text("Smallest expected count", "最小期望频数"),
        },
        digits={"chi2": 1, "lr": 1, "smallest": 1},
        title=Text("Do the neighbours matter?", "邻省是否有影响"),
        notes=[_note(spatial)],
    )


def _note(spatial: dict[str, SpatialMarkov]) -> Text:
    """The neighbours, the classes, and the small counts behind the tests."""
    smallest = [found.test.smallest_expected for found in spatial.values()]
    return Text(
        "Neighbours: common land borders, row-standardised, Guangdong and Hainan joined by convention. "
        f"{_CLASSES} classes each for the own value and for the mean of the neighbours, by quantiles of all years together; Q1 is the "
        "lowest. "
        f"The smallest expected counts are {min(smallest):.1f} to {max(smallest):.1f}, far below five: the p-values are a rough guide.",
        f"邻省：陆地接壤，行标准化，按惯例将海南与广东视为相邻。本省数值与邻省均值各按全部年份分位数分{_CLASSES}类，Q1最低。"
        f"最小期望频数为{min(smallest):.1f}至{max(smallest):.1f}，远小于五，p值仅供参考。",
    )


def chain_finding(chains: Chains, spatial: dict[str, SpatialMarkov]) -> Statement:
    """How many stay, how long the way to the top is, and for which variables neighbours or a second year of memory matter."""
    rd, patents, tech = (chains.moves[variable] for variable in VARIABLES)
    return statement(
        "convergence_chains",
        Text(
            "From one year to the next {rd_stay:.0f}% of provinces stay in their class of {rd}, {patent_stay:.0f}% of {patents} and "
            "{tech_stay:.0f}% of {tech}. At these rates a province in the lowest class needs on average {rd_up:.0f}, {patent_up:.0f} and "
            "{tech_up:.0f} years to reach the highest. That the neighbours do not matter is rejected at the {level:.0%} level for "
            "{spatial}, with smallest expected counts of {smallest:.1f} or less; that one step of memory is enough is itself "
            "rejected for {order}.",
            "一年之内，{rd_stay:.0f}%的省份在{rd}上类别不变，{patents}为{patent_stay:.0f}%，{tech}为{tech_stay:.0f}%。按此转移概率，"
            "最低类省份升至最高类平均需要{rd_up:.0f}、{patent_up:.0f}与{tech_up:.0f}年。在{level:.0%}水平上拒绝“邻省无影响”的有：{spatial}，"
            "但最小期望频数不超过{smallest:.1f}；拒绝一阶马尔可夫性的有：{order}。",
        ),
        **short_names(),
        rd_stay=stay(rd),
        rd_up=float(rd.passage[0, -1]),
        patent_stay=stay(patents),
        patent_up=float(patents.passage[0, -1]),
        tech_stay=stay(tech),
        tech_up=float(tech.passage[0, -1]),
        level=LEVEL,
        spatial=names_of(variable for variable, found in spatial.items() if found.test.lr_p < LEVEL),
        smallest=max(found.test.smallest_expected for found in spatial.values()),
        order=names_of(variable for variable, own in chains.moves.items() if own.order.lr_p < LEVEL),
    )

"""How integrated, by province and year? D, the two scores against each other, and the checks on what D measures."""

from __future__ import annotations

from typing import Final

import pandas as pd

from toolkit.data.provinces import named
from toolkit.language import Text
from toolkit.measure import CompositeIndex, level_guard
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.coupling import coupling_scatter
from toolkit.present.figures.matrix import matrix_heatmap
from toolkit.present.figures.tiles import tile_grid
from toolkit.present.record import Statement, statement
from toolkit.studies.integration.index import CHAINS, D_LABEL, PARTS, TWO, Indices, balanced, gaps, last_year, span, year_shown
from toolkit.studies.integration.ranking import Rankings

_HALF: Final = 0.5  # the border between grades of imbalance and of coordination
_SCHEME_NAMES: Final = {TWO: Text("Two innovations", "两种创新"), CHAINS: Text("Four chains", "四链"), PARTS: Text("Four parts", "四部分")}


def tiles(indices: Indices) -> FigureExhibit:
    """D of each province in the first and the last year."""
    return tile_grid(
        indices.two.wide("d").iloc[:, [0, -1]],
        value_label=D_LABEL,
        digits=2,
        title=Text("Coupling coordination D of the two innovations", "两种创新的耦合协调度D"),
        notes=gaps(indices.two),
    )


def heat(indices: Indices) -> FigureExhibit:
    """D of each province and year, the highest mean first."""
    wide = indices.two.wide("d")
    return matrix_heatmap(
        wide.loc[wide.mean(axis=1).sort_values(ascending=False).index],
        title=Text("Coupling coordination D by province and year", "各省各年耦合协调度D"),
        notes=gaps(indices.two),
        width="two",
    )


def scatter(indices: Indices) -> FigureExhibit:
    """The two scores of each province in the last year, with its region."""
    rows = last_year(indices.two)
    return coupling_scatter(
        rows.assign(region=rows["province"].map(indices.region)),
        "science",
        "industry",
        label="province",
        group="region",
        scale="log",
        height=6.4,
        x_label=Text("S&T innovation, U1", "科技创新得分U1"),
        y_label=Text("Industrial innovation, U2", "产业创新得分U2"),
        title=Text("The two innovations against each other", "两种创新的得分"),
        notes=year_shown(indices.two),
    )


def finding(indices: Indices) -> Statement:
    """How high D is, and that it orders as the level does; means over the provinces that have every year."""
    wide, now = balanced(indices.two), last_year(indices.two).set_index("province")["d"]
    first, last = span(indices.two)
    return statement(
        "integration_level",
        Text(
            "The mean D of {n} provinces rose from {start:.2f} ({first}) to {end:.2f} ({last}); in {last} it runs from {low:.2f} "
            "({lowest}) to {high:.2f} ({highest}), and {coordinated} provinces are above {half:.1f}, the border between imbalance and "
            "coordination. But D orders the province-years as the plain level T does (Spearman {order:.3f}), and so does D with the "
            "corrected C ({wang:.3f}): what is measured is how developed both innovations are, hardly how well they fit each other.",
            "{n}个省份的平均D由{first}年的{start:.2f}升至{last}年的{end:.2f}；{last}年最低为{lowest}（{low:.2f}），最高为{highest}"
            "（{high:.2f}），{coordinated}个省份高于失调与协调的分界{half:.1f}。但D对省份—年份的排序与综合水平T几乎相同"
            "（Spearman相关系数{order:.3f}），采用修正C后也是如此（{wang:.3f}）：所测的主要是两种创新各自的发展水平，而不是二者的契合程度。",
        ),
        n=len(wide),
        start=float(wide[first].mean()),
        end=float(wide[last].mean()),
        first=first,
        last=last,
        low=float(now.min()),
        lowest=named([str(now.idxmin())]),
        high=float(now.max()),
        highest=named([str(now.idxmax())]),
        coordinated=int((now > _HALF).sum()),
        half=_HALF,
        order=_order(indices.two),
        wang=_order(indices.wang[TWO]),
    )


def _order(index: CompositeIndex) -> float:
    """Spearman correlation of D and T."""
    return level_guard(index.d, index.t).measured


def guards(indices: Indices, ranks: Rankings) -> TableExhibit:
    """What was checked for each scheme, with the sentence of every raised guard and the level guard of the corrected form."""
    rows = [
        {"scheme": scheme, "check": guard.name, "measured": guard.measured, "limit": guard.limit, "raised": guard.raised}
        for scheme, found in ranks.items()
        for guard in found.guards
    ]
    checks = {
        "level": Text("Rank correlation of D and T", "D与T的秩相关"),
        "weight": Text("Heaviest indicator in its system", "系统内最大指标权重"),
        "constant": Text("Lowest coefficient of variation", "最小变异系数"),
        "overlap": Text("Neighbours with overlapping intervals", "区间重叠的相邻省份占比"),
    }
    return frame_table(
        pd.DataFrame(rows),
        {
            "scheme": Text("Index", "指数"),
            "check": Text("Check", "检查"),
            "measured": Text("Found", "实测"),
            "limit": Text("Limit", "界限"),
            "raised": Text("Warning", "警示"),
        },
        names=_SCHEME_NAMES | checks,
        notes=[*_raised(ranks), _corrected(indices)],
        title=Text("Misuse guards", "误用警示"),
    )


def _raised(ranks: Rankings) -> list[Text]:
    found = []
    for scheme, ranking in ranks.items():
        raised = [guard.text for guard in ranking.guards if guard.raised]
        name = _SCHEME_NAMES[scheme]
        found.append(Text(f"{name.en}: {' '.join(t.en for t in raised)}", f"{name.zh}：{''.join(t.zh for t in raised)}"))
    return found


def _corrected(indices: Indices) -> Text:
    orders = {_SCHEME_NAMES[scheme]: _order(index) for scheme, index in indices.wang.items()}
    return Text(
        f"Rank correlation of D and T with the C of Wang et al.: {'; '.join(f'{name.en} {order:.3f}' for name, order in orders.items())}.",
        f"采用王淑佳等的修正C时，D与T的秩相关系数：{'；'.join(f'{name.zh}{order:.3f}' for name, order in orders.items())}。",
    )

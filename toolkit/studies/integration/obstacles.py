"""What stands in the way? The obstacle degree O_ij = 100 w_j (1 - z_ij) / Σ_l w_l (1 - z_il) shares out what a province lacks."""

from __future__ import annotations

from typing import Final

import pandas as pd

from toolkit.language import Text
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.matrix import matrix_heatmap
from toolkit.present.record import Statement, statement
from toolkit.studies.integration.index import Indices, inside_sentence, span

_REGION_NAMES: Final = {
    "East": Text("East", "东部"),
    "Central": Text("Centre", "中部"),
    "West": Text("West", "西部"),
    "Northeast": Text("Northeast", "东北"),
}


def _degrees(indices: Indices) -> pd.DataFrame:
    """Mean obstacle degree (%) of each indicator (rows) in the regions (columns), last year; columns sum to 100."""
    index = indices.two
    here = (index.keys[index.time] == span(index)[1]).to_numpy()
    homes = index.keys.loc[here, index.entity].map(indices.region)
    found: pd.DataFrame = index.obstacles().degrees[here].groupby(homes.to_numpy()).mean().T
    return found.loc[found.mean(axis=1).sort_values(ascending=False).index, [name for name in _REGION_NAMES if name in found.columns]]


def obstacles(indices: Indices) -> FigureExhibit:
    """Obstacle degrees by indicator and region, the largest first."""
    last = span(indices.two)[1]
    return matrix_heatmap(
        _degrees(indices),
        names=indices.two.layout.names,
        digits=1,
        column_label=Text("Region", "区域"),
        title=Text("Obstacle degrees by region (%)", "各区域障碍度（%）"),
        notes=Text(
            f"{last}, means over the provinces of the region; columns sum to 100. Weight times distance from the best province-year: a "
            "heavy indicator is a large obstacle everywhere.",
            f"{last}年，为区域内各省均值，各列合计100。障碍度=权重×与最优值的距离：权重大的指标处处都是大障碍。",
        ),
        width="two",
    )


def finding(indices: Indices) -> Statement:
    """The largest obstacle, where the regions differ most, and that obstacles follow the weights."""
    index, table = indices.two, _degrees(indices)
    apart = str((table.max(axis=1) - table.min(axis=1)).idxmax())
    sizes, found = table.T[apart], index.obstacles()
    here = (index.keys[index.time] == span(index)[1]).to_numpy()
    return statement(
        "integration_obstacles",
        Text(
            "Largest obstacle: {largest}. The regions differ most in {name}: {low:.0f}% in the {low_region} against {high:.0f}% in the "
            "{high_region}. S&T innovation carries {science:.0f}% of what the provinces lack on average. Obstacle degrees follow the "
            "weights (rank correlation over indicators {rho:.2f}): they say where points can be gained in this index.",
            "最大障碍因素：{largest}。各区域差别最大的是{name}：{low_region}为{low:.0f}%，{high_region}为{high:.0f}%。"
            "科技创新系统平均占全部障碍的{science:.0f}%。障碍度大体取决于权重（各指标秩相关系数{rho:.2f}），"
            "只说明在本指数中何处可以提高得分。",
        ),
        largest=_largest(table, index.layout.names),
        name=inside_sentence(index.layout.names[apart]),
        low=float(sizes.min()),
        low_region=_REGION_NAMES[str(sizes.idxmin())],
        high=float(sizes.max()),
        high_region=_REGION_NAMES[str(sizes.idxmax())],
        science=float(found.by_group(index.layout.system)[here]["science"].mean()),
        rho=float(found.degrees[here].mean().rank().corr(index.weights.rank())),
    )


def _largest(table: pd.DataFrame, names: dict[str, Text]) -> Text:
    """The largest obstacle of each region, regions with the same one together."""
    tops, sizes = table.idxmax(), table.max()
    parts = []
    for name in tops.unique():
        where = [str(region) for region in tops.index[tops == name]]
        low, high = f"{sizes[where].min():.0f}%", f"{sizes[where].max():.0f}%"
        en, zh = " and ".join(_REGION_NAMES[r].en for r in where), "、".join(_REGION_NAMES[r].zh for r in where)
        en, zh = (f"the {en}", zh) if len(where) < len(tops) else ("every region", "各区域")
        parts.append(Text(f"{inside_sentence(names[name]).en} in {en} ({low} to {high})", f"{zh}均为{names[name].zh}（{low}—{high}）"))
    return Text("; ".join(t.en for t in parts), "；".join(t.zh for t in parts))

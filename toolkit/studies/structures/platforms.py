r"""Do national programmes choose the same cities again? Cities by the number of titles they hold, against programmes that choose alone.

With :math:`p_j = n_j / N` the share of the N prefecture-level units of the provinces that programme j named, and choices independent of
each other, the number K of titles of a unit has

.. math:: P(K = k) = \sum_{|A| = k} \prod_{j \in A} p_j \prod_{j \notin A} (1 - p_j).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.data.cities import prefecture_units
from toolkit.language import Text
from toolkit.measure import titles_by_chance
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement

LEVELS = ("prefecture city", "autonomous prefecture")
LEAST = 10  # cities that a programme has to name to be counted


def run(pilots: pd.DataFrame) -> pd.DataFrame:
    """Titles by city from the table ``policy_timing``; programmes that named only a handful of cities are left out.

    Returns
    -------
    Columns titles (from 0 to the number of programmes), cities, expected (if programmes chose independently).
    """
    units = prefecture_units()
    named = pilots[pilots["level"].isin(LEVELS)].drop_duplicates(["policy", "unit_zh", "adcode"])
    sizes = named.groupby("policy").size()
    chosen = named[named["policy"].isin(sizes[sizes >= LEAST].index)]
    held = chosen.groupby(["unit_zh", "adcode"]).size()
    counts = np.array([(held == number).sum() for number in range(chosen["policy"].nunique() + 1)])
    counts[0] = units - counts.sum()
    chance = titles_by_chance(chosen.groupby("policy").size().to_numpy(), units)
    return pd.DataFrame({"titles": range(len(counts)), "cities": counts, "expected": chance})


def table(found: pd.DataFrame) -> TableExhibit:
    """Cities by number of titles beside what chance would give."""
    return frame_table(
        found,
        {
            "titles": Text("National titles of a city", "一市所获国家级称号数"),
            "cities": Text("Cities", "城市数"),
            "expected": Text("If programmes chose independently", "若各项目独立选择"),
        },
        digits={"expected": 1},
        title=Text("The same cities again? National innovation titles by city", "是否反复选择同一批城市？各市国家级创新称号数"),
        notes=Text(
            "Innovative city pilots, demonstration zones of independent innovation and model cities of intellectual property, as far as "
            "documents that name the cities were read; prefecture-level units. Larger cities qualify for more: overlap is not waste. "
            "Outputs of parks and platforms are not shipped.",
            "国家创新型城市试点、国家自主创新示范区与知识产权示范城市，以已读到的点名文件为限；地级行政区。大城市本就更易入选，重叠并不等于浪费。"
            "随附数据不含园区与平台产出。",
        ),
    )


def finding(found: pd.DataFrame) -> Statement:
    """Cities with two or more titles, seen and by chance."""
    several = found[found["titles"] >= 2]
    return statement(
        "titles_overlap",
        Text(
            "{two:.0f} cities hold two or more of {programmes} national titles; {expected:.0f} would if the programmes chose "
            "independently. Titles gather in the same cities, which says that programmes agree on where to go, not that they duplicate "
            "each other.",
            "{two:.0f}个城市拥有{programmes}类国家级称号中的两类以上；若各项目独立选择，应为{expected:.0f}个。称号集中于同一批城市，说明各"
            "项目对布局看法一致，并不等于重复建设。",
        ),
        two=float(several["cities"].sum()),
        expected=float(several["expected"].sum()),
        programmes=int(found["titles"].max()),
    )

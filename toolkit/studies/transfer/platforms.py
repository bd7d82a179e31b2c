r"""What-if: pilot platforms that meet a quarter of the need, as a queue.

With a share m of the need met the load is 1 / m times the capacity. Those who find no place wait and in the end go elsewhere or give up;
with mean patience T many platforms in a pool serve, at k times the capacity,

.. math:: \min(1, k m), \qquad \text{after a wait of about } T \ln \frac{1}{k m} .

Neither need nor patience is published: every number but the share met is an assumption, and the whole a simulation.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.audit import Tables
from toolkit.language import Text
from toolkit.measure import queue
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.record import Statement, statement

PERCENT = 100.0
CAPACITIES = np.arange(2, 13) / 2  # times the present one
PATIENCE = (1.0, 4.0)  # mean, in the time that one job takes
_PANELS = {
    "served": Text("Need that is met (%)", "得到满足的需求（%）"),
    "wait": Text("Wait if served (jobs)", "获服务者的等待（项目时长）"),
    "busy": Text("Capacity in use (%)", "设施利用率（%）"),
}
_GROUP = Text("{servers}, patience of {patience:g}", "{servers}，耐心{patience:g}")
_SERVERS = {"alone": Text("one platform", "单个平台"), "pool": Text("{pool} in a pool", "{pool}个平台联合")}


def run(met: float | None = None) -> pd.DataFrame:
    """Rows of servers ("alone" or "pool"), patience, capacity (times the present), served and busy (%), wait (in jobs), platforms and met.

    Parameters
    ----------
    met : share of the need that is met at present; by default the quarter of the paper.
    """
    read = Tables()
    met, pool = read.claim("chen2025_firm_pilot_quarter").number if met is None else met, int(read.claim("chen2025_chengdu_49").number)
    rows = []
    for name, servers in (("alone", 1), ("pool", pool)):
        for patience in PATIENCE:
            for capacity in CAPACITIES:
                # more capacity is faster work at the same platforms for one, more platforms for the pool
                number, speed = (servers, float(capacity)) if name == "alone" else (max(1, round(servers * capacity)), 1.0)
                found = queue(arrivals=servers / met, service=speed, servers=number, impatience=1 / patience)
                rows.append(
                    {
                        "servers": name,
                        "patience": patience,
                        "capacity": capacity,
                        "served": PERCENT * found.served,
                        "wait": found.wait,
                        "busy": PERCENT * found.busy,
                        "platforms": servers,
                        "met": met,
                    }
                )
    return pd.DataFrame(rows)


def expansion(results: pd.DataFrame) -> FigureExhibit:
    """Need met, wait and use over capacity."""
    pool = int(results["platforms"].max())
    keys = {
        f"{name}_{patience:g}": _GROUP.filled(servers=_SERVERS[name].filled(pool=pool), patience=patience)
        for name in _SERVERS
        for patience in PATIENCE
    }
    group = results["servers"] + "_" + results["patience"].map("{:g}".format)
    long = results.assign(group=group).melt(["capacity", "group"], list(_PANELS), "panel", "value")
    return small_multiples(
        long,
        "capacity",
        "value",
        "panel",
        group="group",
        vertical="free",
        columns=3,
        y_label="",
        names={**_PANELS, **keys},
        title=Text(
            "Simulation: pilot platforms as a queue when {met:.0%} of the need is met", "模拟：中试平台排队——需求满足{met:.0%}时"
        ).filled(met=float(results["met"].iloc[0])),
        notes=[
            Text(
                "Simulated, not observed: the queue M/M/c+M. Horizontal: capacity, times the present one. Patience: how long on average a "
                "project waits before it goes elsewhere, in the time of one job at present. The share met is the paper's, the pool has "
                "the number of platforms of the Chengdu zone; all else is assumed.",
                "模拟结果，并非观测：M/M/c+M排队模型。横轴：能力为现有的倍数。耐心：项目转投他处前的平均等待时间，以现有条件下一个项目的时长为单位。"
                "满足率取自论文，联合平台数取成都高新区的数目，其余均为假设。",
            )
        ],
    )


def finding(results: pd.DataFrame) -> Statement:
    """Present, doubled and fourfold capacity, at the share of the paper."""
    met = float(results["met"].iloc[0])
    rows = results.set_index(["servers", "patience", "capacity"])
    long, short = max(PATIENCE), min(PATIENCE)
    return statement(
        "transfer_platforms",
        Text(
            "Simulation. If {met:.0%} of the need is met and the rest waits in vain, those who are served wait {wait:.1f} jobs when "
            "projects are patient for {long:g}, {wait_short:.1f} when for {short:g}. Twice the capacity meets {double:.0%} and shortens "
            "the wait to {wait_double:.1f} only; platforms stay full. Capacity has to grow {times:g}-fold before the need is met, and "
            "then a pool still loses {lost:.1%} and a single platform {lost_alone:.0%}: the last part is met by pooling rather "
            "than by building.",
            "模拟结果：若只有{met:.0%}的需求得到满足、其余等待无果，则在平均耐心为{long:g}个项目时长时，获服务者要等{wait:.1f}个项目时长，耐心为{short:g}时"
            "为{wait_short:.1f}。能力加倍可满足{double:.0%}，等待仅缩短至{wait_double:.1f}，设施依旧满负荷。能力须达到{times:g}倍才够，即便如此，联合平台仍"
            "流失{lost:.1%}，单个平台流失{lost_alone:.0%}：最后一段靠联合共享，而非新建。",
        ),
        met=met,
        long=long,
        short=short,
        wait=float(rows["wait"]["pool", long, 1.0]),
        wait_short=float(rows["wait"]["pool", short, 1.0]),
        double=float(rows["served"]["pool", long, 2.0]) / PERCENT,
        wait_double=float(rows["wait"]["pool", long, 2.0]),
        times=1 / met,
        lost=1 - float(rows["served"]["pool", long, 1 / met]) / PERCENT,
        lost_alone=1 - float(rows["served"]["alone", long, 1 / met]) / PERCENT,
    )

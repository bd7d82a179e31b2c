r"""What-if: a project climbs from the readiness of the laboratory to that of industry, or is given up on the way.

In a year a level is passed with p and the project given up with d; with L levels between the two ends

.. math:: P(\text{arrive}) = \Big(\frac{p}{p + d}\Big)^L .

No pass rate and no record of readiness levels is published, so that p and d are assumptions and every number here is a simulation.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.audit import Tables
from toolkit.language import Text
from toolkit.measure import AbsorbingChain, absorbing_chain
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.record import Statement, statement
from toolkit.studies.transfer.funnels import Funnels

PERCENT = 100.0
PASSES = np.arange(5, 81, 5) / PERCENT
DROPS = (0.05, 0.1, 0.2)
EXAMPLE = 0.3  # of the finding: a level takes about three years to pass
_PANELS = {
    "arrive": Text("Projects that arrive (%)", "到达产业端的项目（%）"),
    "years": Text("Years until arrival or end", "到达或终止所需年数"),
    "started": Text("Projects started per arrival", "每个到达项目所需立项数"),
}
_DROPPED = Text("{drop:.0%} given up a year", "每年放弃{drop:.0%}")


def levels() -> int:
    """Levels between the last one of the laboratory and the first one of industry, as the paper has them."""
    claim = Tables().claim("chen2025_trl_gap")
    return int(claim.high_end.middle - claim.low_end.middle)


def climb(passed: float, dropped: float, steps: int) -> AbsorbingChain:
    """The chain of ``steps`` levels; its first end is arrival, its second one giving up.

    Examples
    --------
    >>> climb(0.3, 0.1, 2).ends[0].round(4).tolist()
    [0.5625, 0.4375]
    """
    moves = np.diag(np.full(steps, 1 - passed - dropped)) + np.diag(np.full(steps - 1, passed), 1)
    return absorbing_chain(moves, np.column_stack([passed * np.eye(steps)[-1], np.full(steps, dropped)]))


def run() -> pd.DataFrame:
    """Rows of pass (% a year), dropped (a fraction a year), arrive (%), years and started."""
    steps, rows = levels(), []
    for drop in DROPS:
        for passed in PASSES:
            found = climb(float(passed), drop, steps)
            arrive = float(found.ends[0, 0])
            rows.append(
                {
                    "pass": PERCENT * passed,
                    "dropped": drop,
                    "arrive": PERCENT * arrive,
                    "years": float(found.periods[0]),
                    "started": 1 / arrive,
                }
            )
    return pd.DataFrame(rows)


def what_if(results: pd.DataFrame) -> FigureExhibit:
    """Arrivals and years over the yearly pass rate, for three rates of giving up."""
    shown = results[results["started"] <= PERCENT]  # more than a hundred starts for one arrival hide the rest of the panel
    long = shown.melt(["pass", "dropped"], list(_PANELS), "panel", "value").assign(dropped=lambda f: f["dropped"].map("{:g}".format))
    return small_multiples(
        long,
        "pass",
        "value",
        "panel",
        group="dropped",
        vertical="free",
        columns=3,
        y_label="",
        names={**_PANELS, **{f"{drop:g}": _DROPPED.filled(drop=drop) for drop in DROPS}},
        title=Text("Simulation: from the laboratory's readiness to that of industry", "模拟：从实验室成熟度到产业成熟度"),
        notes=[
            Text(
                "Simulated, not observed: an absorbing chain over {steps} levels. Horizontal: projects of a level that pass it in a year "
                "(%). Both rates are assumptions; no record of readiness levels is published. Points that need more than a hundred starts "
                "are left out.",
                "模拟结果，并非观测：{steps}级吸收马尔可夫链。横轴：每年通过本级的项目（%）。两种比率均为假设，成熟度记录未公布。"
                "所需立项数超过一百的点未画出。",
            ).filled(steps=levels())
        ],
    )


def finding(cases: Funnels) -> Statement:
    """The pass rate that the two cases would imply, and what a change of it does."""
    steps = levels()
    ends = {name: float(cases.step(name)["estimate"]) / PERCENT for name in ("settled", "running_least")}
    base, faster, kinder = climb(EXAMPLE, DROPS[1], steps), climb(2 * EXAMPLE, DROPS[1], steps), climb(EXAMPLE, DROPS[0], steps)
    return statement(
        "transfer_readiness",
        Text(
            "Simulation. If {steps} levels are each passed with {passed:.0%} and left for good with {dropped:.0%} a year, {arrive:.0%} "
            "arrive, and a project takes {years:.1f} years to its end. Passing twice as fast lets {faster:.0%} arrive, and so does "
            "giving up half as often ({kinder:.0%}): only the ratio of both counts for arrival, speed alone for time. Were the two "
            "cases such chains, the enclave's {settled:.0%} would mean that {settled_each:.0%} pass each level, and the institute's "
            "{running:.0%} that {running_each:.0%} do; neither says at which level its projects began.",
            "模拟结果：若{steps}级中每级每年以{passed:.0%}通过、以{dropped:.0%}放弃，则{arrive:.0%}的项目到达，平均{years:.1f}年见分晓。通过速度加倍时"
            "到达率为{faster:.0%}，放弃率减半亦同（{kinder:.0%}）：到达率只取决于两者之比，速度只影响时间。若把两个案例视为这样的链，"
            "飞地的{settled:.0%}意味着每级通过率{settled_each:.0%}，产研院的{running:.0%}意味着{running_each:.0%}；但两者都未说明项目起始于哪一级。",
        ),
        steps=steps,
        passed=EXAMPLE,
        dropped=DROPS[1],
        arrive=float(base.ends[0, 0]),
        years=float(base.periods[0]),
        faster=float(faster.ends[0, 0]),
        kinder=float(kinder.ends[0, 0]),
        settled=ends["settled"],
        settled_each=ends["settled"] ** (1 / steps),
        running=ends["running_least"],
        running_each=ends["running_least"] ** (1 / steps),
    )

r"""From class to class in a year: Markov chains of the value over the mean of the provinces, and whether the neighbours matter.

The value is cut at quantiles of all years together; how many stay in a class of their own year is given as well. With :math:`n_{ij}`
provinces that go from class i to class j within a year, :math:`p_{ij} = n_{ij} / \sum_j n_{ij}`; the long run :math:`\pi` solves
:math:`\pi = \pi P`. It means something only when one step of memory is enough and the probabilities do not change, so that it is given only
where neither is rejected, and with an interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.errors import MeasureError
from toolkit.language import Head, Text
from toolkit.measure import (
    Chain,
    ChainTest,
    LongRun,
    States,
    ergodic,
    markov_chain,
    order_test,
    resampled_long_run,
    states_by_quantiles,
    stationarity_test,
)
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.present.tables.frame import frame_table
from toolkit.studies.convergence.series import LEVEL, NAMES, SEED, long_enough, name_of, names_of, relative
from toolkit.studies.regions.centres import listed

_CLASSES = (5, 4, 3)  # the first of them whose chain can reach each class from each
_ABSENT = "–"


@dataclass(frozen=True, eq=False)
class Moves:
    """The chain of one series.

    Attributes
    ----------
    chain : transitions over one year between classes of the value relative to the mean of the provinces in that year.
    yearly : the same with the quantiles of each year as cuts, so that a class is a rank; None where ties leave a class of a year empty.
    order : whether the class two years before adds something.
    halves : whether the first and the second half of the years have the same transitions.
    long_run : ergodic shares and the way to the top with intervals; None where ``order`` or ``halves`` rejects.
    """

    chain: Chain
    yearly: Chain | None
    order: ChainTest
    halves: ChainTest
    long_run: LongRun | None

    @property
    def shares(self) -> tuple[float, float, float]:
        """Transitions that stay, rise and fall, in per cent."""
        counts = self.chain.counts
        parts = (np.trace(counts), np.triu(counts, 1).sum(), np.tril(counts, -1).sum())
        return tuple(float(100 * part / counts.sum()) for part in parts)  # type: ignore[return-value]


def chains(panel: Panel) -> dict[str, Moves]:
    """The chain of each long series: pooled quantiles of the relative value, yearly steps, as many classes as leave no dead end.

    Raises
    ------
    MeasureError
        When a series has a dead end with every number of classes.
    """
    return {variable: _moves(variable, relative(panel, variable)) for variable in long_enough(panel)}


def _moves(variable: str, values: pd.DataFrame) -> Moves:
    states = _states(variable, values)
    middle = int(values.columns[len(values.columns) // 2])
    order, halves = order_test(states), stationarity_test(states, [middle])
    allowed = min(order.lr_p, halves.lr_p) >= LEVEL
    return Moves(
        chain=markov_chain(states),
        yearly=_yearly(values, states.size),
        order=order,
        halves=halves,
        long_run=resampled_long_run(states, rng=np.random.default_rng(SEED)) if allowed else None,
    )


def _yearly(values: pd.DataFrame, classes: int) -> Chain | None:
    """The chain of classes by the quantiles of each year."""
    try:
        return markov_chain(states_by_quantiles(values, classes, by="year"))
    except MeasureError:
        return None


def _states(variable: str, values: pd.DataFrame) -> States:
    for classes in _CLASSES:
        states = states_by_quantiles(values, classes)
        chain = markov_chain(states)
        if ergodic(chain.probabilities, chain.labels).irreducible:
            return states
    raise MeasureError("no number of classes gives a chain without a dead end", where=variable, remedy="use fewer classes")


def table(chains: dict[str, Moves]) -> TableExhibit:
    """One row per series: classes, transitions, who stays, rises and falls, the tests, and the long run where they allow it."""
    rows = []
    for variable, own in chains.items():
        stay, rise, fall = own.shares
        run = own.long_run
        bottom = f"{100 * run.shares[0]:.0f} [{100 * run.shares_low[0]:.0f}, {100 * run.shares_high[0]:.0f}]" if run else _ABSENT
        top = f"{100 * run.shares[-1]:.0f} [{100 * run.shares_low[-1]:.0f}, {100 * run.shares_high[-1]:.0f}]" if run else _ABSENT
        rows.append(
            {
                "variable": variable,
                "classes": len(own.chain.labels),
                "transitions": int(own.chain.counts.sum()),
                "stay": stay,
                "rise": rise,
                "fall": fall,
                "stay_yearly": np.nan if own.yearly is None else 100 * np.trace(own.yearly.counts) / own.yearly.counts.sum(),
                "order_p": own.order.lr_p,
                "halves_p": own.halves.lr_p,
                "bottom": bottom,
                "top": top,
                "up": _years(run),
            }
        )
    return frame_table(
        marked(pd.DataFrame(rows)),
        {
            "variable": glossary.VARIABLE,
            "classes": Text("Classes", "类别数"),
            "transitions": Text("Transitions", "转移数"),
            "stay": Text("Stay (%)", "不变（%）"),
            "rise": Text("Rise (%)", "上升（%）"),
            "fall": Text("Fall (%)", "下降（%）"),
            "stay_yearly": Text("Stay, classes of the year (%)", "不变，当年分位数（%）"),
            "order_p": Head(Text("First order, p", "一阶性p值"), "p_value"),
            "halves_p": Head(Text("Same in halves, p", "前后期相同p值"), "p_value"),
            "bottom": Text("Long run, lowest (%)", "长期最低类（%）"),
            "top": Text("Long run, highest (%)", "长期最高类（%）"),
            "up": Text("Years to the top", "升至最高类（年）"),
        },
        names=NAMES,
        digits={"stay": 1, "rise": 1, "fall": 1, "stay_yearly": 1},
        title=Text("From class to class in a year", "一年内的类别转移"),
        notes=[
            Text(
                "Classes by quantiles of all years together, of the value over the mean of the provinces in its year; of five, four and "
                "three the most that leave no class without a way to every other. Beside them the share that stays where classes are the "
                "quantiles of each year: a class is then a rank, and no common movement takes a province over a cut. Long run with 95% "
                "intervals over draws of provinces, only where neither first order nor equal halves is rejected at the "
                f"{LEVEL:.0%} level. Years to the top: mean first passage from the lowest class; only the lower end where the interval "
                "has no upper one, because more than 2.5% of the draws never get there.",
                "按各省数值与当年各省均值之比的全部年份分位数分类；在五、四、三类中取各类可互达的最大类别数。另列按当年分位数分类时类别不变的比例：此时类别即位次，整体变动不会使省份跨类。"
                "长期结果附对省份重复抽样的95%区间，"
                f"且仅在{LEVEL:.0%}水平上既不拒绝一阶性、也不拒绝前后期相同时给出。升至最高类的年数为由最低类出发的平均首达时间；若超过2.5%的抽样无法到达，区间没有上端，仅列下端。",
            )
        ],
    )


def _years(run: LongRun | None) -> str:
    """The interval, or only its lower end when it has no upper one: the estimate then says nothing."""
    if run is None:
        return _ABSENT
    return f"{run.up:.0f} [{run.up_low:.0f}, {run.up_high:.0f}]" if math.isfinite(run.up_high) else f"> {run.up_low:.0f}"


def _said(run: LongRun) -> Text:
    """The same in a sentence."""
    if math.isfinite(run.up_high):
        return Text(_years(run), _years(run))
    return Text(f"more than {run.up_low:.0f}", f"{run.up_low:.0f}年以上")


def finding(chains: dict[str, Moves]) -> Statement:
    """How many provinces stay in their class, where a chain of first order that does not change is rejected, and what is left."""
    stays = {variable: own.shares[0] for variable, own in chains.items()}
    low, high = min(stays, key=stays.__getitem__), max(stays, key=stays.__getitem__)
    allowed = {variable: own.long_run for variable, own in chains.items() if own.long_run is not None}
    runs = [Text(f"{_said(run).en} ({name_of(v).en})", f"{_said(run).zh}（{name_of(v).zh}）") for v, run in allowed.items()]
    left = Text(
        f"Where neither is rejected, the mean number of years from the lowest class to the highest is {listed(runs).en}",
        f"两者均未被拒绝的指标中，由最低类升至最高类的平均年数为：{listed(runs).zh}",
    )
    nothing = Text("No series is left for statements about the long run", "没有可据以推断长期状态的指标")
    return statement(
        "convergence_chains",
        Text(
            "From one year to the next {low:.0f}% ({low_name}) to {high:.0f}% ({high_name}) of the provinces stay in their class. That one "
            "step of memory is enough is rejected at the {level:.0%} level for {order}, that the probabilities are the same in both halves "
            "for {halves}. {left}.",
            "一年之内，类别不变的省份占{low:.0f}%（{low_name}）至{high:.0f}%（{high_name}）。在{level:.0%}水平上拒绝一阶马尔可夫性的有：{order}；"
            "拒绝前后期转移概率相同的有：{halves}。{left}。",
        ),
        low=stays[low],
        low_name=name_of(low),
        high=stays[high],
        high_name=name_of(high),
        level=LEVEL,
        order=names_of(v for v, own in chains.items() if own.order.lr_p < LEVEL),
        halves=names_of(v for v, own in chains.items() if own.halves.lr_p < LEVEL),
        left=left if allowed else nothing,
    )

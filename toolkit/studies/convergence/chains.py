r"""From class to class in a year: Markov chains of the value over the mean of the provinces.

The value is cut at quantiles of all years together. With :math:`n_{ij}` provinces that go from class i to class j within a year,
:math:`p_{ij} = n_{ij} / \sum_j n_{ij}`; the long run :math:`\pi` solves :math:`\pi = \pi P`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.errors import MeasureError
from toolkit.language import Head, Text
from toolkit.measure import (
    Chain,
    ChainTest,
    ergodic,
    markov_chain,
    mean_first_passage,
    mobility,
    order_test,
    states_by_quantiles,
    stationarity_test,
)
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.matrix import matrix_heatmap
from toolkit.present.tables.frame import frame_table
from toolkit.studies.convergence.distribution import relative
from toolkit.studies.convergence.series import VARIABLES, name_of

_CLASSES = (5, 4, 3)  # tried in this order, until the chain of every variable can reach each class from each
_FEW = 5  # transitions in a cell
TO = Text("To", "一年后类别")


@dataclass(frozen=True)
class Refused:
    """A number of classes that was not used.

    Attributes
    ----------
    classes, variable : how many, and for which variable the chain has a dead end.
    closed : classes that are never left for the others.
    transient : classes that are left for good.
    """

    classes: int
    variable: str
    closed: tuple[tuple[str, ...], ...]
    transient: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Moves:
    """The chain of one variable.

    Attributes
    ----------
    chain : transitions over one year between classes of the value relative to the mean of the provinces in that year.
    long_run : (k,) share of each class in the ergodic distribution.
    passage : (k, k) mean years from class to class for the first time.
    order : whether the class two years before adds something.
    halves : whether the first and the second half of the years have the same transitions.
    """

    chain: Chain
    long_run: np.ndarray
    passage: np.ndarray
    order: ChainTest
    halves: ChainTest


@dataclass(frozen=True, eq=False)
class Chains:
    """The chains of all variables.

    Attributes
    ----------
    classes : how many.
    refused : larger numbers of classes that were refused.
    moves : variable -> its chain.
    """

    classes: int
    refused: tuple[Refused, ...]
    moves: dict[str, Moves]


def chains(panel: Panel) -> Chains:
    """The chain of each variable: pooled quantiles of the relative value, yearly steps.

    The number of classes is the largest of five, four and three for which every chain can reach each class from each.

    Raises
    ------
    MeasureError
        When no number of classes will do.
    """
    values = {variable: relative(panel, variable) for variable in VARIABLES}
    refused: list[Refused] = []
    for classes in _CLASSES:
        problems = [problem for name, own in values.items() if (problem := _problem(own, name, classes)) is not None]
        if not problems:
            return Chains(classes, tuple(refused), {name: _moves(own, classes) for name, own in values.items()})
        refused += problems
    last = refused[-1]
    where = f"{last.variable}, {last.classes} classes, left for good: {', '.join(last.transient)}"
    raise MeasureError("no number of classes gives chains without a dead end", where=where, remedy="use fewer classes")


def _problem(values: pd.DataFrame, variable: str, classes: int) -> Refused | None:
    chain = markov_chain(states_by_quantiles(values, classes))
    found = ergodic(chain.probabilities, chain.labels)
    return None if found.irreducible else Refused(classes, variable, found.closed, found.transient)


def _moves(values: pd.DataFrame, classes: int) -> Moves:
    states = states_by_quantiles(values, classes)
    chain = markov_chain(states)
    middle = int(values.columns[len(values.columns) // 2])
    return Moves(
        chain=chain,
        long_run=ergodic(chain.probabilities, chain.labels).distribution,
        passage=mean_first_passage(chain.probabilities, chain.labels),
        order=order_test(states),
        halves=stationarity_test(states, [middle]),
    )


def transitions(chains: Chains) -> FigureExhibit:
    """The probabilities of each chain with the counts behind them, one panel per variable."""
    return matrix_heatmap(
        {variable: _matrix(own.chain.probabilities, own.chain.labels) for variable, own in chains.moves.items()},
        counts={variable: _matrix(own.chain.counts, own.chain.labels) for variable, own in chains.moves.items()},
        row_label=Text("From", "起始类别"),
        column_label=TO,
        title=Text("From class to class in a year", "一年内的类别转移"),
        notes=_note(chains),
        width="two",
    )


def _matrix(values: np.ndarray, labels: tuple[str, ...]) -> pd.DataFrame:
    return marked(pd.DataFrame(values, index=list(labels), columns=list(labels)))


def table(chains: Chains) -> TableExhibit:
    """One row per variable: transitions, the share that stays, rises, falls (%), mobility, the long run, passage times, tests."""
    rows = []
    for variable, own in chains.moves.items():
        counts = own.chain.counts
        rows.append(
            {
                "variable": variable,
                "transitions": int(counts.sum()),
                "stay": stay(own),
                "rise": 100 * np.triu(counts, 1).sum() / counts.sum(),
                "fall": 100 * np.tril(counts, -1).sum() / counts.sum(),
                "trace": mobility(own.chain.probabilities).trace,
                "long_bottom": 100 * own.long_run[0],
                "long_top": 100 * own.long_run[-1],
                "up": own.passage[0, -1],
                "down": own.passage[-1, 0],
                "order_p": own.order.lr_p,
                "halves_p": own.halves.lr_p,
            }
        )
    heads: dict[str, Text | Head] = {
        "variable": glossary.VARIABLE,
        "transitions": Text("Transitions", "转移数"),
        "stay": Text("Stay (%)", "不变（%）"),
        "rise": Text("Rise (%)", "上升（%）"),
        "fall": Text("Fall (%)", "下降（%）"),
        "trace": Text("Mobility", "流动性"),
        "long_bottom": Text("Long run, lowest (%)", "长期最低类（%）"),
        "long_top": Text("Long run, highest (%)", "长期最高类（%）"),
        "up": Text("Years to the top", "升至最高类（年）"),
        "down": Text("Years to the bottom", "降至最低类（年）"),
        "order_p": Head(Text("First order, p", "一阶性p值"), "p_value"),
        "halves_p": Head(Text("Same in halves, p", "前后期相同p值"), "p_value"),
    }
    return frame_table(
        marked(pd.DataFrame(rows)),
        heads,
        digits={**dict.fromkeys(heads, 1), "trace": 2, "order_p": 3, "halves_p": 3},
        title=Text("The chain of each variable", "各变量的马尔可夫链"),
        notes=[_note(chains)],
    )


def stay(moves: Moves) -> float:
    """Share of the transitions that stay in their class, in per cent."""
    counts = moves.chain.counts
    return float(100 * np.trace(counts) / counts.sum())


def _note(chains: Chains) -> Text:
    """How the classes were made, which number of classes was refused and why, and how thin the cells are."""
    refused = [
        Text(
            f"{r.classes} classes are refused for {name_of(r.variable).en}, whose chain has a dead end: closed "
            f"{'; '.join(', '.join(c) for c in r.closed)}, left for good {', '.join(r.transient)}.",
            f"{name_of(r.variable).zh}分为{r.classes}类时存在无法离开的类别（闭集{'；'.join('、'.join(c) for c in r.closed)}，"
            f"不再返回{'、'.join(r.transient)}），故不采用。",
        )
        for r in chains.refused
    ]
    cells = {variable: own.chain.counts[own.chain.counts > 0] for variable, own in chains.moves.items()}
    thin = [
        Text(f"{(n < _FEW).sum()} of {n.size} in {name_of(v).en}", f"{name_of(v).zh}{n.size}格中有{(n < _FEW).sum()}格")
        for v, n in cells.items()
    ]
    return Text(
        f"{chains.classes} classes (Q1 the lowest) by quantiles of all years together, of the value over the mean of the provinces in its "
        f"year; yearly steps. {' '.join(text.en for text in refused)} "
        f"Cells with fewer than {_FEW} transitions: {', '.join(text.en for text in thin)}.",
        f"按各省数值与当年各省均值之比的全部年份分位数分为{chains.classes}类（Q1最低），步长一年。{''.join(text.zh for text in refused)}"
        f"转移次数少于{_FEW}的格子：{'，'.join(text.zh for text in thin)}。",
    )

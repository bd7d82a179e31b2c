r"""Do the data support a shift-share design on federal R&D money, and with it exposure-robust errors?

Such a design needs shocks by agency or industry (defence before all), shares of the units in each, and many of both; errors that hold
under exposure then rest on the shocks (Adao, Kolesar and Morales 2019; Borusyak, Hull and Jaravel 2022). The federal obligations at hand
are one total by state and year. What can be formed is

.. math:: z_{it} = s_i \ln g_{-i,t}, \qquad s_i = \text{share of state } i \text{ in obligations before the panel},

with g the obligations to all other states: one shock a year. Its first stage, and that of the obligations to the state itself, stand here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.errors import PresentationError
from toolkit.estimate import Estimate, fit
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present.record import Statement, statement

FIRST_SHARE_YEAR, LAST_SHARE_YEAR = 2000, 2014  # before the first year of federal money paid to companies
WEAK_F = 10.0  # the usual bound for one instrument

_TERMS = {"own": "log(federal_obligations_rd)", "lagged": "L(log(federal_obligations_rd), 1)", "shift_share": "exposure"}


@dataclass(frozen=True)
class FirstStages:
    """Federal money paid to companies on each instrument, state and year effects.

    Attributes
    ----------
    estimates : by the key of the instrument.
    shocks : national shocks that the shares meet: one for each year of the rows.
    """

    estimates: dict[str, Estimate]
    shocks: int


def prepare(states: Panel) -> Panel:
    """The table ``us_state_rd`` with ``exposure``: the share of the state before the panel times the log of obligations to all others."""
    frame = states.frame
    money = frame["federal_obligations_rd"]
    before = frame["year"].between(FIRST_SHARE_YEAR, LAST_SHARE_YEAR)
    sums = money.where(before).groupby(frame["state"]).transform("sum")
    share = sums / money.where(before).sum()
    others = money.groupby(frame["year"]).transform("sum") - money
    return states.assign(exposure=share * np.log(others.where(others > 0)))


def run(states: Panel) -> FirstStages:
    """The first stage of each instrument.

    Parameters
    ----------
    states : the table ``us_state_rd``.
    """
    panel = prepare(states)
    effects = f"{panel.entity} + {panel.time}"
    estimates = {key: fit(f"log(rd_federal_paid) ~ {term} | {effects}", panel) for key, term in _TERMS.items()}
    return FirstStages(estimates, estimates["shift_share"].counts.periods)


def finding(found: FirstStages) -> Statement:
    """Why no shift-share elasticity is printed.

    Raises
    ------
    PresentationError
        An instrument is not weak: the sentence would be untrue.
    """
    strengths = {key: estimate.coefficient(_TERMS[key]).statistic ** 2 for key, estimate in found.estimates.items()}
    if max(strengths.values()) >= WEAK_F:
        raise PresentationError(
            f"an instrument has F {max(strengths.values()):.1f}, so the sentence that none is strong is untrue", remedy="write what it says"
        )
    return statement(
        "shift_share",
        Text(
            "These data cannot support a shift-share design on defence shocks. Federal obligations are published as one total by state "
            "and year, so the shares meet {shocks} national shocks, where errors that hold under exposure need many; and there is no "
            "first stage: F is {shift_share:.1f} for the shift-share, {own:.1f} for the obligations to the state itself and {lagged:.1f} "
            "for those of the year before, below {weak:.0f} in all. No instrumented elasticity is printed.",
            "这些数据不足以支撑基于国防冲击的份额移动型（Bartik）设计。联邦承付额仅公布各州各年总额，份额所对应的全国冲击只有{shocks}个，"
            "而暴露稳健的标准误要求冲击众多；第一阶段亦不成立：份额移动型工具变量的F值为{shift_share:.1f}，对本州承付额为{own:.1f}，上年承"
            "付额为{lagged:.1f}，均低于{weak:.0f}。故不报告工具变量弹性。",
        ),
        shocks=found.shocks,
        weak=WEAK_F,
        **strengths,
    )

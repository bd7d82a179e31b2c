r"""The firms of the Colombian survey: the equation and the variables that all sections share.

For firm i and year t, with O the money of the firm and its group, S public money, in thousand current pesos::

    ln O_it = b ln S_it + a_i + l_t + e_it

b is the elasticity. The survey asks who paid, so S is no part of O. Year effects take the price level: a deflator common to all firms
leaves b as it is. Errors are clustered by firm.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.data.tables.firms_colombia_services import same_records
from toolkit.estimate import Coefficient
from toolkit.language import Text
from toolkit.panel import Panel

OUTCOME, PUBLIC, SIZE = "log(own_money)", "log(fund_public)", "log(employees)"
WITHIN = f"{OUTCOME} ~ {PUBLIC} | firm + year"
QUESTIONNAIRE = f"{OUTCOME} ~ {PUBLIC} | firm_round + year"

ALL, WITHOUT, CONTAINING = "all", "without", "containing"
SAMPLES = {
    ALL: Text("All records", "全部记录"),
    WITHOUT: Text("Without copied records", "剔除复制记录"),
    CONTAINING: Text("Left side contains the grant", "左侧含资助"),
}
LABELS = {
    "own_money": Text("money of the firm and its group", "企业及集团自有资金"),
    "fund_public": Text("public money", "公共资金"),
    "employees": Text("employees", "从业人员"),
    "research": Text("R&D, internal and bought", "内部与外购R&D"),
    "sti_total": Text("innovation spending", "创新投入"),
    "firm_round": Text("firm × questionnaire", "企业×问卷"),
    "firm": Text("firm", "企业"),
    "year": Text("year", "年份"),
}


def prepare(panel: Panel) -> Panel:
    """The table ``firms_colombia_services`` with own money, R&D, other programmes than credit, indicators, and identities of cells.

    Added: own_money, research, grants (all programmes but Bancoldex credit, thousand pesos); any_public, any_grant, any_credit (0 or 1);
    firm_round, activity_year; linked (groups of firms that copied records link).
    """
    frame = panel.frame
    programmes = frame.filter(regex="^pub_").drop(columns="pub_bancoldex_credit")
    grants = programmes.sum(axis=1)
    return panel.assign(
        own_money=frame["fund_own"] + frame["fund_group"],
        research=frame["rd_internal"] + frame["rd_external"],
        grants=grants,
        any_public=(frame["fund_public"] > 0).astype(float),
        any_grant=(grants > 0).astype(float),
        any_credit=(frame["pub_bancoldex_credit"] > 0).astype(float),
        firm_round=frame["firm"] + " " + frame["survey_round"],
        activity_year=frame["activity_class"] + " " + frame["activity_code"].astype(str) + " " + frame["year"].astype(str),
        linked=_linked_firms(frame["firm"], same_records(frame)).astype(str),
    )


def _linked_firms(firm: pd.Series, record: pd.Series) -> pd.Series:
    """(n,) number of the group of firms that records shared with one another link, directly or through others.

    Examples
    --------
    >>> _linked_firms(pd.Series(["a", "b", "b", "c", "d"]), pd.Series([1, 1, 2, 2, 3])).tolist()
    [0, 0, 0, 0, 3]
    """
    group = pd.Series(np.unique(firm, return_inverse=True)[1], index=firm.index)
    while True:
        smaller = group.groupby(record).transform("min").groupby(firm).transform("min")
        if smaller.equals(group):
            return group
        group = smaller


def inside(value: float, found: Coefficient) -> Text:
    """Whether the 95% interval has a value between its ends, in words."""
    return Text("lies inside", "位于") if found.low <= value <= found.high else Text("lies outside", "不在")

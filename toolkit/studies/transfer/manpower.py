r"""People and bodies of transfer: two upper bounds against each other, and the reach of the network.

With C certified managers among N practitioners the paper says C < a and C / N < b. Neither bounds N; together they say

.. math:: C < \min(a, b N), \qquad \text{both bind only at } N = a / b .
"""

from __future__ import annotations

import pandas as pd

from toolkit.audit import Tables
from toolkit.language import Text
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement

YEAR = 2023  # the last one with R&D personnel and contracts of the nation
PERCENT = 100.0
_NAMES = {
    "staff": Text("full-time transfer staff of universities and institutes", "高校院所专职成果转化人员"),
    "plan": Text("technology managers planned for 2025", "2025年技术经理人规划数"),
    "trained": Text("persons trained at national bases", "国家基地累计培训人数"),
    "both": Text("practitioners at which both bounds bind", "两个上限同时起作用时的从业人数"),
    "exchanges": Text("national exchanges", "国家级交易所"),
    "centres": Text("regional centres", "区域中心"),
    "bodies": Text("key transfer bodies", "技术转移重点机构"),
}
_FIGURES = {"staff": "tm_univ_staff_2024", "plan": "tm_plan_2025", "trained": "tm_training_110k"}
_NODES = {"exchanges": "chen2025_tt_exchanges_3", "centres": "chen2025_tt_centres_12", "bodies": "chen2025_tt_network_420"}


def run(series: pd.DataFrame) -> pd.DataFrame:
    """One row for each reading of the practitioners and each tier of the network.

    Columns: row, number, certified (the most that both bounds admit, people only), personnel (R&D full-time equivalents for each),
    contracts and value (of a year for each, the value in million yuan).

    Parameters
    ----------
    series : the table ``national_series``.
    """
    read = Tables()
    managers, share = read.claim("chen2025_tm_certified_2w").number, read.claim("chen2025_tm_8pct").number / PERCENT
    people = {name: read.official(figure).number for name, figure in _FIGURES.items()}
    people["both"] = managers / share
    nodes = {name: read.claim(claim).number for name, claim in _NODES.items()}
    nation = series.set_index("year").loc[YEAR]
    rows = [
        {
            "row": name,
            "number": round(number),
            "certified": min(managers, share * number) if name in people else None,
            "personnel": nation["rd_fte"] / number,
            "contracts": nation["tech_market_outflow_contracts"] / number,
            "value": 100 * nation["tech_market_value_national"] / number,
        }
        for name, number in (people | nodes).items()
    ]
    return pd.DataFrame(rows)


def bounds(results: pd.DataFrame) -> TableExhibit:
    """What each reading implies."""
    return frame_table(
        results.assign(certified=results["certified"].astype(float)),
        {
            "row": Text("People or bodies", "人员或机构"),
            "number": Text("Count", "数量"),
            "certified": Text("Certified at most", "持证人数上限"),
            "personnel": Text("R&D personnel for each", "对应R&D人员（人年）"),
            "contracts": Text("Contracts a year for each", "对应年合同数"),
            "value": Text("Their value (million yuan)", "合同额（百万元）"),
        },
        names=_NAMES,
        digits={"certified": 0, "personnel": 0, "contracts": 1, "value": 0},
        title=Text("Transfer people and bodies: what the printed bounds and counts imply", "转移人员与机构：论文上限与计数的含义"),
        notes=[
            Text(
                "Certified at most: the lower of the paper's two bounds. People of the first three rows are read in public documents and "
                "are not all practitioners; the fourth is arithmetic. Bodies are the paper's counts. R&D personnel in person-years and "
                "registered contracts of {year}, as if all passed through them.",
                "持证人数上限取论文两个上限中较低者。前三行人数读自公开文件，并非全部从业人员；第四行为算术结果。机构数取自论文。R&D人员（人年）"
                "与登记合同为{year}年数，视同全部经由其手。",
            ).filled(year=YEAR)
        ],
    )


def finding(results: pd.DataFrame, provinces: int) -> Statement:
    """What the two bounds say together, and how far the network reaches.

    Parameters
    ----------
    provinces : of the nation.
    """
    rows, read = results.set_index("row"), Tables()
    return statement(
        "transfer_manpower",
        Text(
            "Fewer than {managers:,.0f} certified managers and less than {share:.0f}% of practitioners are two upper bounds: both "
            "bind only with {both:,.0f} practitioners, one for {personnel:.0f} person-years of R&D. With the {trained:,.0f} persons "
            "trained so far the share alone binds, at {trained_most:,.0f} certified; with the {staff:,.0f} full-time staff of universities "
            "and institutes at {staff_most:,.0f}. No number of practitioners is published, so that neither bound can be checked. Of the "
            "network, {centres:.0f} centres leave at least {without:.0f} of {provinces} provinces without one, and each of the "
            "{bodies:.0f} bodies would have {contracts:,.0f} contracts a year to handle.",
            "“持证不足{managers:,.0f}人”与“持证比例低于{share:.0f}%”是两个上限：只有从业人员达{both:,.0f}人（每{personnel:.0f}人年R&D人员一名）时才同时起作用。"
            "若以累计培训的{trained:,.0f}人为从业人员，则只有比例起作用，持证不超过{trained_most:,.0f}人；以高校院所专职人员{staff:,.0f}人计，"
            "不超过{staff_most:,.0f}人。从业人员总数未公布，两个上限都无从核对。转移网络方面，{centres:.0f}个区域中心意味着{provinces}个省份中至少"
            "有{without:.0f}个没有中心；{bodies:.0f}家机构平均每家每年须承接{contracts:,.0f}项合同。",
        ),
        managers=read.claim("chen2025_tm_certified_2w").number,
        share=read.claim("chen2025_tm_8pct").number,
        both=float(rows["number"]["both"]),
        personnel=float(rows["personnel"]["both"]),
        trained=float(rows["number"]["trained"]),
        trained_most=float(rows["certified"]["trained"]),
        staff=float(rows["number"]["staff"]),
        staff_most=float(rows["certified"]["staff"]),
        centres=float(rows["number"]["centres"]),
        without=provinces - float(rows["number"]["centres"]),
        provinces=provinces,
        bodies=float(rows["number"]["bodies"]),
        contracts=float(rows["contracts"]["bodies"]),
    )

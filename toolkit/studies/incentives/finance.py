r"""Where finance comes from and which stage it reaches, as far as dated figures go; and the leverage of a fund by its fiscal part.

.. math:: M = \tfrac12 \sum_s |k_s - n_s|, \qquad \text{leverage} = 1 / f

with k the shares of the stages in what is invested, n in what is needed, and f the fiscal part of a fund. Nobody publishes n, and the paper
on seven funds does not give f: both are assumed over a range.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.audit.printed import PrintedClaim
from toolkit.language import Text
from toolkit.measure import duncan_index
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.registry import registry

KINDS = ("loans", "bonds", "shares")
STOCKS = {  # date -> figures of the central bank: loans, bonds, shares
    "2014-12": ("", "social_financing_2014_bonds", "social_financing_2014_shares"),
    "2019-10": ("afre_loans_2019_10", "afre_bonds_2019_10", ""),
    "2022-01": ("social_financing_2022_loans", "social_financing_2022_bonds", "social_financing_2022_shares"),
    "2022-10": ("afre_loans_2022_10", "afre_bonds_2022_10", "afre_shares_2022_10"),
    "2025-03": ("afre_loans_2025_03", "afre_bonds_2025_03", "afre_shares_2025_03"),
}
EARLY = {"early": "vc_early_share_2024", "first": "vc_first_round_share_2024", "first_before": "vc_first_round_share_2023h1"}
NEEDS = (30.0, 40.0, 50.0, 60.0, 70.0)  # early part of the need for capital (%), assumed
FISCAL = (10.0, 20.0, 30.0, 50.0, 100.0)  # fiscal part of a fund (%), assumed
PERCENT = 100.0
MILLION = 1e6


@dataclass(frozen=True)
class Finance:
    """Figures and what follows from assumptions.

    Attributes
    ----------
    stocks : columns date, loans, bonds, shares, direct (bonds and shares), each in per cent of the stock of financing; missing where no
        figure was read.
    stages : columns need, early, first, first_before: the mismatch (points) with each figure of the early part.
    early : the figures themselves (%).
    leverage : columns part (%), leverage, public_low, public_high (million yuan).
    """

    stocks: pd.DataFrame
    stages: pd.DataFrame
    early: dict[str, float]
    leverage: pd.DataFrame


def run(needs: tuple[float, ...] = NEEDS, parts: tuple[float, ...] = FISCAL) -> Finance:
    """Stocks of financing from the registry, the mismatch of two stages for each need, and leverage for each fiscal part."""
    official = registry().official
    figures = {date: [float(official[name].value) if name else None for name in names] for date, names in STOCKS.items()}
    stocks = pd.DataFrame.from_dict(figures, orient="index", columns=KINDS, dtype=float).rename_axis("date").reset_index()
    early = {name: float(official[figure].value) for name, figure in EARLY.items()}
    size = PrintedClaim(registry().claims["huang2025_fund_size_844"]).interval
    fiscal = np.array(parts) / PERCENT
    return Finance(
        stocks=stocks.assign(direct=stocks["bonds"] + stocks["shares"]),
        stages=pd.DataFrame({"need": needs} | {name: [mismatch(share, need) for need in needs] for name, share in early.items()}),
        early=early,
        leverage=pd.DataFrame(
            {
                "part": parts,
                "leverage": 1 / fiscal,
                "public_low": float(size.low or 0) / MILLION * fiscal,
                "public_high": float(size.high or 0) / MILLION * fiscal,
            }
        ),
    )


def mismatch(early: float, need: float) -> float:
    """Points of capital that would have to change stage, early or late.

    Examples
    --------
    >>> mismatch(40.0, 60.0), mismatch(40.0, 40.0)
    (20.0, 0.0)
    """
    return round(PERCENT * duncan_index([early, PERCENT - early], [need, PERCENT - need]), 9)


def structure(found: Finance) -> TableExhibit:
    """Loans, bonds and shares in the stock of financing."""
    return frame_table(
        found.stocks,
        {
            "date": Text("Date", "时点"),
            "loans": Text("Loans in yuan", "人民币贷款"),
            "bonds": Text("Corporate bonds", "企业债券"),
            "shares": Text("Domestic shares", "境内股票"),
            "direct": Text("Bonds and shares", "债券与股票合计"),
        },
        digits=1,
        title=Text("Direct finance in the stock of financing of the real economy (%)", "直接融资占社会融资规模存量的比重（%）"),
        notes=Text(
            "People's Bank of China; the addresses stand in the registry of official figures. A dash: not read. The stock is that of the "
            "whole economy: it does not tell what science-based firms receive. Government bonds and trust loans make up the rest.",
            "中国人民银行，网址见官方数字登记表；“—”为未读到。存量属整个实体经济，不能说明科创企业所得；其余为政府债券、信托贷款等。",
        ),
    )


def stages(found: Finance) -> TableExhibit:
    """The mismatch of stages by the assumed need."""
    return frame_table(
        found.stages,
        {
            "need": Text("Early part of the need, assumed (%)", "早期资金需求占比（假设，%）"),
            "early": Text("Early stage, 2024", "早期阶段，2024年"),
            "first": Text("First rounds, 2024", "首轮融资，2024年"),
            "first_before": Text("First rounds, first half of 2023", "首轮融资，2023年上半年"),
        },
        digits=1,
        title=Text(
            "Venture capital by stage: the mismatch that each assumed need would mean (points)",
            "风险投资阶段错配：各假设需求下的错配程度（百分点）",
        ),
        notes=Text(
            "Half the sum of absolute differences of two shares. The shares count financing events of one data firm ({early:.1f}, "
            "{first:.1f} and {first_before:.1f}%), not yuan. Nobody publishes the need.",
            "两类占比之差绝对值之和的一半。占比按一家数据公司的融资事件数计算（{early:.1f}%、{first:.1f}%、{first_before:.1f}%），并非金额；"
            "需求占比无人公布。",
        ).filled(**found.early),
    )


def leverage(found: Finance) -> TableExhibit:
    """Leverage of the seven funds by an assumed fiscal part."""
    return frame_table(
        found.leverage,
        {
            "part": Text("Fiscal part, assumed (%)", "财政出资占比（假设，%）"),
            "leverage": Text("Leverage", "杠杆倍数"),
            "public_low": Text("Public money, least", "财政资金下限"),
            "public_high": Text("Public money, most", "财政资金上限"),
        },
        digits=1,
        title=Text(
            "Leverage of the seven funds if the fiscal part were known (million yuan)", "若已知财政出资占比，七只基金的杠杆倍数（百万元）"
        ),
        notes=Text(
            "Arithmetic on the printed total, whose rounding gives the two bounds. The paper gives no fiscal part: no row is an estimate.",
            "以论文所印总规模计算，上下限来自舍入。论文未给出财政出资，各行均非估计。",
        ),
    )


def finding(found: Finance) -> Statement:
    """The share of direct finance at both ends, and the early part by number."""
    known = found.stocks.dropna(subset=["direct"])
    first, last = known.iloc[0], known.iloc[-1]
    return statement(
        "finance_structure",
        Text(
            "Bonds and shares made up {first:.1f}% of the stock of financing in {first_date} and {last:.1f}% in {last_date}, loans in yuan "
            "{loans:.1f}%: at these dates direct finance had not grown. By number, {early:.0f}% of the financing events of {count_year} "
            "were of an early stage. Capital comes too late only if more than that is needed early, which no paper shows; by yuan it may "
            "still do so.",
            "债券与股票合计占社会融资规模存量的比重，{first_date}为{first:.1f}%，{last_date}为{last:.1f}%，人民币贷款占{loans:.1f}%：就这些时点看，直接"
            "融资比重并未上升。按事件数计，{count_year}年早期融资占{early:.0f}%；只有早期需求高于此，资金才算来得太晚，而各论文均未给出依据；按金额"
            "计则仍有可能。",
        ),
        first=float(first["direct"]),
        first_date=str(first["date"]),
        last=float(last["direct"]),
        last_date=str(last["date"]),
        loans=float(last["loans"]),
        early=found.early["early"],
        count_year=registry().official[EARLY["early"]].period,
    )

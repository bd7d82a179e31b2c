r"""What the state gives when it forgives the principal, and what it gets when a grant may turn into equity: options, on assumed parameters.

A team is lent K for a project worth V. Exempting the principal when the project is worth less at the end is a put with strike K; the right
to turn the claim into shares is a fraction f of a call. The fraction that pays for the exemption is

.. math:: f = P / C

Leverage of a fund is its size over the fiscal part, which the paper on seven funds does not give: between one and anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit.audit.printed import PrintedClaim
from toolkit.language import Text
from toolkit.measure import option_values
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.matrix import matrix_heatmap
from toolkit.present.record import Statement, statement
from toolkit.registry import registry

VOLATILITIES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # of the project's value, a year
YEARS = (3, 5, 8, 10, 15)
INTEREST = 0.03
VALUE = 1.0  # of the project, per yuan lent
FISCAL = (0.2, 0.5)  # fiscal parts of a fund
PERCENT = 100.0
MILLION = 1e6


@dataclass(frozen=True)
class PublicMoney:
    """The exemption, the share that pays for it, and the size of the funds.

    Attributes
    ----------
    exemption : value of exempting the principal (% of it), by volatility (rows) and years (columns).
    share : fraction of the gain above the principal that pays for it (%).
    funds : their number; low, high : their total size (million yuan), as rounded.
    value, interest : of the project per yuan lent, and a year; assumed.
    """

    exemption: pd.DataFrame
    share: pd.DataFrame
    funds: float
    low: float
    high: float
    value: float
    interest: float


def run(value: float = VALUE, interest: float = INTEREST) -> PublicMoney:
    """Values of both rights for one yuan lent, and the size of the seven funds from the registry."""
    pairs = {
        sigma: [option_values(value, 1.0, volatility=sigma, years=years, interest=interest) for years in YEARS] for sigma in VOLATILITIES
    }
    claims = registry().claims
    size = PrintedClaim(claims["huang2025_fund_size_844"]).interval
    index, columns = [f"{sigma:.0%}" for sigma in VOLATILITIES], [str(years) for years in YEARS]
    return PublicMoney(
        exemption=pd.DataFrame([[PERCENT * put for _, put in row] for row in pairs.values()], index=index, columns=columns),
        share=pd.DataFrame([[PERCENT * put / call for call, put in row] for row in pairs.values()], index=index, columns=columns),
        funds=PrintedClaim(claims["huang2025_funds_7"]).number,
        low=float(size.low or 0) / MILLION,
        high=float(size.high or 0) / MILLION,
        value=value,
        interest=interest,
    )


def figure(found: PublicMoney) -> FigureExhibit:
    """What the exemption is worth, and the share of the gain that pays for it."""
    return matrix_heatmap(
        {"exemption": found.exemption, "share": found.share},
        row_label=Text("Volatility of the project (a year)", "项目价值波动率（每年）"),
        column_label=Text("Years", "年数"),
        digits=0,
        width="two",
        names={
            "exemption": Text("Worth of exempting the principal (% of it)", "豁免本金的价值（占本金%）"),
            "share": Text("Share of the gain that pays for it (%)", "可抵偿豁免的收益分成（%）"),
        },
        title=Text("Exempting the principal against a right to shares: option values", "豁免本金与转股权：期权价值"),
        notes=Text(
            "Option values on assumed parameters, no data: the project is worth {value:.0%} of what is lent, interest is {interest:.0%} a "
            "year. The team's effort is taken as given; that it may fall when nothing is lost is not in it.",
            "以假设参数计算的期权价值，未用数据：项目价值为出借额的{value:.0%}，年利率{interest:.0%}。团队努力程度视为给定，未计入因无损失"
            "之忧而懈怠的可能。",
        ).filled(value=found.value, interest=found.interest),
    )


def finding(found: PublicMoney) -> Statement:
    """The exemption at a calm and at a wild project, and the share that pays for it."""
    calm, wild, short, long = found.exemption.index[1], found.exemption.index[-1], found.exemption.columns[0], found.exemption.columns[-2]
    return statement(
        "principal_exemption",
        Text(
            "On assumed parameters, exempting the principal of a project with a volatility of {calm} over {short} years is worth "
            "{least:.0f}% of it, with {wild} over {long} years {most:.0f}%; {share_least:.0f} and {share_most:.0f}% of the gain above the "
            "principal pay for it. At no volatility the exemption is worth {none:.0f}. A plain grant gives the state nothing back; with "
            "the right to that share it is no worse off than with a loan that is always repaid.",
            "按假设参数，波动率{calm}、期限{short}年的项目，豁免本金价值为本金的{least:.0f}%；波动率{wild}、期限{long}年则为{most:.0f}%；"
            "以本金以上收益的{share_least:.0f}%与{share_most:.0f}%即可抵偿。波动率为零时豁免价值为{none:.0f}。无偿拨款使财政分文不回；若拥"
            "有该比例的转股权，财政的处境不差于必获偿还的贷款。",
        ),
        calm=calm,
        wild=wild,
        short=short,
        long=long,
        least=float(found.exemption.loc[calm, short]),
        most=float(found.exemption.loc[wild, long]),
        share_least=float(found.share.loc[calm, short]),
        share_most=float(found.share.loc[wild, long]),
        none=float(found.exemption.iloc[0].max()),
    )


def _money(millions: float) -> Text:
    return Text(f"{millions:.1f} million", f"{millions / 100:.3f}亿")


def leverage(found: PublicMoney) -> Statement:
    """The bounds of the leverage of the seven funds."""
    low, high = FISCAL
    return statement(
        "fund_leverage",
        Text(
            "The {funds:.0f} funds of the case hold {low} to {high} yuan as printed, {each_low} to {each_high} each. Their leverage is "
            "unknown: the fiscal part is not given, so that one yuan of public money may have drawn in nothing (leverage of one) or any "
            "amount. With an assumed fiscal part of {part_high:.0%} it would be {leverage_low:.0f}, with {part_low:.0%} "
            "{leverage_high:.0f}. The registration of the funds with the Asset Management Association of China would settle it.",
            "该案例的{funds:.0f}只基金按所印数字合计{low}至{high}元，每只{each_low}至{each_high}元。杠杆倍数未知：论文未给出财政出资，一元"
            "财政资金可能分文未撬动（倍数为一），也可能撬动任意数额。若假设财政出资占{part_high:.0%}，倍数为{leverage_low:.0f}；占"
            "{part_low:.0%}，则为{leverage_high:.0f}。中国证券投资基金业协会的备案信息可予以判定。",
        ),
        funds=found.funds,
        low=_money(found.low),
        high=_money(found.high),
        each_low=_money(found.low / found.funds),
        each_high=_money(found.high / found.funds),
        part_low=low,
        part_high=high,
        leverage_low=1 / high,
        leverage_high=1 / low,
    )

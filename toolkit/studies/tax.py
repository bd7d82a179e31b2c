r"""The tax side of R&D: Warda's B-index and the user cost of R&D under the super-deduction, by year and group of firms.

.. math:: B = \frac{1 - A}{1 - \tau}, \qquad A = \tau (1 + \theta) [w + (1 - w) z]

B is the income before tax at which one yuan of R&D breaks even; tau the rate of the corporate income tax, theta the super-deduction, w the
share of R&D that is expensed at once and z the present value of the depreciation of one yuan of the rest. B is one when R&D is deducted
like any other expense. It holds for a firm that pays tax and uses the whole deduction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.errors import MeasureError, UnknownOption
from toolkit.heads import Head
from toolkit.language import Text
from toolkit.registry import TaxRule, registry
from toolkit.registry.records import TaxGroup, TaxKind

FIRST_YEAR, LAST_YEAR = 2008, 2024  # the law in force since the first; the last year of the provincial panel
SHOWN_FROM = 2015
GROUPS: tuple[TaxGroup, ...] = ("all", "manufacturing", "technology_sme", "integrated_circuit")
RATE_GROUPS: tuple[TaxGroup, ...] = ("all", "high_tech")

GROUP_NAMES = {
    "all": Text("general", "一般企业"),
    "manufacturing": Text("manufacturing", "制造业"),
    "technology_sme": Text("technology SMEs", "科技型中小企业"),
    "integrated_circuit": Text("integrated circuits, machine tools", "集成电路与工业母机"),
    "high_tech": Text("high-tech enterprises", "高新技术企业"),
}
KIND_NAMES = {"tax_rate": Text("income tax rate", "所得税税率"), "super_deduction": Text("super-deduction", "加计扣除")}
RULE_HEADS = {
    "kind": Text("Parameter", "参数"),
    "group": Text("Firms", "企业"),
    "rate": Text("Rate (%)", "比例（%）"),
    "first": Text("From", "起"),
    "last": Text("To", "止"),
    "document": Text("Document", "文件"),
}
YEAR_HEADS: dict[str, Text | Head] = {
    "year": Head(glossary.YEAR, "year"),
    **{name: Text(f"θ {GROUP_NAMES[name].en}", f"θ {GROUP_NAMES[name].zh}") for name in GROUPS},
    **{f"b_{name}": Text(f"B {GROUP_NAMES[name].en}", f"B {GROUP_NAMES[name].zh}") for name in GROUPS},
    "b_high_tech": Text("B general, high-tech rate", "B 一般企业，高新税率"),
}
NOTE = Text(
    "B = (1 − A)/(1 − τ), A = τ(1 + θ): all R&D expensed, the firm pays tax and uses the whole deduction. Panels: rate of the income tax "
    "(standard, and for high and new technology enterprises). A rate that changed within a year is averaged over its months. A firm "
    "that belongs to several groups has the lowest line. Excluded industries and reduced rates of small firms are not covered.",
    "B = (1 − A)/(1 − τ)，A = τ(1 + θ)：研发支出全部费用化，企业盈利且足额享受扣除。分图为所得税税率（法定税率与高新技术企业税率）。"
    "年内调整的比例按月平均。同属几类的企业取最低的线。未涵盖不适用行业与小微企业优惠税率。",
)
RULES_NOTE = Text(
    "Where each value was read stands in the registry (tax.yaml); most come from published summaries and translations, not from the law. "
    "Not found in a text that could be read, and left out: fields eligible before the list of excluded industries, rates "
    "of small low-profit firms, rules of depreciation of R&D equipment, and how many firms claim.",
    "每个数值的读取来源见登记文件（tax.yaml）；多数来自公开摘要与译文，而非法规原文。未能在可读文本中找到、因而未列入的有：不适用行业清单出台前的适用领域、"
    "小型微利企业税率、研发设备折旧规定，以及实际享受的企业数。",
)
FINDING = Text(
    "At the standard rate the B-index of a general firm fell from {first:.3f} in {first_year} to {last:.3f} in {last_year}: the income "
    "before tax that R&D must earn, and with it the user cost, is {fall:.1%} lower; for integrated circuits the index is {chips:.3f}. At "
    "the rate of high-tech enterprises it is {high_tech:.3f}: the lower the tax rate, the less a deduction is worth.",
    "按法定税率，一般企业的B指数由{first_year}年的{first:.3f}降至{last_year}年的{last:.3f}，即研发盈亏平衡所需税前收入（及使用成本）下降"
    "{fall:.1%}；集成电路企业为{chips:.3f}。按高新技术企业税率则为{high_tech:.3f}：税率越低，扣除的价值越小。",
)


def b_index(tax_rate: float, super_deduction: float = 0.0, *, current_share: float = 1.0, capital_allowance: float = 1.0) -> float:
    r"""Warda's B-index of one yuan of R&D.

    .. math:: B = \frac{1 - \tau (1 + \theta) [w + (1 - w) z]}{1 - \tau}

    Parameters
    ----------
    tax_rate : tau, a fraction in [0, 1).
    super_deduction : theta, the extra deduction as a fraction of R&D; 0.75 when 175 % may be deducted.
    current_share : w, the share of R&D that is expensed in the year.
    capital_allowance : z, the present value of the depreciation of one yuan of R&D capital, in [0, 1]; see :func:`straight_line_allowance`.
        The super-deduction applies to the depreciation as well.

    Raises
    ------
    MeasureError
        If a parameter is outside its range; a rate written in per cent is the usual reason.

    References
    ----------
    Warda (2001), Measuring the value of R&D tax treatment in OECD countries, STI Review 27.

    Examples
    --------
    >>> round(b_index(0.25), 3), round(b_index(0.25, 0.75), 3), round(b_index(0.15, 0.75), 3)
    (1.0, 0.75, 0.868)
    """
    _within("tax_rate", tax_rate, 0.0, 1.0)
    _within("super_deduction", super_deduction, 0.0, 3.0)
    _within("current_share", current_share, 0.0, 1.0)
    _within("capital_allowance", capital_allowance, 0.0, 1.0)
    if tax_rate == 1.0:
        raise MeasureError("tax_rate=1 leaves no income after tax", remedy="give the rate as a fraction below one")
    allowance = tax_rate * (1 + super_deduction) * (current_share + (1 - current_share) * capital_allowance)
    return (1 - allowance) / (1 - tax_rate)


def straight_line_allowance(years: int, discount_rate: float) -> float:
    r"""Present value of straight-line depreciation of one yuan, the first part in the year of purchase: (1/n) sum over t < n of (1 + r)^-t.

    Raises
    ------
    MeasureError
        If ``years`` is no positive whole number, or the rate is negative or in per cent.

    Examples
    --------
    >>> round(straight_line_allowance(10, 0.05), 3)
    0.811
    """
    if years < 1 or int(years) != years:
        raise MeasureError(f"years={years!r} is no number of years", remedy="a positive whole number, such as 10")
    _within("discount_rate", discount_rate, 0.0, 1.0)
    return float(np.mean((1 + discount_rate) ** -np.arange(int(years), dtype=np.float64)))


def user_cost(b: float, real_interest: float, depreciation: float) -> float:
    r"""User cost of one yuan of R&D stock for a year, B (r + delta) (Hall and Jorgenson 1967; Bloom, Griffith and Van Reenen 2002).

    Parameters
    ----------
    b : the B-index.
    real_interest, depreciation : r and delta as fractions.

    Raises
    ------
    MeasureError
        If the cost is not positive, or a rate is written in per cent.

    Examples
    --------
    >>> round(user_cost(b_index(0.25, 1.0), real_interest=0.05, depreciation=0.15), 4)
    0.1333
    """
    _within("real_interest", real_interest, -1.0, 1.0)
    _within("depreciation", depreciation, 0.0, 1.0)
    if b <= 0 or real_interest + depreciation <= 0:
        raise MeasureError(
            f"b={b:g} with interest {real_interest:g} and depreciation {depreciation:g} gives no positive cost",
            remedy="the B-index and interest plus depreciation must be positive",
        )
    return b * (real_interest + depreciation)


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        hint = f"; for {value:g} % write {value / 100:g}" if value > high else ""
        raise MeasureError(f"{name}={value:g} is outside [{low:g}, {high:g}]", remedy=f"give it as a fraction{hint}")


def rate_in(kind: TaxKind, year: int, group: TaxGroup = "all", rules: Sequence[TaxRule] | None = None) -> float:
    """The rate that a group of firms has in a year, as the mean over its months.

    Rules for all firms apply to every group. Of several super-deductions the highest counts in a month, of several tax rates the lowest.

    Parameters
    ----------
    kind : "tax_rate" or "super_deduction".
    year : the calendar year.
    group : firms, see ``GROUP_NAMES``.
    rules : default those of the registry.

    Raises
    ------
    UnknownOption
        For an unknown group.
    MeasureError
        If no rule covers a month of the year.

    Examples
    --------
    >>> rate_in("super_deduction", 2018), rate_in("super_deduction", 2022), rate_in("super_deduction", 2022, "manufacturing")
    (0.75, 0.8125, 1.0)
    """
    if group not in get_args(TaxGroup):
        raise UnknownOption(f"group={group!r} is not known", remedy=f"use one of: {', '.join(get_args(TaxGroup))}")
    own = [r for r in (registry().tax.values() if rules is None else rules) if r.kind == kind and r.group in ("all", group)]
    best = min if kind == "tax_rate" else max
    monthly = []
    for month in range(1, 13):
        rates = [r.rate for r in own if r.first <= (now := f"{year}-{month:02d}") <= (r.last or now)]
        if not rates:
            raise MeasureError(
                f"no {kind.replace('_', ' ')} is known for {group} firms in {year}-{month:02d}",
                where="toolkit/registry/tax.yaml",
                remedy="choose a later year, or call b_index with rates of your own",
            )
        monthly.append(best(rates))
    return math.fsum(monthly) / len(monthly)


@dataclass(frozen=True)
class TaxResults:
    """What notebook 09 shows about the tax side.

    Attributes
    ----------
    rules : kind, group, rate (%), first, last, document: the registry as a table.
    index : year, tax_rate (as text, τ = 25%), rated (firms with that rate), group, deduction, b: every year, rate and group.
    by_year : one row per year from ``SHOWN_FROM``: super-deductions (%) and B-indices.
    """

    rules: pd.DataFrame
    index: pd.DataFrame
    by_year: pd.DataFrame


def run() -> TaxResults:
    """B-indices of all groups, years and tax rates from the rules of the registry."""
    index = pd.DataFrame(
        [_row(year, rated, group) for rated in RATE_GROUPS for group in GROUPS for year in range(FIRST_YEAR, LAST_YEAR + 1)]
    )
    return TaxResults(_rules(), index, _by_year(index))


def _row(year: int, rated: TaxGroup, group: TaxGroup) -> dict[str, object]:
    rate, deduction = rate_in("tax_rate", year, rated), rate_in("super_deduction", year, group)
    return {
        "year": year,
        "tax_rate": f"τ = {rate:.0%}",
        "rated": rated,
        "group": group,
        "deduction": deduction,
        "b": b_index(rate, deduction),
    }


def _rules() -> pd.DataFrame:
    rules = registry().tax.values()
    return pd.DataFrame(
        [
            {
                "kind": r.kind,
                "group": r.group,
                "rate": 100 * r.rate,
                "first": r.first,
                "last": r.last or None,
                "document": r.document,
                "read": r.read,
            }
            for r in rules
        ]
    )


def _by_year(index: pd.DataFrame) -> pd.DataFrame:
    shown = index[index["year"] >= SHOWN_FROM]
    standard = shown[shown["rated"] == "all"]
    deductions = 100 * standard.pivot(index="year", columns="group", values="deduction")[list(GROUPS)]
    b = standard.pivot(index="year", columns="group", values="b")[list(GROUPS)].add_prefix("b_")
    high_tech = shown[(shown["rated"] == "high_tech") & (shown["group"] == "all")].set_index("year")["b"].rename("b_high_tech")
    return deductions.join(b).join(high_tech).rename_axis(columns=None).reset_index()


def finding_values(results: TaxResults) -> dict[str, float | str]:
    """What :data:`FINDING` is filled with."""
    b = results.index.set_index(["rated", "group", "year"])["b"]
    first, last = float(b["all", "all", FIRST_YEAR]), float(b["all", "all", LAST_YEAR])
    return {
        "first": first,
        "first_year": str(FIRST_YEAR),
        "last": last,
        "last_year": str(LAST_YEAR),
        "fall": 1 - last / first,
        "chips": float(b["all", "integrated_circuit", LAST_YEAR]),
        "high_tech": float(b["high_tech", "all", LAST_YEAR]),
    }

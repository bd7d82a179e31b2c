r"""What does R&D cost before tax under the super-deduction? Warda's B-index by year, tax rate and group of firms.

.. math:: B = \frac{1 - A}{1 - \tau}, \qquad A = \tau (1 + \theta)

All R&D is expensed; :func:`toolkit.measure.b_index` takes depreciated R&D as well. The rates stand in toolkit/registry/tax.yaml.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import get_args

import pandas as pd

from toolkit.errors import MeasureError, UnknownOption
from toolkit.language import Text
from toolkit.measure import b_index
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.record import Statement, statement
from toolkit.registry import TaxRule, registry
from toolkit.registry.records import TaxGroup, TaxKind

FIRST_YEAR, LAST_YEAR = 2008, 2024  # the law in force since the first; the last year of the provincial panel
SHOWN_FROM = 2015
GROUPS: tuple[TaxGroup, ...] = ("all", "manufacturing", "technology_sme", "integrated_circuit")
RATE_GROUPS: tuple[TaxGroup, ...] = ("high_tech", "all")

_GROUP_NAMES = {
    "all": Text("general", "一般企业"),
    "manufacturing": Text("manufacturing", "制造业"),
    "technology_sme": Text("technology SMEs", "科技型中小企业"),
    "integrated_circuit": Text("integrated circuits, machine tools", "集成电路与工业母机"),
    "high_tech": Text("high-tech enterprises", "高新技术企业"),
}


def rate_in(kind: TaxKind, year: int, group: TaxGroup = "all", rules: Sequence[TaxRule] | None = None) -> float:
    """The rate that a group of firms has in a year, as the mean over its months.

    Rules for all firms apply to every group. Of several super-deductions the highest counts in a month, of several tax rates the lowest.

    Parameters
    ----------
    kind : "tax_rate" or "super_deduction".
    year : the calendar year.
    group : "all" firms, or one of those that the registry knows.
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


def indices() -> pd.DataFrame:
    """The B-index of every year, tax rate and group of firms, from the rules of the registry.

    Returns
    -------
    Columns year, tax_rate (as text, τ = 25%), rated (firms with that rate), group, deduction (a fraction), b.
    """
    cases = [(year, rated, group) for rated in RATE_GROUPS for group in GROUPS for year in range(FIRST_YEAR, LAST_YEAR + 1)]
    return pd.DataFrame([_row(*case) for case in cases])


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


def by_group(index: pd.DataFrame) -> FigureExhibit:
    """The B-index over time: a panel for each tax rate, a line for each group of firms."""
    return small_multiples(
        index[index["year"] >= SHOWN_FROM],
        "year",
        "b",
        "tax_rate",
        group="group",
        names=dict(_GROUP_NAMES),
        columns=2,
        y_label=Text("B-index", "B指数"),
        title=Text("What R&D costs before tax under the super-deduction", "加计扣除下研发的税前成本"),
        notes=Text(
            "B = (1 − A)/(1 − τ), A = τ(1 + θ): all R&D expensed, the firm pays tax and uses the whole deduction. Panels: rate of the "
            "income tax (for high and new technology enterprises, and standard). A rate that changed within a year is averaged over "
            "its months. A firm that belongs to several groups has the lowest line. Excluded industries and reduced rates of small "
            "firms are not covered.",
            "B = (1 − A)/(1 − τ)，A = τ(1 + θ)：研发支出全部费用化，企业盈利且足额享受扣除。分图为所得税税率（高新技术企业税率与法定税"
            "率）。年内调整的比例按月平均。同属几类的企业取最低的线。未涵盖不适用行业与小微企业优惠税率。",
        ),
    )


def rules() -> TableExhibit:
    """The rules of the registry that enter, each with its document; a super-deduction with the B-index that it gives at both rates."""
    rates = {f"b_{rated}": rate_in("tax_rate", LAST_YEAR, rated) for rated in RATE_GROUPS}
    found = [
        {
            "kind": rule.kind,
            "group": rule.group,
            "rate": 100 * rule.rate,
            "first": rule.first,
            "last": rule.last or None,
            **{name: b_index(rate, rule.rate) if rule.kind == "super_deduction" else math.nan for name, rate in rates.items()},
            "document": rule.document,
        }
        for rule in registry().tax.values()
        if rule.kind in ("tax_rate", "super_deduction")
    ]
    return frame_table(
        pd.DataFrame(found),
        {
            "kind": Text("Parameter", "参数"),
            "group": Text("Firms", "企业"),
            "rate": Text("Rate (%)", "比例（%）"),
            "first": Text("From", "起"),
            "last": Text("To", "止"),
            **{name: Text("B at {rate:.0%}", "B（税率{rate:.0%}）").filled(rate=rate) for name, rate in rates.items()},
            "document": Text("Document", "文件"),
        },
        names={
            "tax_rate": Text("income tax rate", "所得税税率"),
            "super_deduction": Text("super-deduction", "加计扣除"),
            **_GROUP_NAMES,
        },
        digits={"rate": 0},
        title=Text("The rules that enter, and the B-index that each gives", "所用税收规定及其对应的B指数"),
        notes=[
            Text(
                "Where each value was read is in the registry (tax.yaml); most come from published summaries and translations, not "
                "from the law. Not found in a text that could be read, and left out: fields eligible before the list of excluded "
                "industries, rates of small low-profit firms, rules of depreciation of R&D equipment, and how many firms claim.",
                "每个数值的读取来源见登记文件（tax.yaml）；多数来自公开摘要与译文，而非法规原文。未能在可读文本中找到、因而未列入的有："
                "不适用行业清单出台前的适用领域、小型微利企业税率、研发设备折旧规定，以及实际享受的企业数。",
            )
        ],
    )


def fall(index: pd.DataFrame, rated: TaxGroup) -> float:
    """By how much the B-index of a general firm fell from the first year to the last, as a fraction; the user cost falls as much."""
    b = index[(index["rated"] == rated) & (index["group"] == "all")].set_index("year")["b"]
    return 1 - float(b[LAST_YEAR]) / float(b[FIRST_YEAR])


def index_finding(index: pd.DataFrame) -> Statement:
    """How far the B-index fell at the rate of high-tech enterprises and at the standard rate, and what the number leaves out."""
    b = index.set_index(["rated", "group", "year"])["b"]
    return statement(
        "tax_b_index",
        Text(
            "At the rate of high-tech enterprises ({low_rate:.0%}) the B-index of a general firm fell from {first:.3f} in {first_year} to "
            "{last:.3f} in {last_year}: the income before tax that R&D must earn, and with it the user "
            "cost, is {fall:.1%} lower. At the standard rate ({rate:.0%}) it fell from {standard_first:.3f} to {standard_last:.3f}, "
            "{standard_fall:.1%}; the lower the tax rate, the less a deduction is worth. Both figures are for a firm that pays tax and "
            "claims all; a firm with a loss gains later or not at all, and how many claim is in no source that was read.",
            "按高新技术企业税率（{low_rate:.0%}），一般比例下的B指数由{first_year}年的{first:.3f}降至{last_year}年的"
            "{last:.3f}，即研发盈亏平衡所需税前收入（及使用成本）下降{fall:.1%}。按法定税率（{rate:.0%}）则由{standard_first:.3f}降至"
            "{standard_last:.3f}，下降{standard_fall:.1%}；税率越低，扣除的价值越小。两者均以企业盈利且足额享受为前提；亏损企业只能延后受益或无从受益，"
            "实际享受面在已读来源中无据可查。",
        ),
        low_rate=rate_in("tax_rate", LAST_YEAR, "high_tech"),
        rate=rate_in("tax_rate", LAST_YEAR),
        first=float(b["high_tech", "all", FIRST_YEAR]),
        first_year=str(FIRST_YEAR),
        last=float(b["high_tech", "all", LAST_YEAR]),
        last_year=str(LAST_YEAR),
        fall=fall(index, "high_tech"),
        standard_first=float(b["all", "all", FIRST_YEAR]),
        standard_last=float(b["all", "all", LAST_YEAR]),
        standard_fall=fall(index, "all"),
    )

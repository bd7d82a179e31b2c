r"""Three tax proposals as arithmetic: a higher super-deduction, 15% on the wages of technical talent, and relief of angel investors.

Rates in force stand in toolkit/registry/tax.yaml, the rates proposed in the registry of claims. A relief of 100% is compared with the
deduction in force: of the gain :math:`m - 1` on one yuan a part d is free of tax, so that :math:`1 - d / (m - 1)` of the tax is left, if
any. Nothing here says how firms or people would answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.audit.printed import PrintedClaim
from toolkit.language import Text
from toolkit.measure import b_index, wage_tax
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.registry import TaxRule, registry
from toolkit.registry.records import TaxKind
from toolkit.studies.drivers_and_costs.tax import LAST_YEAR, RATE_GROUPS, rate_in

INCOMES = (120_000, 240_000, 480_000, 960_000)  # yuan a year, assumed
MULTIPLES = (1.5, 3.0, 10.0)  # of an angel's outlay, assumed
PERCENT = 100.0
_KINDS = {
    "deduction": Text(
        "Super-deduction of {now:.0%} for all raised to the highest in force, {then:.0%}", "加计扣除由{now:.0%}提高至现行最高的{then:.0%}"
    ),
    "ceiling": Text("Wages: {rate:.0%} as a ceiling", "工资薪金：以{rate:.0%}为上限"),
    "flat": Text("Wages: {rate:.0%} as the rate for all", "工资薪金：一律按{rate:.0%}"),
    "angel": Text("Angel relief of {rate:.0%}", "天使投资减免{rate:.0%}"),
}
_CASES = {
    "deduction": Text("B-index at an income tax of {case:.0%}", "B指数（所得税税率{case:.0%}）"),
    "ceiling": Text("net wage of {case:,.0f} yuan", "年薪{case:,.0f}元的税后所得"),
    "flat": Text("net wage of {case:,.0f} yuan", "年薪{case:,.0f}元的税后所得"),
    "angel": Text("share of the tax on the gain that is due, exit at × {case:g} (%)", "转让所得应纳税款的比例，退出倍数{case:g}（%）"),
}


@dataclass(frozen=True)
class Proposals:
    """Before and after, case by case.

    Attributes
    ----------
    rows : columns kind, case (rate, income or multiple), now, then, and what each text is filled with.
    break_even : yuan a year above which a flat rate lowers the tax on wages.
    rate : the rate proposed for wages; deduction : of the outlay, for angels, in force.
    """

    rows: pd.DataFrame
    break_even: float
    rate: float
    deduction: float

    def case(self, kind: str, case: float) -> tuple[float, float]:
        """Now and then of one case."""
        row = self.rows[(self.rows["kind"] == kind) & (self.rows["case"] == case)].iloc[0]
        return float(row["now"]), float(row["then"])


def schedule() -> tuple[list[tuple[float, float]], float]:
    """Brackets of the tax on wages and the standard deduction, from the registry."""
    brackets = sorted((rule.amount, rule.rate) for rule in _rules("wage_rate"))
    return brackets, _rules("wage_allowance")[0].amount


def _rules(kind: TaxKind) -> list[TaxRule]:
    return [rule for rule in registry().tax.values() if rule.kind == kind]


def run(incomes: Sequence[float] = INCOMES, multiples: Sequence[float] = MULTIPLES) -> Proposals:
    """Every case with the rules in force and with the proposal.

    Parameters
    ----------
    incomes : wages in yuan a year, before tax and without social contributions or special deductions.
    multiples : what an angel gets back per yuan, above one.
    """
    claims = registry().claims
    rate, relief = (PrintedClaim(claims[name]).number / PERCENT for name in ("shanxi2025_iit_15", "shanxi2025_angel_tax"))
    brackets, allowance = schedule()
    flat = [(0.0, rate)]
    now, most = (rate_in("super_deduction", LAST_YEAR, group) for group in ("all", "integrated_circuit"))
    rows: list[dict[str, object]] = []
    for tau in (rate_in("tax_rate", LAST_YEAR, group) for group in RATE_GROUPS):
        rows.append({"kind": "deduction", "case": tau, "now": b_index(tau, now), "then": b_index(tau, most)})
    for kind in ("ceiling", "flat"):
        for income in incomes:
            due, proposed = wage_tax(income, brackets, allowance), wage_tax(income, flat, allowance)
            proposed = min(due, proposed) if kind == "ceiling" else proposed
            rows.append({"kind": kind, "case": float(income), "now": income - due, "then": income - proposed})
    deduction = _rules("angel_deduction")[0].rate
    for multiple in multiples:
        left = max(0.0, 1 - deduction / (multiple - 1))
        rows.append({"kind": "angel", "case": multiple, "now": PERCENT * left, "then": PERCENT * left * (1 - relief)})
    filled = {"deduction": {"now": now, "then": most}, "angel": {"rate": relief}}
    frame = pd.DataFrame(rows)
    frame["proposal"] = [_KINDS[kind].filled(**filled.get(kind, {"rate": rate})) for kind in frame["kind"]]
    frame["measure"] = [_CASES[kind].filled(case=case) for kind, case in zip(frame["kind"], frame["case"], strict=True)]
    thresholds = np.array([above for above, _ in brackets[1:]])  # the difference of both taxes is straight between them
    difference = [wage_tax(y + allowance, brackets, allowance) - wage_tax(y + allowance, flat, allowance) for y in thresholds]
    at = int(np.argmax(np.array(difference) > 0))
    crossing = float(np.interp(0.0, difference[at - 1 : at + 1], thresholds[at - 1 : at + 1]))
    return Proposals(frame, crossing + allowance, rate, deduction)


def table(found: Proposals) -> TableExhibit:
    """The proposals case by case."""
    rows = found.rows.assign(change=PERCENT * (found.rows["then"] / found.rows["now"] - 1))
    return frame_table(
        rows.assign(change=rows["change"].where(rows["now"] > 0)),
        {
            "proposal": Text("Proposal", "建议"),
            "measure": Text("What it moves", "影响对象"),
            "now": Text("In force", "现行"),
            "then": Text("Proposed", "建议后"),
            "change": Text("Change (%)", "变化（%）"),
        },
        digits={"change": 1},
        title=Text("Three tax proposals in arithmetic", "三项税收建议的算术"),
        notes=Text(
            "Arithmetic on rules in force and assumed incomes and multiples; nobody changes what he does. Wages without social "
            "contributions and special deductions. The paper names no rate of the super-deduction and does not say what the relief of "
            "angels is taken from; here it is the tax on the gain, of which {deduction:.0%} of the outlay is deducted already.",
            "以现行规定及假设的收入、倍数所作算术，未考虑行为变化。工资不计社会保险费与专项扣除。论文未给出加计扣除比例，亦未说明天使投资减"
            "免的对象；此处按转让所得计，现行已可按投资额的{deduction:.0%}抵扣。",
        ).filled(deduction=found.deduction),
    )


def finding(found: Proposals) -> Statement:
    """The fall of the B-index, the break-even wage, and what the relief of angels adds."""
    low, high = (found.case("deduction", rate_in("tax_rate", LAST_YEAR, group)) for group in RATE_GROUPS)
    income, multiple = float(INCOMES[-1]), MULTIPLES[1]
    now, then = found.case("ceiling", income)
    return statement(
        "tax_proposals",
        Text(
            "Raising the super-deduction to the highest rate in force lowers the B-index by {low:.1%} at the rate of high-tech "
            "enterprises and by {high:.1%} at the standard rate. As a rate for all, {rate:.0%} on wages raises the tax of everyone below "
            "{even:,.0f} yuan a year; as a ceiling it leaves them alone and adds {gain:.1%} to the net wage of {income:,.0f} yuan. The "
            "deduction in force already leaves an angel nothing to pay up to {free:.1f} times the outlay, and {left:.0f}% of the tax on "
            "his gain at {multiple:.0f} times; full relief is worth most on the largest gains.",
            "将加计扣除提高到现行最高比例，高新技术企业税率下B指数下降{low:.1%}，法定税率下下降{high:.1%}。对工资薪金一律按{rate:.0%}征税，"
            "年薪低于{even:,.0f}元者税负反而上升；作为上限则不影响他们，年薪{income:,.0f}元者税后所得增加{gain:.1%}。天使投资人按现行抵"
            "扣，退出倍数在{free:.1f}以内无须缴税，{multiple:.0f}倍时仅须缴纳转让所得税款的{left:.0f}%；全额减免对收益最大者价值最高。",
        ),
        low=1 - low[1] / low[0],
        high=1 - high[1] / high[0],
        rate=found.rate,
        even=found.break_even,
        gain=then / now - 1,
        income=income,
        free=1 + found.deduction,
        multiple=multiple,
        left=found.case("angel", multiple)[0],
    )

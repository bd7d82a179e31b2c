"""Horizons, split, options and tax proposals against their formulas and the registry."""

from __future__ import annotations

import pytest

from toolkit.registry import registry
from toolkit.studies.incentives import finance, horizons, proposals, public_money, split


def test_horizons_are_those_of_the_papers() -> None:
    found = horizons.run()
    assert [found.span(name) for name in ("payback", "listing", "asked")] == [(0, 3), (8, 10), (15, 20)]
    assert [found.gap(term) for term in (5, 8, 9, 12)] == [(3, 5), (0, 2), (0, 1), (0, 0)]
    assert found.returns.loc["× 10", "8"] == pytest.approx(100 * (10 ** (1 / 8) - 1))
    assert (found.returns.diff().iloc[1:] > 0).all(axis=None)
    assert (found.returns.diff(axis=1).iloc[:, 1:] < 0).all(axis=None)
    assert "3 to 5 years before a listing" in horizons.finding(found).text.en


def test_the_split_uses_the_shares_of_the_paper() -> None:
    found = split.run()
    assert (found.inventor, found.low, found.high) == (0.7, 0.03, 0.1)
    assert found.best.loc["10%", "70%"] == pytest.approx(10.0)
    assert found.kept_high.loc["10%", "70%"] == pytest.approx(100.0)
    assert found.kept_low.max(axis=None) <= 100 + 1e-9
    assert found.weight_for(0.03) == pytest.approx(0.05)
    assert "60% of what it could" in split.finding(found).text.en


def test_the_share_that_pays_for_the_exemption() -> None:
    found = public_money.run()
    assert found.exemption.loc["0%"].tolist() == found.share.loc["0%"].tolist() == [0.0] * 5
    # put–call parity at a value of one: C = P + 1 − exp(−rT)
    put = found.exemption.loc["40%", "5"] / 100
    assert found.share.loc["40%", "5"] / 100 == pytest.approx(put / (put + 1 - 2.718281828459045**-0.15))
    assert (found.share.diff().iloc[1:] > 0).all(axis=None)


def test_the_leverage_stays_unknown() -> None:
    said = public_money.leverage(public_money.run())
    assert "120.5 million to 120.6 million each" in said.text.en
    assert "8.435亿至8.445亿元" in said.text.zh


def test_tax_proposals() -> None:
    found = proposals.run()
    assert found.case("deduction", 0.25) == pytest.approx((0.5 / 0.75, 0.45 / 0.75))
    assert found.break_even == pytest.approx(60_000 + 31_920 / 0.10)  # 25 % with its quick deduction meets 15 %
    # rate and quick deduction of the published schedule: 35 % less 85,920 at a taxable 900,000
    assert found.case("ceiling", 960_000) == pytest.approx((960_000 - (0.35 * 900_000 - 85_920), 960_000 - 135_000))
    now, then = found.case("ceiling", 120_000)
    assert now == then > found.case("flat", 120_000)[1]
    assert found.case("angel", 1.5) == (0.0, 0.0)
    assert found.case("angel", 3.0) == pytest.approx((65.0, 0.0))
    assert len(proposals.table(found).data) == len(found.rows) == 13
    assert "379,200" in proposals.finding(found).text.en


def test_the_schedule_of_wages_stands_in_the_registry() -> None:
    brackets, allowance = proposals.schedule()
    assert allowance == 60_000
    quick = 0.0  # each quick deduction follows from the one before
    expected = [0, 2_520, 16_920, 31_920, 52_920, 85_920, 181_920]
    for (above, rate), (_, before), printed in zip(brackets, [(0.0, brackets[0][1]), *brackets[:-1]], expected, strict=True):
        quick += above * (rate - before)
        assert quick == pytest.approx(printed)
    assert sum(rule.kind == "angel_deduction" for rule in registry().tax.values()) == 1


def test_direct_finance_is_the_sum_of_the_printed_shares() -> None:
    found, official = finance.run(), registry().official
    rows = found.stocks.set_index("date")
    assert rows.loc["2025-03", "direct"] == pytest.approx(7.7 + 2.8)
    assert rows["direct"].isna().tolist() == [False, True, False, False, False]  # no shares were read for 2019
    for date, names in finance.STOCKS.items():
        for kind, name in zip(finance.KINDS, names, strict=True):
            assert not name or (official[name].period == date and rows.loc[date, kind] == float(official[name].value))
            assert not name or official[name].body.en == "People's Bank of China"
    assert "12.6% of the stock of financing in 2014-12 and 10.5% in 2025-03" in finance.finding(found).text.en


def test_the_mismatch_is_zero_where_need_and_capital_agree_and_whole_where_they_part() -> None:
    found = finance.run(needs=(38.99, 0.0, 100.0))
    assert found.stages["early"].tolist() == pytest.approx([0.0, 38.99, 61.01])
    assert finance.mismatch(100, 0) == 100


def test_leverage_is_one_over_the_fiscal_part() -> None:
    rows = finance.run(parts=(10.0, 50.0, 100.0)).leverage
    assert rows["leverage"].tolist() == [10.0, 2.0, 1.0]
    assert rows.iloc[-1][["public_low", "public_high"]].tolist() == pytest.approx([843.5, 844.5])

"""Simulated panels against limits and the closed form; evaluation and helix against pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit.data import load
from toolkit.studies.evaluation import helix, panels, use


@pytest.fixture(scope="module")
def votes() -> panels.Votes:
    return panels.run()


def test_no_weight_changes_nothing(votes: panels.Votes) -> None:
    none = votes.rows[votes.rows["weight"] == 0]
    assert none["tau"].tolist() == pytest.approx([1.0] * 4)
    assert none["replaced"].tolist() == [0.0] * 4
    assert none["conflict"].tolist() == pytest.approx([10.0] * 4, abs=0.6)  # close proposals are a tenth


def test_more_weight_and_less_agreement_change_more(votes: panels.Votes) -> None:
    for _, part in votes.rows.groupby("correlation"):
        assert (part[["replaced", "conflict"]].diff().iloc[1:] > 0).all(axis=None)
    at = votes.rows[votes.rows["weight"] == votes.proposed].sort_values("correlation")
    assert votes.proposed == 30
    assert (at["replaced"].diff().iloc[1:] < 0).all()


def test_the_seed_decides(votes: panels.Votes) -> None:
    assert panels.run().rows.equals(votes.rows)
    other = panels.run(panels.ReviewAssumptions(seed=7))
    assert not other.rows.equals(votes.rows)
    assert other.at(0.3, 30)["replaced"] == pytest.approx(votes.at(0.3, 30)["replaced"], abs=1.0)


def test_without_a_bonus_there_is_no_conflict() -> None:
    fair = panels.run(panels.ReviewAssumptions(bonus=0.0)).rows
    assert fair["conflict"].to_numpy() == pytest.approx(10.0, abs=0.8)


def test_exhibits_of_the_votes(votes: panels.Votes) -> None:
    assert panels.thresholds(votes).data["from_10"].tolist() == [15, 20, 20, 40]
    assert "replaces 8% of the funded list" in panels.finding(votes).text.en


def test_evaluation_by_one_end_is_its_own_order() -> None:
    panel = load("provincial_panel")
    found = use.run(panel)
    sums = panel.between(2020, 2022).frame.groupby("province")[["papers_sci", "tech_market_value", "rd_fte"]].sum()
    papers, contracts = sums["papers_sci"] / sums["rd_fte"], sums["tech_market_value"] / sums["rd_fte"]
    wide = found.scores.pivot(index="province", columns="weight", values="score")
    for end, own in ((0, papers), (10, contracts)):
        assert wide[end].rank().equals(own.rank().reindex(wide.index))
    assert found.agreement["contracts"] == pytest.approx(papers.corr(contracts, method="kendall"))
    assert found.moves().sum() == 0


def test_the_helix_by_province() -> None:
    panel = load("provincial_panel")
    found = helix.run(panel)
    row = panel.frame[(panel.frame["province"] == "Hubei") & (panel.frame["year"] == 2023)].iloc[0]
    payers = ("gov", "enterprise", "foreign", "other")
    industry = np.array([row[f"ind_rd_funds_{payer}"] for payer in payers])
    table = np.stack([industry, np.array([row[f"rd_funds_{payer}"] for payer in payers]) - industry])
    p = table / table.sum()
    expected = np.nansum(p * np.log2(p / np.outer(p.sum(axis=1), p.sum(axis=0))))
    whole = -(p.sum(axis=1) * np.log2(p.sum(axis=1))).sum()
    assert found.provinces["Hubei"] == pytest.approx(100 * expected / whole)
    assert len(found.provinces) == 31
    assert found.provinces.between(0, 100).all()
    assert isinstance(found.nation, pd.Series)
    assert "less separate" in helix.finding(found).text.en

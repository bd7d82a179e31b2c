"""Likeness of provinces and of a table of one's own, against loops over pairs; the mismatch of places against pandas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.data import load, load_frame, read_panel
from toolkit.studies.structures import alike, places, platforms


def test_titles_of_cities_against_a_count_by_hand() -> None:
    pilots = load_frame("policy_timing")
    result = platforms.run(pilots)
    titles: dict[tuple[str, int], set[str]] = {}
    for row in pilots.itertuples():
        if row.level in platforms.LEVELS and any(word in row.policy for word in ("IP demonstration", "innovative city", "independent")):
            titles.setdefault((row.unit_zh, row.adcode), set()).add(row.policy)
    rows = result.set_index("titles")
    assert [sum(len(held) == number for held in titles.values()) for number in (1, 2, 3)] == rows["cities"].loc[1:].tolist()
    assert rows["cities"].sum() == pytest.approx(rows["expected"].sum())
    assert rows["cities"] @ rows.index.to_numpy() == pytest.approx(rows["expected"] @ rows.index.to_numpy())  # the same titles
    assert rows["cities"].loc[2:].sum() > rows["expected"].loc[2:].sum()


@pytest.fixture(scope="module")
def found() -> alike.StructuralSimilarity:
    return alike.run(alike.with_branches(load("provincial_panel")), draws=100)


def test_the_mean_similarity_is_that_of_a_loop(found: alike.StructuralSimilarity) -> None:
    frame = load("provincial_panel").frame
    table = frame[frame["year"] == 2023][["rd_basic", "rd_applied", "rd_experimental"]].to_numpy()
    shares = table / table.sum(axis=1, keepdims=True)
    pairs = [(x @ y) / np.sqrt((x @ x) * (y @ y)) for i, x in enumerate(shares) for y in shares[:i]]
    row = found.last().set_index("structure").loc["activities"]
    assert row["similarity"] == pytest.approx(np.mean(pairs))
    assert row["null_low"] < row["null"] < row["null_high"] < row["similarity"]


def test_branches_sum_to_all_rd() -> None:
    frame = alike.with_branches(load("provincial_panel")).frame
    parts = frame[["rd_hightech", "rd_other_industry", "rd_outside_industry"]]
    whole = parts.dropna()
    assert (whole > 0).all(axis=None)
    assert whole.sum(axis=1).to_numpy() == pytest.approx(frame.loc[whole.index, "rd_expenditure"].to_numpy())


def test_what_is_said_holds(found: alike.StructuralSimilarity) -> None:
    patents = found.changes.set_index("structure").loc["patents"]
    assert patents["change_high"] < 0
    said = alike.finding(found)
    assert "In 4 of 5 structures" in said.text.en
    assert "5类结构中，4类" in said.text.zh


def test_a_table_of_ones_own_goes_the_same_way(tmp_path: Path) -> None:
    rows = ["省份,年份,machinery,chemicals", "北京,2019,3,1", "湖北,2019,1,1", "北京,2020,3,1", "湖北,2020,1,2"]
    file = tmp_path / "industries.csv"
    file.write_text("\n".join(rows), encoding="utf-8")
    own = alike.run(read_panel(file, entity="省份", time="年份"), {"industries": ["machinery", "chemicals"]}, draws=50)
    assert own.years["regions"].tolist() == [2, 2]
    assert own.years["krugman"].tolist() == pytest.approx([0.5, 2 * (0.75 - 1 / 3)])
    assert alike.figure(own).draw("zh").data.shape[0] == 4


def test_the_seed_decides(found: alike.StructuralSimilarity) -> None:
    again = alike.run(alike.with_branches(load("provincial_panel")), draws=100)
    assert again.years.equals(found.years)
    assert again.changes.equals(found.changes)


def test_the_mismatch_of_places() -> None:
    apart = places.run(load("provincial_panel"))
    frame = load("provincial_panel").frame
    year = frame[frame["year"] == 2023]
    sold, bought = (year[column] / year[column].sum() for column in ("tech_market_value", "tech_market_inflow"))
    last = apart[(apart["pair"] == "contracts") & (apart["year"] == 2023)]["index"].item()
    assert last == pytest.approx((sold - bought).abs().sum() / 2)
    ends = apart.sort_values("year").groupby("pair")["index"].last()
    assert ends["patents"] < ends["papers"]  # the sentence says so
    assert "18% of the value" in places.finding(apart).text.en
    balance = (
        1
        - (year["tech_market_value"] - year["tech_market_inflow"]).abs().sum()
        / (year["tech_market_value"] + year["tech_market_inflow"]).sum()
    )
    assert apart.loc[(apart["pair"] == "contracts") & (apart["year"] == 2023), "balance"].item() == pytest.approx(balance)
    assert len(alike.needed().data) == 4


def test_a_tighter_null_lets_fewer_stand_out(found: alike.StructuralSimilarity) -> None:
    rows = found.last()
    assert set(rows["tight"]) <= {0, 1, 2, 4, 8, 16}
    assert ((rows["tight"] > 0) == (rows["similarity"] > rows["null_high"])).all()
    close = alike.run(alike.with_branches(load("provincial_panel")), draws=50, concentration=100)
    assert (close.last()["null"] > rows["null"]).all()
    assert (close.last()["similarity"] < close.last()["null_high"]).all()

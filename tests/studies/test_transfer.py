"""Notebook 15: runs by hand, counts of the papers, closed forms of chain and queue, and the table of mechanisms."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from toolkit.data import load, load_frame
from toolkit.errors import RegistryError
from toolkit.registry.mechanisms import mechanisms, read_mechanisms
from toolkit.studies.transfer import contracts, funnels, manpower, platforms, readiness
from toolkit.studies.transfer.mechanisms import places

ROOT = Path(__file__).resolve().parents[2]
EXACT = 1e-9


@cache
def market() -> contracts.Contracts:
    return contracts.run(load("provincial_panel"), load_frame("national_series"))


def test_runs_against_a_loop_over_the_published_values() -> None:
    frame = load_frame("provincial_panel")
    for province in ("Hubei", "Beijing", "Shaanxi", "Anhui"):
        values = frame[frame["province"] == province].set_index("year")["tech_market_value"].dropna()
        years = 0
        while (
            values.index.max() - years - 1 in values.index
            and values[values.index.max() - years] >= 1.1 * values[values.index.max() - years - 1]
        ):
            years += 1
        assert market().runs.loc[province, "seller"] == years


def test_national_growth_by_hand() -> None:
    """61,475.66 over 47,791.02 in 2023; 2024 as printed. Prices of 2024: nominal GDP of the provinces over its volume."""
    assert market().growth.loc[2023, "nominal"] == pytest.approx(100 * (61475.6578 / 47791.0166 - 1), abs=1e-6)
    assert market().growth.loc[2024, "nominal"] == pytest.approx(11.2)
    frame = load_frame("provincial_panel")
    gdp, volume = (frame.pivot(index="province", columns="year", values=name) for name in ("gdp", "gdp_index"))
    prices = gdp[2024].sum() / (gdp[2023] * volume[2024] / 100).sum()
    assert market().growth.loc[2024, "real"] == pytest.approx(100 * (1.112 / prices - 1), abs=EXACT)


def test_counts_are_those_of_the_papers() -> None:
    found = funnels.run()
    assert found.steps[["count", "total"]].to_numpy().tolist() == [
        [37, 49],
        [8, 49],
        [8, 30],
        [21, 44],
        [29, 44],
        [13, 44],
        [19, 44],
        [18, 44],
    ]
    assert (found.titled, found.titles) == ((19, 44), 50)
    assert found.fund == pytest.approx(844 / 7)


def test_climb_against_its_closed_form_and_limits() -> None:
    assert readiness.levels() == 4
    assert readiness.climb(0.3, 0.1, 4).ends[0, 0] == pytest.approx(0.75**4)
    assert readiness.climb(0.3, 0.0, 4).ends[0, 0] == pytest.approx(1.0)
    assert readiness.climb(0.0, 0.1, 4).ends[0, 0] == 0.0


def test_platforms_at_present_meet_the_share_of_the_paper() -> None:
    found = platforms.run().set_index(["servers", "patience", "capacity"])
    assert found.loc[("pool", 4.0, 1.0), "served"] == pytest.approx(25.0, abs=0.01)
    assert found.loc[("pool", 4.0, 2.0), "served"] == pytest.approx(50.0, abs=0.01)


def test_both_bounds_meet_at_a_quarter_of_a_million() -> None:
    rows = manpower.run(load_frame("national_series")).set_index("row")
    assert rows.loc["both", ["number", "certified"]].tolist() == [250000, 20000]
    assert rows.loc["both", "personnel"] == pytest.approx(7240582 / 250000)


# the table of 56


def saved() -> set[str]:
    """The exhibits that the notebooks save."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "notebooks").glob("*.ipynb")]
    code = ["".join(cell["source"]) for text in sources for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return {name for source in code for name in re.findall(r'"(\d\d_[a-z0-9_]+)"', source)}


def test_all_56_mechanisms_have_a_row() -> None:
    sizes = {"A": 9, "B": 7, "C": 10, "D": 7, "E": 8, "F": 10, "G": 5}
    assert list(mechanisms()) == [f"{letter}{number}" for letter, size in sizes.items() for number in range(1, size + 1)]
    assert len(places().table("en").body) == 56


def test_no_row_is_empty_and_every_reference_resolves() -> None:
    assert [m.id for m in mechanisms().values() if not m.exhibits and not m.needs.en] == []
    assert {name for m in mechanisms().values() for name in m.exhibits} - saved() == set()
    assert sum(m.priority == "must" for m in mechanisms().values()) >= 27


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("A1: {name: {en: a, zh: 甲}, priority: must}", "name an exhibit"),
        ("A1: {name: {en: a, zh: 甲}, priority: must, exhibits: [sales]}", "no name of an exhibit"),
        ("A1: {name: {en: a, zh: 甲}, priority: perhaps, exhibits: [10_sales]}", "priority"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "mechanisms.yaml"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(RegistryError, match=words):
        read_mechanisms(path)

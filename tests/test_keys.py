"""Panels side by side, wide, and in other units: compared with pandas, and with both unmatched sides by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import MergeMismatch, MissingColumn, PanelError, UnitMismatch
from toolkit.panel import Panel


def panel(names: list[str], years: list[int], column: str, seed: int, entity: str = "city") -> Panel:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame([(name, year) for name in names for year in years], columns=[entity, "year"])
    return Panel(frame.assign(**{column: rng.normal(size=len(frame))}), entity, "year", column)


def test_join_is_a_left_merge_and_names_both_sides() -> None:
    left, right = panel(["a", "b", "Xiangfan"], [2019, 2020], "x", 1), panel(["b", "a", "Xiangfan city"], [2020, 2021], "z", 2, "place")
    both = left.join(right)
    wanted = left.frame.merge(right.frame.rename(columns={"place": "city"}), on=["city", "year"], how="left")
    pd.testing.assert_frame_equal(both.frame.reset_index(drop=True), wanted, check_like=True)
    assert both.frame.index.equals(left.frame.index)
    said = {found.key: str(found) for found in both.notes}
    assert said["joined"] == "Joined z: 2 of 6 rows found a partner."
    assert said["join_left"] == "Without a partner here: Xiangfan (nearest: Xiangfan city)."
    assert said["join_right"] == "Not used of the other panel: Xiangfan city."
    assert said["join_times"] == (
        "Rows without a partner of entities that both have: 2 here, 2 in the other (a 2019, b 2019, a 2021, b 2021)."
    )
    assert all(found.to("zh") != str(found) for found in both.notes)


def test_a_full_match_is_noted_alone() -> None:
    both = panel(["a"], [2019, 2020], "x", 1).join(panel(["a"], [2020, 2019], "z", 2))
    assert [found.key for found in both.notes] == ["joined"]


def test_what_cannot_be_joined() -> None:
    left = panel(["a"], [2020], "x", 1)
    with pytest.raises(PanelError, match="both panels have x"):
        left.join(panel(["a"], [2020], "x", 1))
    with pytest.raises(MergeMismatch, match=r"(?s)no row.*city: a; place: b"):
        left.join(panel(["b"], [2020], "z", 1, "place"))
    quarters = Panel(pd.DataFrame({"city": ["a"], "t": ["2020Q1"], "z": [1.0]}), "city", "t")
    with pytest.raises(PanelError, match="by year, the other by quarter"):
        left.join(quarters)


def test_wide_and_back() -> None:
    from toolkit.data import read_panel

    long = panel(["a", "b"], [2019, 2020, 2021], "x", 4)
    back = read_panel(long.wide("x"))
    pd.testing.assert_frame_equal(back.frame, long.frame, check_dtype=False)
    with pytest.raises(MissingColumn, match="no column 'y'"):
        long.wide("y")


@pytest.mark.parametrize(
    ("source", "unit", "value", "found"),
    [("万元", "亿元", 12_345.0, 1.2345), ("亿元", "万元", 1.5, 15_000.0), ("%", "share", 46.1, 0.461), ("千元", "10,000 yuan", 50.0, 5.0)],
)
def test_units(source: str, unit: str, value: float, found: float) -> None:
    own = Panel(pd.DataFrame({"id": [1], "year": [2020], "v": [value]}), "id", "year", units={"v": source}, labels={"v": "R&D"})
    other = own.convert("v", unit)
    assert other.frame["v"].tolist() == [found]
    assert other.units == {"v": unit}
    assert other.labels == {"v": "R&D"}
    assert own.frame["v"].tolist() == [value]


def test_units_that_do_not_convert() -> None:
    own = Panel(pd.DataFrame({"id": [1], "year": [2020], "rd(万元)": [2.0], "z": [1.0]}), "id", "year", units={"rd(万元)": "万元"})
    with pytest.raises(UnitMismatch, match="万元 does not convert into 人"):
        own.convert("rd(万元)", "人")
    with pytest.raises(UnitMismatch, match="unit of z is not known"):
        own.convert("z", "亿元")
    assert own.convert("z", "亿元", source="万元").frame["z"].tolist() == [1e-4]
    assert own.convert("rd(万元)", "亿元").columns == ("rd(亿元)", "z")

"""What looks wrong in small panels, where too few steps say what is usual; larger ones stand in test_check_file.py."""

from __future__ import annotations

import pandas as pd
import pytest

from toolkit.data.validate import suspicions
from toolkit.panel import Panel


def spending(*values: float) -> Panel:
    rows = [(city, year) for city in ("a", "b", "c") for year in (2019, 2020, 2021)]
    return Panel(pd.DataFrame(rows, columns=["city", "year"]).assign(spending=values), "city", "year")


@pytest.mark.parametrize(
    ("planted", "found"),
    [(110.0, []), (330.0, []), (1_050_000.0, ["unit_jump"]), (0.0105, ["unit_jump"]), (-1_050_000.0, []), (0.0, [])],
)
def test_a_step_of_ten_thousand_is_seen_in_nine_rows(planted: float, found: list[str]) -> None:
    panel = spending(100, planted, 120, 500, 520, 510, 30, 33, 35)
    seen = suspicions(panel, "spending")
    assert [finding.note.key for finding in seen] == found
    assert all(finding.row == 1 for finding in seen)

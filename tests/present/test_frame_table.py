"""Tables of result frames, and the weak series that every table names."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from toolkit.errors import MissingColumn, PresentationError
from toolkit.language import Head, Text
from toolkit.panel import Panel
from toolkit.present.tables.correlations import correlations
from toolkit.present.tables.descriptive import describe, describe_within
from toolkit.present.tables.frame import frame_table

HEADS = {
    "province": Text("Province", "省份"),
    "law": "Law",
    "share": Text("Share", "份额"),
    "n": "N",
    "inside": "Inside",
    "p": Head("p", "p_value"),
}


def a_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "province": ["Inner Mongolia", "Tibet"],
            "law": ["F(36, 178)", "χ²(2)"],
            "share": [0.123456, math.nan],
            "n": [1234, 5],
            "inside": [True, False],
            "p": [1e-9, 0.5],
            "unused": [1, 2],
        }
    )


def test_cells_in_both_languages() -> None:
    exhibit = frame_table(a_frame(), HEADS, digits=2, title=Text("Title", "标题"), number=3)
    english, chinese = ([[cell.text for cell in row.cells] for row in exhibit.table(language).body] for language in ("en", "zh"))
    assert english[0] == ["Inner Mongolia", "F(36, 178)", "0.12", "1,234", "yes", "<0.01"]
    assert english[1] == ["Tibet", "χ²(2)", "—", "5", "no", "0.50"]
    assert [row[0] for row in chinese] == ["内蒙古", "西藏"]
    assert [row[4] for row in chinese] == ["是", "否"]
    assert exhibit.table("zh").caption == "表 3  标题"
    assert list(exhibit.data.columns) == list(HEADS)


def test_bad_input_is_named() -> None:
    with pytest.raises(MissingColumn, match="'shares'"):
        frame_table(a_frame(), {"shares": "Share"})
    with pytest.raises(PresentationError, match="no rows"):
        frame_table(a_frame().head(0), HEADS)


def test_every_kind_of_table_names_its_weak_series() -> None:
    frame = pd.DataFrame({"i": list("aabb"), "t": [1, 2, 1, 2], "gdp": [1.0, 2, 3, 5], "urbanisation_rate": [50.0, 51, 60, 66]})
    panel = Panel(frame, "i", "t")
    variables = ["gdp", "urbanisation_rate"]
    shares = pd.DataFrame({"indicator": variables, "share": [1.0, 2.0]})
    exhibits = (
        describe(panel, variables, labels="registry"),
        describe_within(panel, variables, labels="registry"),
        correlations(panel, variables, labels="registry"),
        frame_table(shares, {"indicator": "I", "share": "S"}, labels="registry"),
    )
    for exhibit in exhibits:
        assert sum("Weak series, Urbanisation rate" in note for note in exhibit.table("en").notes) == 1
        assert sum("数据质量较弱的序列" in note for note in exhibit.table("zh").notes) == 1
    assert not any("Weak" in note for note in describe(panel, ["gdp"], labels="registry").table("en").notes)

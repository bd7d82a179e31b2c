"""The flow chart: what it draws, what it says, and what it refuses."""

from __future__ import annotations

import pandas as pd
import pytest

from toolkit.errors import PresentationError
from toolkit.language import Text
from toolkit.present.figures.flow import flow_chart
from toolkit.present.words.drawn import drawn_text

FRAME = pd.DataFrame(
    {"layer": ["paid", "paid", "spent", "spent"], "part": ["firms", "state", "labs", "schools"], "value": [75.0, 25.0, 60.0, 40.0]}
)
NAMES = {"paid": Text("Who pays", "资金来源"), "labs": Text("laboratories", "实验室")}


def test_names_and_shares_are_written_in_both_languages() -> None:
    exhibit = flow_chart(FRAME, "layer", "part", "value", names=NAMES, title=Text("Flow", "流向"))
    said = {language: "|".join(word for block in drawn_text(exhibit.draw(language).figure) for word in block) for language in ("en", "zh")}
    assert all(word in said["en"] for word in ("Who pays", "laboratories 60.0", "firms 75.0", "the data do not say"))
    assert all(word in said["zh"] for word in ("资金来源", "实验室 60.0", "未给出"))


@pytest.mark.parametrize(
    "frame",
    [FRAME[FRAME["layer"] == "paid"], FRAME.assign(value=[75.0, 25.0, 60.0, 20.0]), FRAME.assign(value=[110.0, -10.0, 60.0, 40.0])],
)
def test_layers_must_divide_one_total(frame: pd.DataFrame) -> None:
    with pytest.raises(PresentationError, match="one total"):
        flow_chart(frame, "layer", "part", "value")

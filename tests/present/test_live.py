"""Sliders of a live notebook: they call with their values, start at the default, and are absent while results are recorded."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from toolkit.present import control, frame_table
from toolkit.present.exhibit import TableExhibit

called: list[float] = []


def shown(k: float = 2.0) -> TableExhibit:
    called.append(k)
    return frame_table(pd.DataFrame({"k": [k]}), {"k": "k"})


def test_a_slider_calls_with_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOOLKIT_RECORD", raising=False)
    called.clear()
    live: Any = control(shown, k=(1.0, 5.0, 0.5))
    slider = live.kwargs_widgets[0]
    assert (slider.value, slider.min, slider.max, slider.step, slider.continuous_update) == (2.0, 1.0, 5.0, 0.5, False)
    slider.value = 3.5
    assert called[-1:] == [3.5]


def test_nothing_while_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLKIT_RECORD", "record.json")
    assert control(shown, k=(1.0, 5.0, 0.5)) is None

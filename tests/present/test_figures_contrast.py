"""Contrast plots and scatters side by side: what is drawn, and every refusal by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import MissingColumn, PresentationError
from toolkit.language import Text
from toolkit.present.figures import contrast_plot, scatter_panels

MARKS = pd.DataFrame(
    {
        "panel": ["a", "a", "b", "b"],
        "model": ["x", "y"] * 2,
        "estimate": [0.4, 0.1, 0.6, -0.2],
        "low": [0.3, 0.0, 0.5, -0.3],
        "high": [0.5, 0.2, 0.7, -0.1],
    }
)


def test_estimates_of_a_row_stand_one_below_the_other_in_their_colours() -> None:
    drawing = contrast_plot(
        MARKS, "panel", "model", references=(0.38, "paper"), band=(0.1, 0.6, Text("literature", "文献")), names={"x": "across"}
    ).draw("en")
    axes = drawing.figure.axes[0]
    points = [line for line in axes.lines if line.get_marker() in ("o", "s")]
    assert [line.get_xdata().tolist() for line in points] == [[0.4, 0.6], [0.1, -0.2]]
    above, below = (np.asarray(line.get_ydata()) for line in points)
    assert (above < below).all()  # the axis runs downwards
    assert len({line.get_color() for line in points}) == 2
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["literature", "paper", "across", "y"]
    assert "0.40 [0.30, 0.50]" in {text.get_text() for text in axes.texts}
    narrow = contrast_plot(MARKS.assign(low=MARKS["low"] - 0.004), "panel", "model").draw("en").figure.axes[0]
    assert "0.10 [−0.004, 0.200]" in {text.get_text() for text in narrow.texts}
    pd.testing.assert_frame_equal(drawing.data, MARKS)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (MARKS.iloc[:0], "0 rows"),
        (pd.concat([MARKS.assign(panel=str(i)) for i in range(11)] + [MARKS.assign(panel=f"{i}x") for i in range(11)]), "22 rows"),
        (pd.concat([MARKS, MARKS]), "twice|repeat"),
        (MARKS.assign(low=0.9), "does not enclose"),
        (MARKS.assign(low=np.nan), "does not enclose"),
    ],
)
def test_what_cannot_be_contrasted_is_refused(frame: pd.DataFrame, words: str) -> None:
    with pytest.raises(PresentationError, match=words):
        contrast_plot(frame, "panel", "model")
    with pytest.raises(MissingColumn):
        contrast_plot(MARKS.drop(columns="high"), "panel", "model")


def test_each_panel_of_a_scatter_has_its_own_line() -> None:
    frame = pd.DataFrame({"way": list("aaaabbbb"), "x": [1.0, 2, 3, 4] * 2, "y": [2.0, 4, 6, 8, 1, 1, 1, 1], "kind": list("uvuvuvuv")})
    drawing = scatter_panels(frame, "x", "y", "way", group="kind", label="kind", select=(), names={"a": Text("steep", "陡")}).draw("en")
    heads = [axes.get_title(loc="left") for axes in drawing.figure.axes]
    assert heads == ["steep (slope 2.000)", "b (slope 0.000)"]
    legend = drawing.figure.axes[1].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["u", "v"]
    box, points = legend.get_window_extent(), drawing.figure.axes[1].transData.transform(frame.loc[4:, ["x", "y"]].to_numpy())
    assert (points[:, 1] > box.y1).all()  # no point below the legend's upper edge
    assert "斜率" in scatter_panels(frame, "x", "y", "way").draw("zh").figure.axes[0].get_title(loc="left")


def test_many_panels_of_a_scatter_are_refused() -> None:
    with pytest.raises(PresentationError, match="panels"):
        scatter_panels(pd.DataFrame({"way": list("abcd"), "x": [1.0] * 4, "y": [1.0] * 4}), "x", "y", "way")

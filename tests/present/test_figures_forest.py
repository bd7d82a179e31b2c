"""The forest plot: marks where the numbers are, panels with axes of their own, nothing over the edge, refusals by name."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.text import Text as Artist

import toolkit as tk
from toolkit.errors import MissingColumn, PresentationError
from toolkit.language import LANGUAGES, Language, Text
from toolkit.present.exhibit import Drawing
from toolkit.present.figures.forest import forest_plot
from toolkit.present.figures.scatter import extents
from toolkit.present.style import to_png

EDGE = 1.5  # pixels that a glyph may reach over its box
TOUCH = 1.0  # pixels: rounding of glyph boxes
NAMES = {
    "a": Text(
        "A study with a long name, a long sample and a long method that must be broken", "一项名称、样本与方法都很长、必须折行的研究"
    ),
    "elasticity": Text("Elasticity", "弹性"),
    "money": Text("Money per unit of money", "每单位资金"),
    "ours": Text("this project", "本项目"),
}


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "study": ["a", "b", "c", "d"],
            "kind": ["elasticity", "elasticity", "elasticity", "money"],
            "who": ["ours", "them", "them", "them"],
            "estimate": [0.2, np.nan, -0.4, 1.7],
            "low": [0.1, 0.5, np.nan, np.nan],
            "high": [0.3, 0.6, np.nan, np.nan],
        }
    )


def draw(language: Language = "en", **options: object) -> Drawing:
    chosen = {"panel": "kind", "group": "who", "names": NAMES, "neutral": {"money": 1.0}, "title": Text("Title", "标题"), **options}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return forest_plot(frame(), "study", **chosen).draw(language)  # type: ignore[arg-type]


def test_each_panel_has_its_own_axis_and_its_own_zero() -> None:
    elasticity, money = draw().figure.axes
    assert elasticity.get_xlim()[1] < 1 < money.get_xlim()[1]
    assert [line.get_xdata()[0] for line in (elasticity.lines[0], money.lines[0])] == [0.0, 1.0]


def test_marks_stand_where_the_numbers_are() -> None:
    axes = draw().figure.axes[0]
    bars = [path.vertices for mark in axes.collections if isinstance(mark, LineCollection) for path in mark.get_paths()]
    assert [(bar[0, 0], bar[1, 0], bar[0, 1]) for bar in bars] == [(0.1, 0.3, 0.0), (0.5, 0.6, 1.0)]
    points = [line for line in axes.lines if len(line.get_xdata()) == 1]
    assert [(float(p.get_xdata()[0]), float(p.get_ydata()[0])) for p in points] == [(0.2, 0.0), (-0.4, 2.0)]
    assert points[0].get_markerfacecolor() != "white"
    assert points[1].get_markerfacecolor() == "white"  # no interval was printed


def test_numbers_are_written_beside_the_rows() -> None:
    texts = [text.get_text() for axes in draw().figure.axes for text in axes.texts]
    assert {"0.20 [0.10, 0.30]", "[0.50, 0.60]", "−0.40", "1.70"} <= set(texts)
    below = pd.DataFrame({"study": ["trend"], "estimate": [0.105], "low": [-0.0013], "high": [0.194]})
    assert [text.get_text() for text in forest_plot(below, "study").draw().figure.axes[0].texts] == ["0.10 [−0.001, 0.194]"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", ["one", "two"])
def test_nothing_leaves_the_canvas_and_no_text_covers_another(language: Language, width: str) -> None:
    figure = draw(language, width=width, notes=Text("A note.", "注。"), references=[(0.38, Text("paper", "论文"))]).figure
    to_png(figure)
    box, dpi = figure.get_tightbbox(), figure.dpi
    across, down = figure.get_size_inches()
    assert min(box.x0, box.y0, across - box.x1, down - box.y1) * dpi > -EDGE
    shown = [text for text in figure.findobj(Artist) if text.get_text().strip() and text.get_visible()]
    for a, b in itertools.combinations(extents(shown), 2):
        assert not (min(a[2], b[2]) - max(a[0], b[0]) > TOUCH and min(a[3], b[3]) - max(a[1], b[1]) > TOUCH)


def test_many_rows_in_one_panel() -> None:
    many = pd.DataFrame({"study": [f"row {i}" for i in range(46)], "estimate": np.linspace(1e9, 2e9, 46)})
    many = many.assign(low=many["estimate"] - 1e8, high=many["estimate"] + 1e8)
    figure = forest_plot(many, "study", digits=0).draw().figure
    boxes = extents(figure.axes[0].get_yticklabels())
    assert (boxes[:-1, 1] >= boxes[1:, 3] - TOUCH).all()


def test_languages_titles_and_notes() -> None:
    english, chinese = draw("en"), draw("zh")
    assert (english.title, chinese.title) == ("Title", "标题")
    assert "Open point" in english.note
    assert "空心点" in chinese.note
    pd.testing.assert_frame_equal(english.data, chinese.data)
    plain = forest_plot(frame().query("study == 'a'"), "study").draw("en")
    assert plain.note == "Filled point and bar: estimate and interval."


def test_legend_names_groups_of_every_panel() -> None:
    changed = frame().assign(who=["ours", "ours", "ours", "them"])
    figure = forest_plot(changed, "study", panel="kind", group="who", names=NAMES).draw("en").figure
    legend = figure.axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["this project", "them"]


def test_inputs_come_back_unchanged() -> None:
    given = frame()
    kept = given.copy(deep=True)
    exhibit = forest_plot(given, "study", panel="kind")
    first = exhibit.draw("en").data
    first["estimate"] = 0.0
    pd.testing.assert_frame_equal(given, kept)
    assert exhibit.draw("en").data["estimate"].tolist()[0] == 0.2


@pytest.mark.parametrize(
    ("row", "column", "value", "message"),
    [
        (0, "estimate", 0.5, "does not enclose"),
        (0, "low", np.nan, "one end"),
        (2, "estimate", np.nan, "neither an estimate"),
        (1, "high", np.inf, "infinite"),
        (1, "high", 0.4, "does not enclose"),
        (1, "study", "a", "repeated"),
    ],
)
def test_rows_that_cannot_be_drawn_are_named(row: int, column: str, value: object, message: str) -> None:
    changed = frame()
    changed.loc[row, column] = value
    with pytest.raises(PresentationError, match=message) as caught:
        forest_plot(changed, "study", panel="kind")
    assert str(changed.loc[row, "study"]) in str(caught.value)


def test_wrong_frames_are_refused() -> None:
    with pytest.raises(MissingColumn, match="high"):
        forest_plot(frame().drop(columns="high"), "study")
    with pytest.raises(PresentationError, match="0 rows"):
        forest_plot(frame().iloc[:0], "study")
    with pytest.raises(PresentationError, match="71 rows"):
        forest_plot(pd.DataFrame({"study": range(71), "estimate": 1.0, "low": 0.0, "high": 2.0}), "study")
    with pytest.raises(PresentationError, match="is text"):
        forest_plot(frame().astype({"low": object}).assign(low=["0.1", "x", None, None]), "study")


def test_it_is_a_public_name() -> None:
    assert tk.forest_plot is forest_plot


def test_scatter_takes_names_for_ids() -> None:
    points = pd.DataFrame({"id": ["x1", "x2", "x3"], "mark": ["m", "n", "n"], "a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 2.5]})
    exhibit = tk.scatter_with_fit(points, "a", "b", label="id", group="mark", names={"x1": Text("First", "第一"), "m": Text("M", "甲")})
    for language, first, mark in (("en", "First", "M"), ("zh", "第一", "甲")):
        figure = exhibit.draw(language).figure  # type: ignore[arg-type]
        shown = {text.get_text() for text in figure.findobj(Artist)}
        assert {first, mark, "x2", "n"} <= shown

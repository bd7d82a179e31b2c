"""One word per meaning in all figures, of one type."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
import toolkit.present
import toolkit.present.figures
from toolkit.errors import PresentationError, UnknownOption
from toolkit.language import Text
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.maps import choropleth

FIGURES = [*(getattr(toolkit.present.figures, name) for name in toolkit.present.figures.__all__), choropleth]
GONE = {"reference", "facet", "group_names", "facet_names", "panel_names", "part_names", "reading_names", "decimals", "centre", "note"}
COMMON = ("names", "labels", "title", "notes", "width")
PANELS = pd.DataFrame({"year": [2020, 2021] * 4, "of": list("aabb") * 2, "line": ["p"] * 4 + ["q"] * 4, "v": np.arange(8.0)})
SHARES = pd.DataFrame({"indicator": ["u", "u", "w", "w"], "reading": ["s", "t"] * 2, "share": [20.0, 30.0, 50.0, 40.0]})
PARTS = pd.DataFrame({"year": [2019, 2020], "m": [1.0, 2.0], "n": [2.0, 1.0]})
DENSITY = pd.DataFrame({"year": [2019] * 3 + [2020] * 3, "x": [0.0, 1, 2] * 2, "density": [0.1, 0.8, 0.1, 0.2, 0.6, 0.2], "of": "a"})
FOREST = pd.DataFrame({"study": ["a", "b"], "estimate": [0.2, 0.4], "low": [0.1, 0.3], "high": [0.3, 0.6]})
TILES = {"Beijing": 6.5, "Hebei": -2.0}
CLASSES = pd.DataFrame({"k": {"Beijing": "1", "Hebei": "2"}, "l": {"Beijing": "2", "Hebei": "1"}})
LEGEND = {"1": "low", "2": "high"}


def words(exhibit: FigureExhibit) -> list[str]:
    from toolkit.present.words.drawn import drawn_text

    return [text for block in drawn_text(exhibit.draw("en").figure) for text in block]


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.__name__)
def test_every_figure_has_the_common_words_with_their_types(figure: Callable[..., FigureExhibit]) -> None:
    parameters = inspect.signature(figure).parameters
    assert not GONE & set(parameters)
    types = {word: parameters[word].annotation for word in COMMON}
    expected = ["Texts | None", "Labels", "str | Text", "Notes", "Width"]
    assert list(types.values()) == expected
    if "references" in parameters:
        assert parameters["references"].annotation == "References"
        assert parameters["references"].default == ()
    described = inspect.getdoc(figure) or ""
    assert all(f"{word}" in described for word in parameters)


def test_another_word_is_refused_as_by_any_function() -> None:
    with pytest.raises(TypeError, match="reference"):
        tk.forest_plot(FOREST, "study", reference=(0.1, "a"))
    with pytest.raises(TypeError, match="decimals"):
        tk.lorenz_curve(PARTS, "m", decimals=2)


@pytest.mark.parametrize("package", ["toolkit.present", "toolkit.present.figures"])
def test_what_types_see_is_what_is_loaded(package: str) -> None:
    module = import_module(package)
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    seen = {alias.asname: (node.module, alias.name) for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    of_figures = [] if module is toolkit.present.figures else toolkit.present.figures.__all__  # types see them there
    assert sorted([*filter(None, seen), *of_figures]) == sorted(module.__all__)
    for name, (home, own) in seen.items():
        assert getattr(import_module(str(home)), own) is getattr(module, str(name))


def test_every_reference_is_drawn_and_told_apart() -> None:
    values = {"one": 0.1, "two": 0.2, "three": 0.3, "four": 0.9}
    axes = tk.forest_plot(FOREST, "study", references=[(value, text) for text, value in values.items()]).draw("en").figure.axes[0]
    drawn = {str(line.get_label()): line for line in axes.get_lines() if line.get_label() in values}
    assert {text: line.get_xdata()[0] for text, line in drawn.items()} == values
    assert len({str(line._dash_pattern) for line in drawn.values()}) == 4  # "--" and (0, (8, 2)) have the same name
    axes = (
        tk.share_bars(SHARES.query("reading == 's'"), "indicator", "share", references=[(70.0, "a"), (-5.0, "b")]).draw("en").figure.axes[0]
    )
    low, high = axes.get_xlim()
    assert low < -4.99
    assert high > 70.0
    assert tk.trend_lines(PARTS, "year", "m", references=None).draw("en").figure.axes[0].get_legend() is None


@pytest.mark.parametrize("bad", [0.38, ("0.38", "paper"), [(np.inf, "paper")], [(0.1,)], "paper"])
def test_a_reference_needs_a_finite_value_and_a_text_in_every_figure(bad: object) -> None:
    for draw in (
        lambda: tk.forest_plot(FOREST, "study", references=bad),
        lambda: tk.trend_lines(PARTS, "year", "m", references=bad),
        lambda: tk.share_bars(SHARES, "indicator", "share", reading="reading", references=bad),
    ):
        with pytest.raises(PresentationError, match="no value with a text"):
            draw()


def test_names_hold_for_all_keys_of_a_figure() -> None:
    rows = PANELS.query("line == 'p'")
    assert {"Ay  1", "2  Ay"} <= set(words(tk.bump_chart(rows.assign(v=[5.0, 1.0, 2.0, 3.0]), "year", "v", "of", names={"a": "Ay"})))
    assert any(text.startswith("Ay: ") for text in words(tk.lorenz_curve(rows, "v", by="of", names={"a": "Ay"})))
    counts = pd.DataFrame({2019: [31, 0], 2020: [31, 30]}, index=["g", "h"])
    assert {"Gee", "h"} <= set(words(tk.coverage_heatmap(counts, names={"g": "Gee"})))
    panels = pd.DataFrame({"k": {"Beijing": 1.0}, "l": {"Beijing": 2.0}})
    assert {"Kay", "l"} <= set(words(tk.tile_grid(panels, names={"k": "Kay"})))
    # a text of the caller comes before the name of a province
    assert "The capital" in words(
        tk.trend_lines(rows.assign(of="Beijing", year=range(4)), "year", "v", "of", names={"Beijing": "The capital"})
    )


def test_notes_are_paragraphs_and_the_figure_speaks_last() -> None:
    both = tk.forest_plot(FOREST, "study", notes=[Text("One.", "一。"), "Two."])
    assert both.draw("en").note == "One.\nTwo.\nFilled point and bar: estimate and interval."
    assert both.draw("zh").note == "一。\nTwo.\n实心点与细线为估计值与区间。"
    assert tk.share_bars(SHARES, "indicator", "share", reading="reading", notes=Text("One.", "一。")).draw("zh").note == "一。"


@pytest.mark.parametrize("width", ["three", "", 2])
def test_another_width_is_refused_when_the_figure_is_asked_for(width: object) -> None:
    with pytest.raises(UnknownOption, match="one, two"):
        tk.forest_plot(FOREST, "study", width=width)


def test_points_without_names_cannot_be_selected() -> None:
    with pytest.raises(PresentationError, match=r"(?s)scatter figure cannot select 'Beijing'.*label="):
        tk.scatter_with_fit(PARTS, "m", "n", select=["Beijing"])
    with pytest.raises(PresentationError, match=r"(?s)coupling figure cannot select 'Beijing'.*label="):
        tk.coupling_scatter(PARTS.assign(m=0.2, n=0.3), "m", "n", select=["Beijing"])

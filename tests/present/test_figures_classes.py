"""Tiles by class: every class has its shade and its name, and what cannot be drawn is named."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from matplotlib.text import Text as Artist

from toolkit.errors import PresentationError, ToolkitError, UnknownProvince
from toolkit.language import LANGUAGES, Language, Text
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.scatter import extents
from toolkit.present.figures.tiles import tile_classes
from toolkit.present.style import FAINT, to_png
from toolkit.present.words.labels import PROVINCES

PROVINCES_31 = list(PROVINCES)[:31]
NAMES = {"3": Text("low", "低"), "2": Text("middle", "中"), "1": Text("high", "高"), "–": Text("none", "无")}
TOUCH = 1.0  # pixels


def clubs() -> pd.Series:
    return pd.Series([str(i % 3 + 1) for i in range(30)] + ["–"], index=PROVINCES_31)


def shade_of(exhibit: FigureExhibit) -> dict[str, str]:
    """Colour of each square by the key written in it."""
    axes = exhibit.draw("en").figure.axes[0]
    keys = [text.get_text() for text in axes.texts][1::2]
    squares = [to_hex(patch.get_facecolor()) for patch in axes.patches if isinstance(patch, Rectangle)]
    return dict(zip(keys, squares, strict=True))


def test_shades_darken_in_the_order_of_the_classes_and_the_rest_is_grey() -> None:
    found = shade_of(tile_classes(clubs(), NAMES, apart=["–"]))
    light = [sum(int(found[key][i : i + 2], 16) for i in (1, 3, 5)) for key in ("3", "2", "1")]
    assert light == sorted(light, reverse=True)
    assert found["–"] == FAINT.lower()
    assert found["no data"] == "#ffffff"


def test_the_data_hold_every_unit_and_panel() -> None:
    frame = pd.DataFrame({"rd_intensity": clubs(), "gdp": clubs().where(clubs() == "1")})
    data = tile_classes(frame, NAMES).draw("zh").data
    assert data.shape == (2 * len(PROVINCES), 3)
    assert data.groupby("panel")["class"].count().to_dict() == {"rd_intensity": 31, "gdp": int((clubs() == "1").sum())}


def test_names_codes_and_whole_numbers_are_keys() -> None:
    wanted = tile_classes({"Beijing": "1", "Hebei": "2"}, NAMES).draw("en").data
    for values in ({"北京": "1", "河北": "2"}, {110000: "1", 130000: "2"}, {"Beijing": 1, "Hebei": 2}):
        pd.testing.assert_frame_equal(tile_classes(values, NAMES).draw("en").data, wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", ["one", "two"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_legend_names_what_occurs_and_covers_nothing(language: Language, width: str) -> None:
    values = clubs().replace("2", "3")
    drawing = tile_classes(values, NAMES, apart=["–"], title="T", notes="A note", width=width).draw(language)  # type: ignore[arg-type]
    figure = drawing.figure
    legend = figure.axes[-1].get_legend()
    assert legend is not None
    names = [text.get_text() for text in legend.get_texts()]
    assert names == [f"{key}  {NAMES[key].to(language)}" for key in ("3", "1", "–")]
    to_png(figure)
    boxes = extents([text for text in figure.findobj(Artist) if text.get_text() and text not in legend.get_texts()])
    x0, y0, x1, y1 = legend.get_window_extent().extents
    overlap = (np.minimum(boxes[:, 2], x1) - np.maximum(boxes[:, 0], x0) > TOUCH) & (
        np.minimum(boxes[:, 3], y1) - np.maximum(boxes[:, 1], y0) > TOUCH
    )
    assert not overlap.any()
    assert min(x0, y0) >= -TOUCH
    assert x1 <= figure.bbox.width + TOUCH


def test_inputs_come_back_unchanged() -> None:
    frame = pd.DataFrame({"a": clubs()})
    before = frame.copy()
    tile_classes(frame, NAMES).draw("en")
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("draw", "error", "words"),
    [
        (lambda: tile_classes({"Bejing": "1"}, NAMES), UnknownProvince, r"(?s)'Bejing'.*did you mean Beijing"),
        (lambda: tile_classes({"Beijing": "1", "北京": "2"}, NAMES), PresentationError, "Beijing has 2 values"),
        (lambda: tile_classes({"Beijing": "7"}, NAMES), PresentationError, r"(?s)class '7' without a name.*named: 3, 2, 1"),
        (lambda: tile_classes({"Beijing": "1"}, NAMES, apart=["x"]), PresentationError, "'x'"),
        (lambda: tile_classes({"Beijing": None}, NAMES), PresentationError, "no class to show"),
        (lambda: tile_classes({}, NAMES), PresentationError, "no class to show"),
        (lambda: tile_classes(pd.DataFrame({"a": clubs(), "b": None}), NAMES), PresentationError, r"(?s)no class.*panel b"),
        (lambda: tile_classes({"Beijing": "0"}, {str(k): "c" for k in range(10)}), PresentationError, "10 classes"),
    ],
)
def test_bad_input_is_named(draw: Callable[[], FigureExhibit], error: type[ToolkitError], words: str) -> None:
    with pytest.raises(error, match=words):
        draw()

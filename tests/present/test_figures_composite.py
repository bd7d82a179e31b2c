"""Radar and the scatter of two systems: marks and lines where the numbers are, no text over another, refusals by name."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.contour import QuadContourSet
from matplotlib.text import Text as Artist

import toolkit as tk
from toolkit.errors import MeasureError, MissingColumn, PresentationError, UnknownOption
from toolkit.language import Language, Text
from toolkit.measure.composite.coupling import Form, coupling
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.coupling import Scale, coupling_scatter
from toolkit.present.figures.matrix import matrix_heatmap
from toolkit.present.figures.radar import radar_chart
from toolkit.present.figures.scatter import extents
from toolkit.present.style import to_png
from toolkit.present.words.labels import PROVINCES

EDGE = 1.5  # pixels that a glyph may reach over its box
TOUCH = 1.0  # pixels: rounding of glyph boxes
PROVINCES_31 = list(PROVINCES)[:31]
TITLE, NOTE = Text("Title", "标题"), Text("A note.", "注。")
CHAINS = {
    "innovation": Text("Innovation chain", "创新链"),
    "industry": Text("Industry chain", "产业链"),
    "talent": Text("Talent chain with a very long name", "名称特别特别长的人才链"),
    "capital": Text("Capital chain", "资金链"),
}


def systems(seed: int = 1, spread: float = 0.4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    level = rng.uniform(0.1, 0.6, 31)
    u1, u2 = (np.clip(level * np.exp(rng.normal(0, spread, 31)), 0.01, 0.99) for _ in range(2))
    return pd.DataFrame({"province": PROVINCES_31, "u1": u1, "u2": u2, "lag": np.where(u1 < u2, "first", "second")})


def chains(groups: int = 2) -> pd.DataFrame:
    rows = itertools.product(PROVINCES_31[:groups], CHAINS)
    return pd.DataFrame(rows, columns=["province", "chain"]).assign(score=np.linspace(0, 1, 4 * groups))


def draw(exhibit: FigureExhibit, language: Language = "en") -> Drawing:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return exhibit.draw(language)


def check_legible(figure: object) -> None:
    """Nothing over the edge, no text over another."""
    to_png(figure)  # type: ignore[arg-type]
    box, dpi = figure.get_tightbbox(), figure.dpi  # type: ignore[attr-defined]
    across, down = figure.get_size_inches()  # type: ignore[attr-defined]
    assert min(box.x0, box.y0, across - box.x1, down - box.y1) * dpi > -EDGE
    shown = [text for text in figure.findobj(Artist) if text.get_text().strip() and text.get_visible()]  # type: ignore[attr-defined]
    left, bottom, right, top = extents(shown).T[:, :, None]
    over = (np.minimum(right, right.T) - np.maximum(left, left.T) > TOUCH) & (np.minimum(top, top.T) - np.maximum(bottom, bottom.T) > TOUCH)
    assert [(shown[i].get_text(), shown[j].get_text()) for i, j in np.argwhere(np.triu(over, k=1))] == []


# --- two systems ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "seed", "language"), [("standard", 1, "en"), ("wang", 2, "zh")])
def test_names_of_31_points_and_of_the_lines_do_not_overlap(form: Form, seed: int, language: Language) -> None:
    exhibit = tk.coupling_scatter(systems(seed), "u1", "u2", label="province", group="lag", form=form, title=TITLE, notes=NOTE)
    figure = draw(exhibit, language).figure
    check_legible(figure)
    texts = [text.get_text() for text in figure.findobj(Artist)]
    assert sum(text.startswith("D = ") for text in texts) >= 3


def test_skewed_scores_on_logarithmic_axes() -> None:
    frame = systems().assign(u1=lambda f: f["u1"] ** 2, u2=lambda f: f["u2"] ** 2)
    figure = draw(coupling_scatter(frame, "u1", "u2", label="province", scale="log")).figure
    check_legible(figure)
    assert figure.axes[0].get_xlim() == figure.axes[0].get_ylim()
    with pytest.raises(PresentationError, match=r"(?s)score of zero.*Tianjin"):
        coupling_scatter(frame.assign(u1=[1.0, 0.0] + [0.5] * 29), "u1", "u2", label="province", scale="log")
    with pytest.raises(UnknownOption, match="cube"):
        coupling_scatter(frame, "u1", "u2", scale="cube")  # type: ignore[arg-type]


def test_one_column_wide() -> None:
    check_legible(draw(coupling_scatter(systems(), "u1", "u2", label="province", select=["Beijing"], width="one", height=3.2)).figure)


@pytest.mark.parametrize(
    ("form", "alpha", "scale"),
    [("standard", None, "linear"), ("standard", [0.3, 0.7], "log"), ("wang", None, "linear"), ("wang", None, "log")],
)
def test_d_is_equal_on_its_line(form: Form, alpha: list[float] | None, scale: Scale) -> None:
    figure = draw(coupling_scatter(systems(), "u1", "u2", form=form, alpha=alpha, scale=scale)).figure
    (contours,) = [mark for mark in figure.axes[0].collections if isinstance(mark, QuadContourSet)]
    assert len(contours.levels) >= 5
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        points = path.vertices[(path.vertices > 0.02).all(axis=1)]
        np.testing.assert_allclose(coupling(points, alpha, form).d, level, atol=2e-3)  # linear between the nodes of the grid


def test_points_stand_where_the_numbers_are_and_d_is_in_the_data() -> None:
    frame = systems()
    drawing = draw(coupling_scatter(frame, "u1", "u2", label="province"))
    (points,) = [mark for mark in drawing.figure.axes[0].collections if isinstance(mark, PathCollection)]
    np.testing.assert_allclose(points.get_offsets(), frame[["u1", "u2"]])
    np.testing.assert_allclose(drawing.data["d"], coupling(frame[["u1", "u2"]]).d)
    axes = drawing.figure.axes[0]
    assert axes.get_xlim() == axes.get_ylim()
    assert axes.get_xlim()[1] <= 1


def test_a_single_point_at_zero_is_drawn() -> None:
    drawing = draw(coupling_scatter(pd.DataFrame({"u1": [0.0], "u2": [0.0]}), "u1", "u2"))
    assert drawing.data["d"].tolist() == [0.0]


def test_texts_of_the_scatter_are_in_the_language() -> None:
    names = {"first": Text("first lags", "前者滞后"), "second": Text("second lags", "后者滞后")}
    exhibit = coupling_scatter(systems(), "u1", "u2", group="lag", names=names, title=TITLE, x_label=Text("Technology", "科技"))
    for language, title, lag, label, said in (
        ("en", "Title", "first lags", "Technology", "Grey lines"),
        ("zh", "标题", "前者滞后", "科技", "等 D 线"),
    ):
        drawing = draw(exhibit, language)  # type: ignore[arg-type]
        assert drawing.title == title
        assert said in drawing.note
        assert {lag, label} <= {text.get_text() for text in drawing.figure.findobj(Artist)}


def test_scatter_refuses_by_name() -> None:
    frame = systems()
    with pytest.raises(MissingColumn, match="u3"):
        coupling_scatter(frame, "u1", "u3")
    with pytest.raises(MeasureError, match=r"first at 0, 'u1': 3"):
        coupling_scatter(frame.assign(u1=3.0), "u1", "u2")
    with pytest.raises(PresentationError, match="no value 'Atlantis'"):
        coupling_scatter(frame, "u1", "u2", label="province", select=["Atlantis"])
    with pytest.raises(PresentationError, match=r"(?s)repeated.*Beijing"):
        coupling_scatter(pd.concat([frame, frame]), "u1", "u2", label="province")
    with pytest.raises(UnknownOption, match="fan"):
        coupling_scatter(frame, "u1", "u2", form="fan")  # type: ignore[arg-type]


# --- radar ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "width", "language"), [(3, "one", "zh"), (4, "one", "en"), (4, "two", "zh"), (12, "two", "en")])
def test_names_of_axes_do_not_overlap(count: int, width: str, language: Language) -> None:
    keys = [*CHAINS, *(f"an indicator called {i}" for i in range(8))][:count]
    frame = pd.DataFrame({"chain": keys, "score": np.linspace(0.1, 0.9, count)})
    check_legible(draw(tk.radar_chart(frame, "chain", "score", names=CHAINS, title=TITLE, notes=NOTE, width=width), language).figure)  # type: ignore[arg-type]


def test_lines_close_and_reach_their_values() -> None:
    frame = chains()
    drawing = draw(radar_chart(frame, "chain", "score", group="province", names=CHAINS, full=2.0))
    axes = drawing.figure.axes[0]
    outer = axes.lines[3].get_xydata()  # the fourth ring
    radius = float(np.hypot(*outer[0]))
    lines = [line.get_xydata() for line in axes.lines if line.get_marker() != "None"]
    assert len(lines) == 2
    for line, part in zip(lines, (frame[:4], frame[4:]), strict=True):
        np.testing.assert_allclose(line[0], line[-1])
        np.testing.assert_allclose(np.hypot(*line[:4].T) / radius, part["score"] / 2)
    assert outer[0][0] == pytest.approx(0, abs=1e-12)  # the first axis is on top,
    assert outer[1][0] > 0  # the second to its right
    check_legible(drawing.figure)


def test_texts_of_the_radar_are_in_the_language() -> None:
    exhibit = radar_chart(chains(), "chain", "score", group="province", names=CHAINS, notes=NOTE)
    for language, province, chain, said in (
        ("en", "Beijing", "Capital chain", "Rings at 0.25"),
        ("zh", "北京", "资金链", "各环依次为 0.25、0.5"),
    ):
        drawing = draw(exhibit, language)  # type: ignore[arg-type]
        assert said in drawing.note
        assert {province} <= {text.get_text() for text in drawing.figure.findobj(Artist)}
        assert chain in {text.get_text().replace("\n", " ") for text in drawing.figure.findobj(Artist)}


def test_radar_refuses_by_name() -> None:
    frame = chains()
    with pytest.raises(PresentationError, match="2 axes and 1 groups"):
        radar_chart(frame[:2], "chain", "score")
    with pytest.raises(PresentationError, match="4 axes and 7 groups"):
        radar_chart(chains(7), "chain", "score", group="province")
    with pytest.raises(PresentationError, match=r"(?s)no value for chain capital.*Tianjin"):
        radar_chart(frame[:-1], "chain", "score", group="province")
    with pytest.raises(PresentationError, match=r"(?s)from 0 to 0\.5, and got.*chain"):
        radar_chart(frame[:4].assign(score=0.7), "chain", "score", full=0.5)
    with pytest.raises(PresentationError, match="repeated"):
        radar_chart(frame, "chain", "score")
    with pytest.raises(MissingColumn, match="points"):
        radar_chart(frame, "chain", "points")


def test_inputs_come_back_unchanged() -> None:
    for frame, exhibit in (
        (systems(), lambda f: coupling_scatter(f, "u1", "u2")),
        (chains(), lambda f: radar_chart(f, "chain", "score", group="province")),
    ):
        kept = frame.copy(deep=True)
        first = draw(exhibit(frame)).data
        first[first.columns[-1]] = 0.0
        pd.testing.assert_frame_equal(frame, kept)


# --- provinces by years -----------------------------------------------------------------------------


def test_a_matrix_of_provinces_by_years_is_legible() -> None:
    d = pd.DataFrame(np.random.default_rng(1).uniform(size=(31, 8)), index=PROVINCES_31, columns=range(2016, 2024))
    figure = draw(matrix_heatmap(d, width="two", title=TITLE, notes=NOTE)).figure
    check_legible(figure)
    assert figure.get_figheight() < 6.5
    with pytest.raises(PresentationError, match="41 x 8"):
        matrix_heatmap(pd.DataFrame(np.ones((41, 8))))
    with pytest.raises(PresentationError, match="31 x 8"):
        matrix_heatmap(d, counts=d)

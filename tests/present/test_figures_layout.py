"""Labels of the figures that carry many of them: none covers another, none leaves the canvas, lines stop at gaps."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import Rectangle
from matplotlib.text import Annotation
from matplotlib.text import Text as Artist

from toolkit.language import LANGUAGES, Language, Text
from toolkit.present.figures.canvas import Thousands, text_width, wrap
from toolkit.present.figures.forest import forest_plot
from toolkit.present.figures.matrix import matrix_heatmap
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.figures.scatter import extents, push_apart, scatter_with_fit
from toolkit.present.figures.squares import LETTERS, SQUARES, province_of
from toolkit.present.figures.tiles import tile_grid
from toolkit.present.figures.trend import trend_lines
from toolkit.present.style import styled
from toolkit.present.words.labels import PROVINCES, province_label

TOUCH = 1.0  # pixels of a 200 dpi picture: rounding of glyph boxes
NUMERICAL = 1e-9
PROVINCES_31 = list(PROVINCES)[:31]


def overlapping(texts: list[Artist]) -> list[tuple[str, str]]:
    boxes = extents(texts)
    pairs = []
    for i, j in itertools.combinations(range(len(texts)), 2):
        a, b = boxes[i], boxes[j]
        if min(a[2], b[2]) - max(a[0], b[0]) > TOUCH and min(a[3], b[3]) - max(a[1], b[1]) > TOUCH:
            pairs.append((texts[i].get_text(), texts[j].get_text()))
    return pairs


# --- pushing apart -----------------------------------------------------------------------------------

places = st.lists(st.floats(-50, 150), min_size=1, max_size=30).map(np.array)


@settings(deadline=None, max_examples=200)
@given(places, st.floats(0.1, 20))
def test_pushed_labels_keep_order_distance_and_bounds(wanted: np.ndarray, gap: float) -> None:
    got = push_apart(wanted, gap, 0.0, 100.0)
    order = np.argsort(wanted, kind="stable")
    room = min(gap, 100.0 / max(len(wanted) - 1, 1))
    assert (np.diff(got[order]) >= room - 1e-6).all()
    assert got.min() >= -1e-6
    assert got.max() <= 100.0 + 1e-6


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(10, 90), min_size=2, max_size=6).map(np.array))
def test_pushed_labels_are_nearest_in_least_squares(wanted: np.ndarray) -> None:
    from scipy.optimize import minimize

    gap, order = 3.0, np.argsort(wanted, kind="stable")
    got = push_apart(wanted, gap, -1e3, 1e3)
    constraints = [{"type": "ineq", "fun": lambda z, i=i: z[i + 1] - z[i] - gap} for i in range(len(wanted) - 1)]
    brute = minimize(
        lambda z: np.sum((z - wanted[order]) ** 2), wanted[order] + gap * np.arange(len(wanted)), constraints=constraints, method="SLSQP"
    )
    assert np.sum((got - wanted) ** 2) <= brute.fun + 1e-4


def test_labels_far_apart_do_not_move() -> None:
    assert push_apart(np.array([80.0, 10.0]), 5.0, 0.0, 100.0).tolist() == [80.0, 10.0]
    assert push_apart(np.array([]), 5.0, 0.0, 100.0).size == 0


# --- wrapping ----------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=100)
@given(st.text(st.sampled_from("研发强度，。（）%abc def12"), min_size=1, max_size=60), st.floats(0.4, 3))
def test_wrapped_lines_fit_and_lose_nothing(text: str, inches: float) -> None:
    with styled():
        lines = wrap(text, inches, 8.0).split("\n")
        assert all(text_width(line, 8.0) <= inches + text_width("（研），", 8.0) for line in lines if line)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_no_line_begins_with_a_closing_sign() -> None:
    text = "研发强度（研发经费与地区生产总值之比，%），数据来源：全国科技经费投入统计公报；人口为常住人口。" * 3
    with styled():
        for width in np.linspace(0.8, 3, 30):
            assert not [line for line in wrap(text, float(width), 8.0).split("\n") if line[0] in "，。；：）%"]


# --- figures -----------------------------------------------------------------------------------------


def crowded(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"province": PROVINCES_31, "x": np.exp(rng.normal(size=31)), "y": rng.normal(size=31)})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seed", [0, 1])
def test_names_of_31_lines_do_not_overlap(seed: int, language: Language) -> None:
    last = crowded(seed).assign(year=2024)
    frame = pd.concat([last, last.assign(year=2023, x=last["x"] * 0.9)])
    figure = trend_lines(frame, "year", "x", "province").draw(language).figure
    names = [a for a in figure.findobj(Annotation) if a.get_text()]
    assert sorted(a.get_text() for a in names) == sorted(province_label(p, language) for p in PROVINCES_31)
    assert overlapping(names) == []
    assert extents(names)[:, 2].max() <= figure.bbox.width + TOUCH


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_names_of_31_points_do_not_overlap(seed: int, language: Language) -> None:
    figure = scatter_with_fit(crowded(seed), "x", "y", label="province", log="x").draw(language).figure
    names = [a for a in figure.findobj(Annotation) if a.get_text()]
    assert len(names) == 31
    assert overlapping(names) == []
    axes = figure.axes[0].get_window_extent()
    boxes = extents(names)
    assert boxes[:, 0].min() >= axes.x0 - TOUCH
    assert boxes[:, 2].max() <= axes.x1 + TOUCH


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", ["one", "two"])
@pytest.mark.parametrize("panels", [1, 3])
def test_texts_stay_inside_their_squares(width: str, language: Language, panels: int) -> None:
    values = pd.DataFrame({2020 + i: np.linspace(1, 12345, 31) for i in range(panels)}, index=PROVINCES_31)
    figure = tile_grid(values, width=width).draw(language).figure  # type: ignore[arg-type]
    shown = 0
    for axes in figure.axes[:panels]:
        squares = [patch.get_window_extent() for patch in axes.patches if isinstance(patch, Rectangle)]
        texts = [t for t in axes.texts if t.get_text()]
        assert len(squares) == 34
        assert overlapping(texts) == []
        for text, box in zip(texts, extents(texts), strict=True):
            home = [
                s
                for s in squares
                if s.x0 - TOUCH <= box[0] and box[2] <= s.x1 + TOUCH and s.y0 - TOUCH <= box[1] and box[3] <= s.y1 + TOUCH
            ]
            assert len(home) == 1, text.get_text()
            shown += 1
    assert shown == 68 * panels


def test_names_on_the_coefficient_axis_do_not_overlap() -> None:
    from toolkit.present.figures.coefficient import coefficient_plot

    class MadeUp:
        terms = ("x",)

        def tidy(self, level: float = 0.95) -> pd.DataFrame:
            return pd.DataFrame({"term": ["x"], "estimate": [0.1], "std_error": [0.1], "conf_low": [-level], "conf_high": [level]})

    many: dict[str | Text, object] = {
        f"A rather long name of specification {i}, with several controls and effects": MadeUp() for i in range(12)
    }
    for width in ("one", "two"):
        figure = coefficient_plot(many, "x", width=width).draw("en").figure  # type: ignore[arg-type]
        assert overlapping(figure.axes[0].get_yticklabels()) == [], width


# --- the grid ----------------------------------------------------------------------------------------


def test_grid_has_34_different_squares_in_the_stated_rows() -> None:
    assert len(set(SQUARES.values())) == len(SQUARES) == 34
    rows = [sum(1 for row, _ in SQUARES.values() if row == r) for r in range(9)]
    assert rows == [1, 1, 2, 5, 5, 8, 6, 3, 3]
    assert {row for row, _ in SQUARES.values()} == {column for _, column in SQUARES.values()} == set(range(9))
    assert SQUARES["Heilongjiang"] == (0, 8)
    assert SQUARES["Taiwan"] == (6, 8)
    assert (SQUARES["Shanxi"], SQUARES["Shaanxi"]) == ((3, 4), (4, 3))
    assert (SQUARES["Macao"], SQUARES["Hong Kong"]) == ((8, 4), (8, 5))


def test_codes_and_letters_are_those_of_the_standards() -> None:
    assert province_of(150000) == "Inner Mongolia"
    assert province_of("810000") == "Hong Kong"
    assert province_of(710000.0) == "Taiwan"
    assert len(set(LETTERS.values())) == 34
    known = {"Shanxi": "SX", "Shaanxi": "SN", "Henan": "HA", "Hainan": "HI", "Hunan": "HN", "Hubei": "HB", "Hebei": "HE", "Tibet": "XZ"}
    assert {name: LETTERS[name] for name in known} == known


# --- numbers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ticks", "texts"),
    [
        ([0.0, 0.5, 1.0], ["0.0", "0.5", "1.0"]),
        ([0.0, 5000.0, 10000.0], ["0", "5000", "10,000"]),
        ([-200000.0, 0.0], ["−200,000", "0"]),
        ([0.0, 2e9, 4e9], ["0", "2", "4"]),
    ],
)
def test_ticks_are_plain_numbers(ticks: list[float], texts: list[str]) -> None:
    formatter = Thousands()
    formatter.create_dummy_axis()
    formatter.axis.set_view_interval(min(ticks), max(ticks))
    formatter.set_locs(ticks)
    assert [formatter(tick) for tick in ticks] == texts


def test_power_of_ten_goes_into_the_label() -> None:
    frame = pd.DataFrame({"year": [2020, 2021], "value": [1e9, 4e9]})
    axes = trend_lines(frame, "year", "value").draw("en").figure.axes[0]
    assert axes.get_ylabel() == r"value [$\times 10^{9}$]"
    assert not axes.yaxis.get_offset_text().get_visible()


def test_no_line_is_drawn_across_missing_years() -> None:
    frame = pd.DataFrame({"year": [2010, 2011, 2015, 2016], "value": [1.0, 2.0, 3.0, np.nan]})
    line = trend_lines(frame, "year", "value").draw("en").figure.axes[0].lines[0]
    np.testing.assert_array_equal(line.get_ydata(), [1.0, 2.0, np.nan, 3.0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_of_panels_do_not_overlap_beside_a_wide_legend(language: Language) -> None:
    frame = pd.DataFrame(itertools.product(("tech_market_value", "tech_market_inflow", "ind_rd_fte"), "abcd", (2020, 2021)))
    frame = frame.set_axis(["indicator", "reading", "year"], axis=1).assign(y=1.0)
    names = {key: f"{key}, a reading with a long name" for key in "abcd"}
    figure = small_multiples(frame, "year", "y", "indicator", group="reading", names=names).draw(language).figure  # type: ignore[arg-type]
    assert overlapping([axes.title if axes.title.get_text() else axes._left_title for axes in figure.axes]) == []


def test_a_matrix_of_many_rows_stays_on_the_page() -> None:
    tall = pd.DataFrame(np.eye(15)[:, :3])
    assert matrix_heatmap(tall).draw("en").figure.get_figheight() < 6.5


def test_ticks_beside_long_intervals_are_told_apart() -> None:
    """The numbers at the edge leave the axis little room: labels of ticks stand a blank apart, or there are fewer of them."""
    frame = pd.DataFrame(
        {
            "row": ["Provinces compared with each other", "Each with itself, in the same year"],
            "estimate": [0.35, 0.1],
            "low": [0.16, -0.001],
            "high": [0.58, 0.194],
        }
    )
    axes = forest_plot(frame, "row", width="one").draw("en").figure.axes[0]
    boxes = sorted(map(tuple, extents(axes.get_xticklabels())))
    assert len(boxes) >= 2
    assert min(b[0] - a[2] for a, b in itertools.pairwise(boxes)) > 3

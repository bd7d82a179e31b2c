"""The figure of a specification curve: the numbers that are drawn, the matrix below, its words, and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex, to_rgb

from toolkit.errors import PresentationError
from toolkit.estimate import Choices, Condition, SpecificationCurve, specification_curve
from toolkit.language import LANGUAGES, Language, Note, Text
from toolkit.panel import Panel
from toolkit.present.figures.scatter import extents
from toolkit.present.figures.spec_curve import spec_curve_plot
from toolkit.present.style import CLAIM, PALETTE, to_png

LARGEST_PNG = 400_000  # bytes, as for all figures
REFERENCE = (0.38, Text("paper: 0.38", "论文：0.38"))


@lru_cache
def panel() -> Panel:
    rng = np.random.default_rng(4)
    n = 31 * 10
    frame = pd.DataFrame({"province": np.repeat(np.arange(31), 10), "year": np.tile(2010 + np.arange(10), 31)})
    frame["region4"] = np.array(["East", "West", "Central", "Northeast"])[frame["province"] % 4]
    own = np.repeat(rng.normal(size=31), 10)
    for name in ("gdp_per_capita", "trade_openness", "secondary_share", "population", "c1", "c2", "c3"):
        frame[name] = np.exp(0.3 * rng.normal(size=n) + own)
    frame["fiscal_sci_exp"] = np.exp(0.5 * rng.normal(size=n) + own)
    frame["rd_intensity"] = np.exp(0.3 * np.log(frame["fiscal_sci_exp"]) + own + 0.5 * rng.normal(size=n))
    frame["fixed"] = own
    return Panel(frame, "province", "year")


@lru_cache
def curve(large: bool = False) -> SpecificationCurve:
    controls = ["log(gdp_per_capita)", "trade_openness", "secondary_share + population"]
    return specification_curve(
        Choices(
            "log(rd_intensity)",
            ["log(fiscal_sci_exp)", "L(log(fiscal_sci_exp), 1)"],
            controls + (["c1", "c2", "c3"] if large else []),
            effects=["province", "province + year", "region4^year + province", ""],
            samples={"all rows": None, "late": Condition("year", ">", 2012)} if large else {"all rows": None},
            weights=[None, "population"] if large else [None],
        ),
        panel(),
        reference=0.38,
    )


def row_names(language: Language, **options: object) -> list[str]:
    figure = spec_curve_plot(curve(), **options).draw(language).figure  # type: ignore[arg-type]
    return [t.get_text() for t in figure.axes[1].get_yticklabels()]


def test_estimates_stand_in_order_with_their_intervals() -> None:
    drawing = spec_curve_plot(curve(), references=REFERENCE).draw("en")
    frame = curve().frame.sort_values("estimate", kind="stable")
    assert drawing.data["estimate"].tolist() == frame["estimate"].tolist()
    upper = drawing.figure.axes[0]
    segments = np.concatenate([np.array(c.get_segments()) for c in upper.collections if isinstance(c, LineCollection)])
    segments = segments[np.argsort(segments[:, 0, 0])]
    np.testing.assert_array_equal(segments[:, 0, 0], np.arange(1, 65))
    np.testing.assert_array_equal(segments[:, 0, 1], frame["conf_low"])
    np.testing.assert_array_equal(segments[:, 1, 1], frame["conf_high"])
    dark = [line for line in upper.lines if to_hex(line.get_color()) == PALETTE[0].lower() and len(line.get_xdata())]
    assert sum(len(line.get_xdata()) for line in dark) == (frame["p_value"] < 0.05).sum()


def test_the_matrix_is_dark_where_a_choice_was_made() -> None:
    figure = spec_curve_plot(curve(), labels="registry").draw("en").figure
    image = figure.axes[1].images[0].get_array()
    assert image is not None
    order = curve().frame["estimate"].sort_values(kind="stable").index
    dark = np.isclose(image, np.array(to_rgb(PALETTE[0]))).all(axis=2)
    names = [t.get_text() for t in figure.axes[1].get_yticklabels()]
    np.testing.assert_array_equal(dark[names.index("ln GDP per capita")], curve().includes[order, 0])
    np.testing.assert_array_equal(dark[names.index("none")], (curve().frame["effects"] == "").to_numpy()[order])
    assert not dark[names.index("Controls")].any()
    treatments = dark[[names.index("ln Fiscal S&T expenditure"), names.index("ln Fiscal S&T expenditure (t−1)")]]
    assert (treatments.sum(axis=0) == 1).all()


def test_many_cells_share_the_columns_of_the_matrix() -> None:
    big = curve(large=True)
    assert len(big) == 2048
    figure = spec_curve_plot(big).draw("en").figure
    image = np.asarray(figure.axes[1].images[0].get_array())
    assert image.shape[1] == 700
    share = (1 - image[..., 0]) / (1 - to_rgb(PALETTE[0])[0])
    names = [t.get_text() for t in figure.axes[1].get_yticklabels()]
    pale = (1 - to_rgb("#F1F1F1")[0]) / (1 - to_rgb(PALETTE[0])[0])
    mean = (share[names.index("unweighted")].mean() - pale) / (1 - pale)
    assert mean == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", ["one", "two"])
@pytest.mark.parametrize("large", [False, True])
def test_row_names_do_not_overlap_or_leave_the_figure(large: bool, width: str, language: Language) -> None:
    figure = spec_curve_plot(curve(large), references=REFERENCE, width=width).draw(language).figure  # type: ignore[arg-type]
    assert len(to_png(figure)) < LARGEST_PNG
    boxes = extents([t for t in figure.axes[1].get_yticklabels() if t.get_text()])
    order = np.argsort(boxes[:, 1])
    assert (boxes[order][1:, 1] >= boxes[order][:-1, 3] - 1.0).all()
    assert boxes[:, 0].min() >= -1.0


def test_words_follow_the_language_and_the_given_names() -> None:
    english, chinese = row_names("en"), row_names("zh")
    assert {"Variable of interest", "Controls", "Fixed effects", "Province + year", "none"} <= set(english)
    assert {"核心解释变量", "控制变量", "固定效应", "省份 + 年份", "无"} <= set(chinese)
    assert "Outcome" not in english
    assert "Sample" not in english
    assert "开放" in row_names("zh", names={"trade_openness": Text("open", "开放")})
    drawing = spec_curve_plot(curve(), references=REFERENCE, title=Text("Curve", "曲线"), notes="Simulated.")
    held = round(100 * curve().share_holding_reference)
    assert f"{held}% of the intervals include 0.38." in drawing.draw("en").note
    assert drawing.draw("en").note.startswith("Simulated.\n64 specifications")
    assert f"{held}%的置信区间包含0.38。" in drawing.draw("zh").note
    assert drawing.draw("zh").title == "曲线"


def test_the_reference_is_that_of_the_curve_unless_given() -> None:
    for given, place, text in ((None, 0.38, "0.38"), ((0.5, "other"), 0.5, "other")):
        axes = spec_curve_plot(curve(), references=given).draw("en").figure.axes[0]
        claims = [line for line in axes.lines if line.get_color() == CLAIM]
        assert [(line.get_ydata()[0], line.get_label()) for line in claims] == [(place, text)]


def test_cells_without_estimate_are_counted_in_the_note() -> None:
    partly = specification_curve(Choices("log(rd_intensity)", ["log(fiscal_sci_exp)", "fixed"], ["c1"], effects=["province", ""]), panel())
    drawing = spec_curve_plot(partly).draw("en")
    assert len(drawing.data) == 6
    assert "2 more could not be estimated." in drawing.note
    assert drawing.note.endswith("Only 31 clusters by province: with so few, t tests reject too often.")
    assert "另有2个设定无法估计" in spec_curve_plot(partly).draw("zh").note


def test_a_single_cell_and_named_sets_can_be_drawn() -> None:
    single = specification_curve(Choices("log(rd_intensity)", "log(fiscal_sci_exp)"), panel())
    figure = spec_curve_plot(single, width="one").draw("zh").figure
    assert [t.get_text() for t in figure.axes[1].get_yticklabels()] == []
    named = specification_curve(Choices("log(rd_intensity)", "log(fiscal_sci_exp)", {"short": [], "long": ["c1", "c2"]}), panel())
    figure = spec_curve_plot(named, names={"short": Text("short", "短")}).draw("zh").figure
    assert [t.get_text() for t in figure.axes[1].get_yticklabels()] == ["控制变量", "短", "long"]


@dataclass(frozen=True)
class MadeUp:
    """What the figure reads of a curve."""

    frame: pd.DataFrame
    includes: np.ndarray
    controls: tuple[str, ...] = ()
    level: float = 0.95
    reference: float | None = None
    warnings: tuple[Note, ...] = ()
    choices: Choices = field(default_factory=lambda: Choices("y", "d"))

    @property
    def estimated(self) -> pd.DataFrame:
        return self.frame

    @property
    def names(self) -> Mapping[str, str]:
        return {}


def test_one_huge_interval_does_not_flatten_the_others() -> None:
    m = 300
    estimate = np.linspace(0.1, 0.5, m)
    half = np.full(m, 0.2)
    half[7] = 1e6
    frame = pd.DataFrame({"estimate": estimate, "std_error": half / 2, "p_value": 0.2, "conf_low": estimate - half})
    frame["conf_high"] = estimate + half
    frame[["outcome", "treatment", "controls", "effects", "sample", "weights"]] = "x"
    frame["rows"] = 10
    drawing = spec_curve_plot(MadeUp(frame, np.empty((m, 0), dtype=bool))).draw("en")
    low, high = drawing.figure.axes[0].get_ylim()
    assert -3 < low < 0
    assert 0.7 < high < 4
    assert drawing.note.endswith("Beyond the axis: 1 interval.")


@pytest.mark.parametrize("bad", [0.38, (0.38,), ("0.38", "paper"), (np.nan, "paper")])
def test_a_reference_without_value_or_text_is_refused(bad: object) -> None:
    with pytest.raises(PresentationError, match=r"no value with a text[\s\S]*references=\[\(0.38"):
        spec_curve_plot(curve(), references=bad)  # type: ignore[arg-type]


def test_something_else_than_a_curve_is_refused() -> None:
    with pytest.raises(PresentationError, match="a DataFrame is no specification curve"):
        spec_curve_plot(curve().frame)

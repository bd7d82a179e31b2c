"""What holds for every figure: both languages without boxes, everything inside the canvas, equal bytes, settings and inputs untouched."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text as Artist

from toolkit.estimate import Choices, SpecificationCurve, specification_curve
from toolkit.language import LANGUAGES, Language, Text
from toolkit.panel import Panel
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.bars import share_bars, stacked_decomposition
from toolkit.present.figures.coefficient import coefficient_plot
from toolkit.present.figures.distributions import lorenz_curve
from toolkit.present.figures.matrix import coverage_heatmap
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.figures.scatter import scatter_with_fit
from toolkit.present.figures.spec_curve import spec_curve_plot
from toolkit.present.figures.tiles import tile_grid
from toolkit.present.figures.trend import trend_lines
from toolkit.present.style import to_png, to_svg
from toolkit.present.words.labels import PROVINCES

LARGEST_PNG = 400_000  # bytes; what a page can carry a dozen of
EDGE = 1.5  # pixels that a glyph may reach over its box
PROVINCES_31 = list(PROVINCES)[:31]
TITLE = Text(
    "R&D intensity ≈ 2.5% — a rather long title that has to be broken into two lines",
    "研发强度（%）：一个相当长、需要折成两行才能放得下的标题，用来检验折行是否正确",
)
NOTE = Text("Source: made-up numbers for the tests.", "数据来源：测试用的虚构数字。")
# An extreme label, because users paste whole sentences.
LONG = "a label that goes on and on because somebody pasted the whole definition of the variable into it, with no thought of the reader"


@dataclass(frozen=True)
class MadeUp:
    """The part of an estimate that a coefficient plot reads."""

    terms: tuple[str, ...]
    beta: tuple[float, ...]
    error: float

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        reach = {0.95: 2.0, 0.90: 1.7}[level] * self.error
        beta = np.array(self.beta)
        return pd.DataFrame(
            {"term": self.terms, "estimate": beta, "std_error": self.error, "conf_low": beta - reach, "conf_high": beta + reach}
        )


def panel(seed: int = 3, scale: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    years = np.arange(2015, 2025)
    frame = pd.DataFrame([(p, y) for p in PROVINCES_31 for y in years], columns=["province", "year"])
    level = dict(zip(PROVINCES_31, np.exp(rng.normal(size=31)), strict=True))
    frame["x"] = [level[p] * 1.05 ** (y - 2015) for p, y in zip(frame["province"], frame["year"], strict=True)]
    frame["x"] = frame["x"] * scale
    frame["y"] = frame["x"] ** 0.8 * np.exp(rng.normal(scale=0.2, size=len(frame)))
    frame["region4"] = [("East", "Central", "West", "Northeast")[PROVINCES_31.index(p) % 4] for p in frame["province"]]
    return frame


def estimates() -> dict[str | Text, object]:
    both = ("log(fiscal_sci_exp)", "log(gdp_per_capita)")
    return {
        Text("Pooled", "混合回归"): MadeUp(both, (0.31, 0.2), 0.05),
        Text("Province effects", "省份固定效应"): MadeUp(both, (0.12, -0.3), 0.08),
        LONG: MadeUp(both[:1], (0.02,), 0.03),
    }


def shares() -> pd.DataFrame:
    return pd.DataFrame({"indicator": ["rd_expenditure", "gdp", LONG], "reading": ["a"] * 3, "share": [55.0, 41.0, 72.25]})


@lru_cache
def curve(controls: int) -> SpecificationCurve:
    frame = panel().assign(**{f"c{j}": np.random.default_rng(j).normal(size=310) for j in range(controls)})
    choices = Choices("log(y)", ["log(x)", "L(log(x), 1)"], [f"c{j}" for j in range(controls)], effects=["province", "province + year", ""])
    return specification_curve(choices, Panel(frame, "province", "year"))


EXAMPLES: dict[str, Callable[[], FigureExhibit]] = {
    "coefficient": lambda: coefficient_plot(
        estimates(),
        "log(fiscal_sci_exp)",
        references=(0.38, Text("paper: 0.38", "论文：0.38")),
        title=TITLE,
        notes=NOTE,  # type: ignore[arg-type]
    ),
    "coefficients": lambda: coefficient_plot(estimates(), ("log(fiscal_sci_exp)", "log(gdp_per_capita)"), width="one"),  # type: ignore[arg-type]
    "trend": lambda: trend_lines(panel(), "year", "x", "province", title=TITLE, notes=NOTE),
    "trend_highlight": lambda: trend_lines(
        panel(scale=1e9),
        "year",
        "x",
        "province",
        highlight=["Tibet", "Beijing"],
        references=[(2e9, Text("nation", "全国"))],
        breaks=[(2018, Text("census", "普查")), (2023, "second")],
        width="one",
    ),
    "trend_log": lambda: trend_lines(panel(), "year", "x", "province", highlight=["Beijing"], scale="log"),
    "lorenz": lambda: lorenz_curve(panel().query("year in (2015, 2024)"), "x", by="year", title=TITLE, notes=NOTE),
    "lorenz_wide": lambda: lorenz_curve(panel().query("year == 2024"), "x", by="region4", weight="y", width="two"),
    "scatter": lambda: scatter_with_fit(
        panel().query("year == 2024"), "x", "y", label="province", group="region4", log="both", title=TITLE
    ),
    "scatter_one": lambda: scatter_with_fit(panel(scale=1e9), "x", "y", width="one", height=3.0),
    "shares": lambda: share_bars(
        shares(), "indicator", "share", references=(66.7, Text("two thirds", "三分之二")), title=TITLE, notes=NOTE
    ),
    "shares_readings": lambda: share_bars(
        pd.concat([shares(), shares().assign(reading="b", share=[20.0, 30.0, 90.0])]), "indicator", "share", reading="reading", width="one"
    ),
    "stacked": lambda: stacked_decomposition(
        pd.DataFrame({"year": [2019, 2020, 2021], "between": [0.1, 0.12, -0.02], "within": [0.2, 0.2, 0.25]}),
        "year",
        ["between", "within"],
        title=TITLE,
    ),
    "coverage": lambda: coverage_heatmap(
        pd.DataFrame(
            np.clip(np.arange(50 * 19).reshape(50, 19) % 160, 0, 31), index=[f"variable {i}" for i in range(50)], columns=range(2006, 2025)
        ),
        full=31,
    ),
    "multiples": lambda: small_multiples(
        panel().query("province < 'H'"), "year", "x", "province", group="region4", vertical="free", breaks=(2019,), title=TITLE, notes=NOTE
    ),
    "tiles": lambda: tile_grid(panel().query("year == 2024").set_index("province")["x"], "rd_intensity", title=TITLE, notes=NOTE),
    "spec_curve": lambda: spec_curve_plot(
        curve(3), references=(0.38, Text("paper: 0.38", "论文：0.38")), title=TITLE, notes=NOTE, width="one"
    ),
    "spec_curve_large": lambda: spec_curve_plot(curve(8), title=TITLE),
    "tiles_panels": lambda: tile_grid(
        panel(scale=1e9).query("year in (2015, 2019, 2024)").pivot(index="province", columns="year", values="x"), palette="quantile"
    ),
    "tiles_one": lambda: tile_grid({p: i - 15.0 for i, p in enumerate(PROVINCES_31)}, palette="diverging", width="one"),
}


def draw_anew(name: str, language: Language) -> Drawing:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a missing glyph is a warning; so is a layout that collapsed
        return EXAMPLES[name]().draw(language)


drawn = lru_cache(maxsize=None)(draw_anew)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_whole_and_legible(name: str, language: Language) -> None:
    before = copy.deepcopy(dict(matplotlib.rcParams))
    drawing = drawn(name, language)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        png = to_png(drawing.figure)
    assert len(png) < LARGEST_PNG
    assert dict(matplotlib.rcParams) == before
    figure = drawing.figure
    box, dpi = figure.get_tightbbox(), figure.dpi
    width, height = figure.get_size_inches()
    assert min(box.x0, box.y0, width - box.x1, height - box.y1) * dpi > -EDGE
    assert all(np.isfinite(text.get_fontsize()) and text.get_fontsize() >= 5.0 for text in figure.findobj(Artist) if text.get_text())
    assert isinstance(drawing.data, pd.DataFrame)
    assert len(drawing.data)
    assert all(isinstance(c, str) and c.isascii() for c in drawing.data.columns)


@pytest.mark.parametrize("name", ["trend_highlight", "scatter", "tiles", "stacked", "spec_curve_large"])
def test_same_bytes_twice(name: str) -> None:
    first, second = draw_anew(name, "zh").figure, draw_anew(name, "zh").figure
    assert to_png(first) == to_png(second)
    assert to_svg(first) == to_svg(second)


@pytest.mark.parametrize("name", EXAMPLES)
def test_title_and_note_are_in_the_language(name: str) -> None:
    english, chinese = drawn(name, "en"), drawn(name, "zh")
    for drawing, language in ((english, "en"), (chinese, "zh")):
        shown = drawing.figure.get_suptitle().replace("\n", "").replace(" ", "")
        assert shown == drawing.title.replace(" ", "")
        assert drawing.title in ("", TITLE.to(language))  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(english.data, chinese.data)


def test_names_of_groups_that_are_ids_stand_at_the_ends_of_their_lines() -> None:
    frame = panel().assign(province=lambda rows: rows["province"].map({"Beijing": "capital"}).fillna(rows["province"]))
    exhibit = trend_lines(frame, "year", "x", "province", names={"capital": Text("The capital", "首都")})
    for language, shown in (("en", "The capital"), ("zh", "首都")):
        written = [text.get_text() for text in exhibit.draw(language).figure.axes[0].texts]  # type: ignore[arg-type]
        assert shown in written
        assert "capital" not in written


def test_inputs_come_back_unchanged() -> None:
    frame = panel()
    kept = frame.copy(deep=True)
    for exhibit in (
        trend_lines(frame, "year", "x", "province"),
        scatter_with_fit(frame, "x", "y", label="province", select=[]),
        lorenz_curve(frame, "x", by="region4"),
        small_multiples(frame, "year", "x", "province"),
    ):
        first = exhibit.draw("en").data
        held = first.copy()
        first.iloc[:, -1] = 0.0
        pd.testing.assert_frame_equal(exhibit.draw("en").data, held)
    pd.testing.assert_frame_equal(frame, kept)


def test_drawing_leaves_nothing_in_pyplot() -> None:
    from matplotlib import pyplot

    draw_anew("shares", "en")
    assert pyplot.get_fignums() == []

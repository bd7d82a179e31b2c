"""Bad, tiny and badly scaled input: a figure that can be read, or an error that names the thing and the remedy."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import MeasureError, MissingColumn, PresentationError, ToolkitError, UnknownOption, UnknownProvince
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.bars import share_bars, stacked_decomposition
from toolkit.present.figures.coefficient import coefficient_plot
from toolkit.present.figures.distributions import lorenz_curve
from toolkit.present.figures.matrix import coverage_heatmap
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.figures.scatter import scatter_with_fit
from toolkit.present.figures.tiles import tile_grid
from toolkit.present.figures.trend import trend_lines
from toolkit.present.style import to_png

FRAME = pd.DataFrame({"year": [2020, 2021], "province": ["Beijing", "Beijing"], "v": [1.0, 2.0], "zero": [0.0, 1.0], "word": ["1", "n/a"]})
EMPTY = FRAME.iloc[:0]
MISSING = FRAME.assign(v=np.nan)
TWICE = pd.concat([FRAME, FRAME])
MANY = pd.DataFrame({"year": 2020, "g": range(70), "v": 1.0})


class MadeUp:
    terms = ("log(gdp)",)

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        return pd.DataFrame({"term": self.terms, "estimate": [2e9], "std_error": [1e8], "conf_low": [1e9], "conf_high": [3e9]})


@pytest.mark.parametrize(
    ("draw", "error", "words"),
    [
        (lambda: trend_lines(FRAME, "yaer", "v"), MissingColumn, r"(?s)'yaer'.*did you mean year"),
        (lambda: trend_lines(EMPTY, "year", "v"), PresentationError, "nothing to draw: none of 0 rows"),
        (lambda: trend_lines(MISSING, "year", "v"), PresentationError, "none of 2 rows has all of year, v"),
        (lambda: trend_lines(FRAME, "year", "word"), PresentationError, r"(?s)'word'; 'n/a' is text.*row label 1"),
        (lambda: trend_lines(TWICE, "year", "v", "province"), PresentationError, r"(?s)2 repeated rows.*province Beijing, year 2020"),
        (lambda: trend_lines(FRAME, "year", "zero", scale="log"), PresentationError, r"(?s)zero = 0.*year 2020.*linear"),
        (lambda: trend_lines(FRAME, "year", "v", scale="sqrt"), UnknownOption, "linear, log"),  # type: ignore[arg-type]
        (lambda: trend_lines(FRAME, "year", "v", "province", highlight=["Bejing"]), PresentationError, r"(?s)'Bejing'.*province: Beijing"),
        (lambda: scatter_with_fit(FRAME, "zero", "v", label="province", log="x"), PresentationError, r"(?s)zero = 0.*Beijing.*log='none'"),
        (lambda: scatter_with_fit(FRAME, "zero", "v", label="province", select=["Hebei"]), PresentationError, "'Hebei'"),
        (lambda: scatter_with_fit(FRAME, "v", "zero", log="all"), UnknownOption, "none, x, y, both"),  # type: ignore[arg-type]
        (lambda: lorenz_curve(FRAME.assign(v=-1.0), "v"), MeasureError, "negative"),
        (lambda: lorenz_curve(MANY, "v", by="g"), PresentationError, "70 Lorenz curves"),
        (lambda: share_bars(TWICE, "province", "v"), PresentationError, "repeated"),
        (lambda: stacked_decomposition(FRAME, "year", []), PresentationError, "no parts"),
        (
            lambda: stacked_decomposition(FRAME, "year", ["v"], total="zero"),
            PresentationError,
            r"(?s)add up to 1, but zero is 0.*year 2020",
        ),
        (lambda: coverage_heatmap(pd.DataFrame()), PresentationError, "no cell"),
        (lambda: coverage_heatmap(pd.DataFrame({2020: [32]}, index=["gdp"]), full=31), PresentationError, r"(?s)above 31: 32.*gdp, 2020"),
        (lambda: coverage_heatmap(pd.DataFrame({2020: [-1]}, index=["gdp"])), PresentationError, "negative"),
        (lambda: coverage_heatmap(pd.DataFrame({2020: ["x"]}, index=["gdp"])), PresentationError, "whole numbers"),
        (lambda: small_multiples(MANY, "year", "v", "g"), PresentationError, "70 panels"),
        (lambda: small_multiples(MANY.assign(f="a"), "year", "v", "f", group="g"), PresentationError, "70 lines"),
        (lambda: tile_grid({"Bejing": 1.0}), UnknownProvince, r"(?s)'Bejing'.*did you mean Beijing"),
        (lambda: tile_grid({"陕": 1.0}), UnknownProvince, "陕"),
        (lambda: tile_grid({110001: 1.0}), UnknownProvince, "110001"),
        (lambda: tile_grid({"Beijing": 1.0, "北京": 2.0}), PresentationError, "Beijing has 2 values"),
        (lambda: tile_grid({"Beijing": np.inf}), PresentationError, r"(?s)infinite.*Beijing"),
        (lambda: tile_grid({"Beijing": np.nan}), PresentationError, "no value to show"),
        (lambda: tile_grid({}), PresentationError, "no value to show"),
        (lambda: tile_grid({"Beijing": "high"}), PresentationError, "needs numbers"),  # type: ignore[dict-item]
        (lambda: tile_grid({"Beijing": 1.0}, palette="rainbow"), UnknownOption, "sequential, diverging, quantile"),  # type: ignore[arg-type]
        (lambda: coefficient_plot([], "x"), PresentationError, "no estimates"),
        (lambda: coefficient_plot([MadeUp()], "gdp"), PresentationError, r"(?s)'gdp'.*did you mean log\(gdp\)"),  # type: ignore[list-item]
    ],
)
def test_bad_input_is_named(draw: Callable[[], FigureExhibit], error: type[ToolkitError], words: str) -> None:
    with pytest.raises(error, match=words):
        draw()


ONE = FRAME.iloc[:1]
HUGE = FRAME.assign(v=[1e12, -3e12])
TINY = FRAME.assign(v=[1e-7, 3e-7])
FLAT = FRAME.assign(v=5.0)


@pytest.mark.parametrize(
    ("frame", "width"),
    [(ONE, "one"), (HUGE, "one"), (HUGE, "two"), (TINY, "two"), (FLAT, "one")],
    ids=["one row", "1e12 and negative, narrow", "1e12 and negative", "1e-7", "constant"],
)
def test_odd_input_gives_a_whole_figure(frame: pd.DataFrame, width: str) -> None:
    values = frame["v"].to_numpy()
    exhibits = [
        trend_lines(frame, "year", "v", width=width),  # type: ignore[arg-type]
        trend_lines(frame, "year", "v", "province", width=width),  # type: ignore[arg-type]
        scatter_with_fit(frame, "year", "v", label="province", width=width),  # type: ignore[arg-type]
        share_bars(frame, "year", "v", width=width),  # type: ignore[arg-type]
        stacked_decomposition(frame, "year", ["v"], width=width),  # type: ignore[arg-type]
        small_multiples(frame, "year", "v", "province", width=width),  # type: ignore[arg-type]
        tile_grid(dict(zip(("Beijing", "Tibet"), values, strict=False)), width=width),  # type: ignore[arg-type]
        tile_grid(dict(zip(("Beijing", "Tibet"), values, strict=False)), palette="quantile", width=width),  # type: ignore[arg-type]
        tile_grid(dict(zip(("Beijing", "Tibet"), values, strict=False)), palette="diverging", width=width),  # type: ignore[arg-type]
        coefficient_plot([MadeUp()], "log(gdp)", width=width),  # type: ignore[list-item,arg-type]
    ]
    for exhibit in exhibits:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            figure = exhibit.draw("zh").figure
            assert to_png(figure)[:4] == b"\x89PNG"
        box = figure.get_tightbbox()
        assert box.x0 > -0.01
        assert box.x1 < figure.get_figwidth() + 0.01

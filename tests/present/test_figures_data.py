"""The numbers behind the figures are the numbers that went in, and what is computed agrees with an outside source."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from toolkit.errors import PresentationError
from toolkit.language import Text
from toolkit.measure.inequality.gini import gini
from toolkit.present.figures.bars import share_bars, stacked_decomposition
from toolkit.present.figures.coefficient import coefficient_plot
from toolkit.present.figures.distributions import lorenz_curve
from toolkit.present.figures.matrix import coverage_heatmap
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.figures.scatter import fitted_line, scatter_with_fit
from toolkit.present.figures.tiles import tile_grid
from toolkit.present.figures.trend import trend_lines
from toolkit.present.style import CLAIM, PALETTE

EXACT = 1e-12  # relative: the same double, up to one reordering of a sum
DISPLAYED = 1e-9  # relative: statsmodels solves by QR, the line by cross-products
RNG = np.random.default_rng(11)


class MadeUp:
    """An estimate with given numbers and intervals of 1.7 and 2 standard errors."""

    def __init__(self, **beta: float) -> None:
        self.terms = tuple(beta)
        self.beta = np.array(list(beta.values()))

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        reach = {0.95: 0.2, 0.90: 0.17}[level]
        beta = self.beta
        return pd.DataFrame({"term": self.terms, "estimate": beta, "std_error": 0.1, "conf_low": beta - reach, "conf_high": beta + reach})


def test_coefficients_and_both_intervals() -> None:
    named: dict[str | Text, object] = {Text("Pooled", "混合"): MadeUp(x=0.3, z=1.0), "FE": MadeUp(x=0.1), "no x": MadeUp(z=2.0)}
    drawing = coefficient_plot(named, "x", references=(0.38, "paper")).draw("en")  # type: ignore[arg-type]
    data = drawing.data.set_index("model")
    assert data.index.tolist() == ["Pooled", "FE"]
    assert data.loc["FE", ["low_95", "low_90", "estimate", "high_90", "high_95"]].tolist() == pytest.approx(
        [-0.1, -0.07, 0.1, 0.27, 0.3], rel=EXACT
    )
    axes = drawing.figure.axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["Pooled", "FE"]
    claims = [line for line in axes.lines if line.get_color() == CLAIM]
    assert [line.get_xdata()[0] for line in claims] == [0.38]


def test_several_terms_are_rows_and_estimates_stand_apart() -> None:
    data = coefficient_plot([MadeUp(x=0.3, z=1.0), MadeUp(x=0.1)], ["x", "z"]).draw("en").data  # type: ignore[list-item]
    assert list(zip(data["model"], data["term"], data["estimate"], strict=True)) == [
        ("(1)", "x", 0.3),
        ("(1)", "z", 1.0),
        ("(2)", "x", 0.1),
    ]


def test_trend_draws_each_group_in_order_of_time() -> None:
    frame = pd.DataFrame({"year": [2021, 2020, 2020, 2021], "g": ["b", "b", "a", "a"], "v": [4.0, 3.0, 1.0, np.nan]})
    drawing = trend_lines(frame, "year", "v", "g", highlight=["b"]).draw("en")
    assert drawing.data.to_numpy().tolist() == [["a", 2020.0, 1.0], ["b", 2020.0, 3.0], ["b", 2021.0, 4.0]]
    front = [line for line in drawing.figure.axes[0].lines if line.get_color() == PALETTE[0]]
    assert [line.get_ydata().tolist() for line in front] == [[3.0, 4.0]]


def test_lorenz_carries_the_gini_of_the_measure() -> None:
    values, weights = RNG.lognormal(size=31), RNG.uniform(1, 9, size=31)
    frame = pd.DataFrame({"v": values, "w": weights})
    data = lorenz_curve(frame, "v", weight="w").draw("zh").data
    assert data["gini"].iloc[0] == pytest.approx(gini(values, weights), rel=EXACT)
    area = np.trapezoid(data["value_share"], data["population_share"])
    assert 1 - 2 * area == pytest.approx(gini(values, weights), rel=DISPLAYED)


def test_lorenz_counts_the_rows_it_leaves_out() -> None:
    frame = pd.DataFrame({"v": [1.0, 2.0, np.nan, np.nan]})
    assert "2" in lorenz_curve(frame, "v").draw("en").note
    assert "2 个观测" in lorenz_curve(frame, "v").draw("zh").note


@pytest.mark.parametrize("log", ["none", "x", "y", "both"])
@pytest.mark.parametrize("scale", [1.0, 1e9])
def test_fitted_line_and_band_are_those_of_statsmodels(log: str, scale: float) -> None:
    import statsmodels.api as sm

    x = RNG.lognormal(size=40) * scale
    y = x**0.7 * RNG.lognormal(sigma=0.3, size=40)
    line = fitted_line(x, y, log)  # type: ignore[arg-type]
    assert line is not None
    u, v = (np.log(x) if log in ("x", "both") else x), (np.log(y) if log in ("y", "both") else y)
    fit = sm.OLS(v, sm.add_constant(u / u.std())).fit()
    grid = np.log(line.x) if log in ("x", "both") else line.x
    band = fit.get_prediction(sm.add_constant(grid / u.std())).summary_frame(alpha=0.05)
    assert line.slope == pytest.approx(fit.params[1] / u.std(), rel=DISPLAYED)
    assert line.r_squared == pytest.approx(fit.rsquared, rel=DISPLAYED)
    for got, column in ((line.y, "mean"), (line.low, "mean_ci_lower"), (line.high, "mean_ci_upper")):
        wanted = np.exp(band[column]) if log in ("y", "both") else band[column]
        np.testing.assert_allclose(got, wanted, rtol=1e-7, atol=1e-7 * np.abs(line.y).max())


def test_no_line_through_points_of_one_x() -> None:
    assert fitted_line(np.array([2.0, 2.0, 2.0, 2.0]), np.arange(4.0)) is None
    assert fitted_line(np.array([1.0, 2.0]), np.array([1.0, 2.0])) is None
    note = scatter_with_fit(pd.DataFrame({"x": [1.0, 2.0], "y": [1.0, 2.0]}), "x", "y").draw("zh").note
    assert "不绘制拟合线" in note


def test_scatter_keeps_points_and_writes_only_selected_names() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, np.nan], "y": [1.0, 4.0, 2.0, 0.0], "province": ["Beijing", "Hebei", "Jilin", "Tibet"]})
    drawing = scatter_with_fit(frame, "x", "y", label="province", select=["Hebei"]).draw("zh")
    assert drawing.data["x"].tolist() == [1.0, 2.0, 3.0]
    assert [t.get_text() for t in drawing.figure.axes[0].texts if t.get_text()] == ["河北"]


def test_bars_have_the_lengths_of_the_shares() -> None:
    frame = pd.DataFrame({"indicator": ["a", "b"], "share": [61.0, -7.5]})
    axes = share_bars(frame, "indicator", "share", references=(66.7, "claim")).draw("en").figure.axes[0]
    assert [bar.get_width() for bar in axes.patches if isinstance(bar, Rectangle)] == [61.0, -7.5]
    assert [t.get_text() for t in axes.texts] == ["61.0", "−7.5"]
    low, high = axes.get_xlim()
    assert low < -7.5
    assert high > 66.7


def test_stack_reaches_the_total_and_negative_parts_hang_below_zero() -> None:
    frame = pd.DataFrame({"year": [2020, 2019], "a": [1.0, 2.0], "b": [3.0, -1.0], "t": [4.0, 1.0]})
    drawing = stacked_decomposition(frame, "year", ["a", "b"], total="t").draw("en")
    bars = {(round(p.get_x() + p.get_width() / 2), p.get_height()): p.get_y() for p in drawing.figure.axes[0].patches}
    assert bars == {(2019, 2.0): 0.0, (2020, 1.0): 0.0, (2019, -1.0): 0.0, (2020, 3.0): 1.0}
    assert drawing.data["t"].tolist() == [1.0, 4.0]


def test_coverage_is_long_and_numbers_stand_where_something_is_missing() -> None:
    counts = pd.DataFrame({2019: [31, 0], 2020: [30, np.nan]}, index=["gdp", "rd"])
    drawing = coverage_heatmap(counts, full=31).draw("en")
    assert drawing.data.to_numpy().tolist() == [["gdp", 2019, 31], ["rd", 2019, 0], ["gdp", 2020, 30], ["rd", 2020, 0]]
    assert [t.get_text() for t in drawing.figure.axes[0].texts] == ["30"]


def test_panels_hold_their_own_rows() -> None:
    frame = pd.DataFrame({"year": [2019, 2020] * 3, "p": ["a", "a", "b", "b", "c", "c"], "v": np.arange(6.0)})
    drawing = small_multiples(frame, "year", "v", "p").draw("en")
    shown = {axes.get_title(loc="left"): axes.lines[0].get_ydata().tolist() for axes in drawing.figure.axes if axes.lines}
    assert shown == {"a": [0.0, 1.0], "b": [2.0, 3.0], "c": [4.0, 5.0]}


def test_panels_can_have_bands_and_names() -> None:
    frame = pd.DataFrame({"year": [2019, 2020, 2023], "p": "a", "v": [1.0, 2.0, 3.0], "low": [0.5, 1.0, 2.5], "high": [1.5, 4.0, 3.5]})
    axes = small_multiples(frame, "year", "v", "p", band=("low", "high"), names={"a": "Alpha"}).draw("en").figure.axes[0]
    assert axes.get_title(loc="left") == "Alpha"
    (shade,) = axes.collections
    edges = np.concatenate([path.vertices for path in shade.get_paths()])
    assert {(2020.0, 4.0), (2020.0, 1.0), (2019.0, 0.5)} <= set(map(tuple, edges))
    assert axes.get_ylim()[1] > 4.0
    assert not any(2020 < x < 2023 for x in edges[:, 0])
    with pytest.raises(PresentationError, match=r"(?s)lower end low above its upper end high.*p a, year 2020"):
        small_multiples(frame.assign(low=[0.5, 5.0, 2.5]), "year", "v", "p", band=("low", "high"))


def test_tiles_accept_names_in_both_languages_and_codes() -> None:
    wanted = tile_grid({"Beijing": 6.5, "Shanghai": 4.4}).draw("en").data
    for values in ({"北京": 6.5, "上海": 4.4}, {110000: 6.5, 310000: 4.4}, pd.Series({"上海": 4.4, "Beijing": 6.5})):
        pd.testing.assert_frame_equal(tile_grid(values).draw("zh").data, wanted)  # type: ignore[arg-type]
    assert wanted["value"].notna().sum() == 2
    assert wanted["province"].is_unique


def test_tiles_without_value_are_dashed_and_noted() -> None:
    for language, words in (("en", "no data"), ("zh", "无数据")):
        drawing = tile_grid({"Beijing": 6.5, "Tibet": np.nan, "Hebei": 1.0}).draw(language)  # type: ignore[arg-type]
        axes = drawing.figure.axes[0]
        assert sum(t.get_text() == words for t in axes.texts) == 32
        dashed = [p for p in axes.patches if to_hex(p.get_facecolor()) == "#ffffff"]
        assert len(dashed) == 32
    assert "不表示疆域界线" in drawing.note
    assert "港" not in drawing.title


def test_darker_tiles_hold_larger_values() -> None:
    from toolkit.present.style import lightness

    values = {"Beijing": 3.0, "Tianjin": 1.0, "Hebei": 2.0}
    axes = tile_grid(values).draw("en").figure.axes[0]
    shade = {
        t.get_text()[0]: lightness(to_hex(p.get_facecolor()))
        for t, p in zip(axes.texts[::2], axes.patches, strict=True)
        if to_hex(p.get_facecolor()) != "#ffffff"
    }
    assert shade["B"] < shade["H"] < shade["T"]


def test_each_estimate_can_have_its_own_term() -> None:
    from toolkit.estimate import fit_pooled
    from toolkit.panel import Panel

    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"firm": np.repeat(list("abcdefgh"), 5), "year": np.tile(range(5), 8), "x": rng.normal(size=40)})
    panel = Panel(frame.assign(y=frame["x"] + rng.normal(size=40)), "firm", "year")
    estimates = {"now": fit_pooled("y ~ x", panel), "before": fit_pooled("y ~ L(x, 1)", panel)}
    drawn = coefficient_plot(estimates, {"now": "x", "before": "L(x, 1)"}).draw("en").data
    assert drawn[["model", "term"]].to_numpy().tolist() == [["now", "x"], ["before", "L(x, 1)"]]
    assert drawn["estimate"].tolist() == [e.coefficient(t).estimate for e, t in zip(estimates.values(), ("x", "L(x, 1)"), strict=True)]


def test_breaks_are_shaded_in_their_own_panel_only() -> None:
    frame = pd.DataFrame({"year": [2019, 2020, 2021] * 2, "variable": ["gdp"] * 3 + ["rd"] * 3, "growth": [2.0, 8.0, 3.0, 10.0, 14.0, 9.0]})
    first, second = small_multiples(frame, "year", "growth", "variable", breaks={"gdp": (2020,)}).draw("en").figure.axes[:2]
    assert (len(first.patches), len(second.patches)) == (1, 0)

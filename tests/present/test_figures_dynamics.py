"""Ridgeline, matrix and bump chart: the data behind them, legibility, and bad input by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import MissingColumn, PresentationError
from toolkit.language import LANGUAGES, Text
from toolkit.present.figures.bump import bump_chart
from toolkit.present.figures.distributions import ridgeline
from toolkit.present.figures.matrix import matrix_heatmap
from toolkit.present.style import to_png
from toolkit.present.words.labels import PROVINCES


def ranks() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    provinces = list(PROVINCES)[:31]
    return pd.DataFrame({"province": np.repeat(provinces, 4), "year": np.tile(range(2020, 2024), 31), "gdp": rng.gamma(2.0, 50.0, 124)})


def densities(periods: int = 5) -> pd.DataFrame:
    x = np.linspace(-3, 3, 50)
    parts = [pd.DataFrame({"year": 2000 + p, "gdp": x, "density": np.exp(-((x - p / 5) ** 2))}) for p in range(periods)]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.filterwarnings("error")
def test_drawn_in_both_languages_the_same_every_time(language: str) -> None:
    chain = pd.DataFrame([[0.9, 0.1], [0.25, 0.75]], index=["poor", "rich"], columns=["poor", "rich"])
    for exhibit in (
        bump_chart(ranks(), "year", "gdp", "province", title=Text("Ranks", "位次")),
        ridgeline(densities(), "year", "gdp", "density", title=Text("Densities", "密度")),
        matrix_heatmap(chain, counts=chain * 100, names={"poor": Text("poor", "低")}, row_label=Text("from", "起始")),
    ):
        first, second = (to_png(exhibit.draw(language).figure) for _ in range(2))  # type: ignore[arg-type]
        assert first == second
        assert len(first) < 800_000


def test_ranks_are_those_of_pandas_and_ties_share_the_better_one() -> None:
    frame = ranks()
    drawn = bump_chart(frame, "year", "gdp", "province").draw("en").data.sort_values(["province", "year"], ignore_index=True)
    frame = frame.sort_values(["province", "year"], ignore_index=True)
    assert drawn["rank"].tolist() == frame.groupby("year")["gdp"].rank(ascending=False).astype(int).tolist()
    tied = pd.DataFrame({"year": [1, 1, 1, 2, 2, 2], "g": list("abc") * 2, "gdp": [5.0, 5, 1, 1, 2, 3]})
    assert bump_chart(tied, "year", "gdp", "g").draw("en").data["rank"].tolist() == [1, 1, 3, 3, 2, 1]


def test_names_of_the_bump_chart_stay_inside_and_apart() -> None:
    figure = bump_chart(ranks(), "year", "gdp", "province").draw("en").figure
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts]
    width, height = figure.get_size_inches() * figure.dpi
    assert len(boxes) == 62
    assert all(box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height for box in boxes)
    for side in (boxes[0::2], boxes[1::2]):
        centres = sorted((box.y0 + box.y1) / 2 for box in side)
        assert min(np.diff(centres)) > 8


def test_matrix_keeps_its_numbers_and_leaves_missing_cells_white() -> None:
    table = pd.DataFrame([[0.5, np.nan], [0.0, 1.0]], index=["a", "b"], columns=["a", "b"])
    drawing = matrix_heatmap(table).draw("en")
    assert sorted(text.get_text() for text in drawing.figure.axes[0].texts) == ["0.00", "0.50", "1.00"]
    assert drawing.data["value"].tolist()[:2] == [0.5, 0.0]


def test_panels_of_densities_share_rows_and_have_their_own_axis() -> None:
    wide = densities(3).assign(variable="gdp")
    tall = densities(5).query("year >= 2002").assign(variable="rd_intensity", gdp=lambda d: 100 * d["gdp"])
    figure = ridgeline(pd.concat([wide, tall]), "year", "gdp", "density", panel="variable", width="two").draw("en").figure
    first, second = figure.axes
    assert [text.get_text() for text in first.get_yticklabels()] == ["2000", "2001", "2002", "2003", "2004"]
    assert list(first.get_yticks()) == list(second.get_yticks()) == [4, 3, 2, 1, 0]
    assert first.get_ylim() == second.get_ylim()
    assert second.get_xlim()[1] > 50 * first.get_xlim()[1]
    bases = [line.get_ydata()[0] for line in second.lines if len(line.get_ydata())]
    assert [round(float(base)) for base in bases] == [2, 1, 0]  # the first two rows of the second panel stay empty
    with pytest.raises(PresentationError, match=r"(?s)5 panels are too many.*column variable"):
        ridgeline(pd.concat([densities().assign(variable=name) for name in "abcde"]), "year", "gdp", "density", panel="variable")
    with pytest.raises(PresentationError, match="repeated"):
        ridgeline(pd.concat([wide, wide]), "year", "gdp", "density", panel="variable")


def test_matrices_side_by_side_share_one_scale_of_shades() -> None:
    one = pd.DataFrame([[0.5, 0.5], [0.0, 1.0]], index=["a", "b"], columns=["a", "b"])
    exhibit = matrix_heatmap(
        {"rd_intensity": one, "gdp": one / 2}, counts={"rd_intensity": one * 10, "gdp": one * 20}, width="two", labels="registry"
    )
    drawing = exhibit.draw("zh")
    first, second = drawing.figure.axes
    assert first.get_title(loc="left") == "R&D强度"
    shown = [np.asarray(axes.images[0].get_array()) for axes in (first, second)]
    assert shown[1] == pytest.approx(shown[0] / 2)
    assert [text.get_text() for text in second.texts][:2] == ["0.25", "(10)"]
    assert drawing.data.columns.tolist() == ["panel", "row", "column", "value"]
    assert drawing.data.query("panel == 'gdp'")["value"].tolist() == [0.25, 0.0, 0.25, 0.5]
    with pytest.raises(PresentationError, match=r"(?s)different rows or columns.*panels x and y"):
        matrix_heatmap({"x": one, "y": one.rename(index={"a": "c"})})
    with pytest.raises(PresentationError, match=r"(?s)counts have the shape None.*panel y"):
        matrix_heatmap({"x": one, "y": one}, counts={"x": one})
    with pytest.raises(PresentationError, match=r"(?s)no number.*panel y"):
        matrix_heatmap({"x": one, "y": one * np.nan})
    with pytest.raises(PresentationError, match="0 matrices"):
        matrix_heatmap({})


def test_bad_input_is_named() -> None:
    with pytest.raises(PresentationError, match="negative"):
        ridgeline(densities().assign(density=-1.0), "year", "gdp", "density")
    with pytest.raises(PresentationError, match="too many"):
        ridgeline(densities(31), "year", "gdp", "density")
    with pytest.raises(MissingColumn):
        ridgeline(densities(), "year", "gdp", "height")
    with pytest.raises(PresentationError, match="no value 'Atlantis'"):
        bump_chart(ranks(), "year", "gdp", "province", highlight=["Atlantis"])
    with pytest.raises(PresentationError, match="1 periods"):
        bump_chart(ranks().query("year == 2020"), "year", "gdp", "province")
    with pytest.raises(PresentationError, match="16 x 16"):
        matrix_heatmap(pd.DataFrame(np.ones((16, 16))))
    with pytest.raises(PresentationError, match="no number"):
        matrix_heatmap(pd.DataFrame([[np.nan]]))
    with pytest.raises(PresentationError, match="shape"):
        matrix_heatmap(pd.DataFrame([[1.0]]), counts=pd.DataFrame([[1, 2]]))

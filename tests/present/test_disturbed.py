"""What is committed does not hang on the last bit: the writers on inputs that are disturbed by a part in ten million million."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit import paths
from toolkit.data import load
from toolkit.estimate import fit
from toolkit.panel import Panel
from toolkit.present import describe, frame_table, regression_table, style
from toolkit.present.exhibit import FigureExhibit, TableExhibit, save
from toolkit.present.figures.coefficient import coefficient_plot
from toolkit.present.figures.forest import forest_plot
from toolkit.present.figures.scatter import scatter_with_fit
from toolkit.present.figures.trend import trend_lines

DISTURBANCE = 1e-13
COLUMNS = ["rd_intensity", "fiscal_sci_exp", "gdp_per_capita", "rd_expenditure"]


def panel(disturbance: float) -> Panel:
    """The provincial panel, each number moved by a random part of it."""
    whole = load("provincial_panel").between(2010, 2023)
    rng = np.random.default_rng(1)
    moved = {name: whole.frame[name] * (1 + disturbance * rng.uniform(-1, 1, len(whole.frame))) for name in COLUMNS}
    return whole.assign(**moved)


def scatter(data: Panel) -> FigureExhibit:
    return scatter_with_fit(
        data.between(2023, 2023).frame, "fiscal_sci_exp", "rd_intensity", label="province", group="region4", log="both", title="Scatter"
    )


def forest(data: Panel) -> FigureExhibit:
    rows = data.between(2020, 2023).frame.groupby("province")["rd_intensity"].agg(["mean", "min", "max"]).reset_index()
    return forest_plot(rows.set_axis(["province", "estimate", "low", "high"], axis=1), "province", title="Forest")


def lines(data: Panel) -> FigureExhibit:
    chosen = data.frame[data.frame["province"].isin(["Beijing", "Shanghai", "Hainan", "Gansu"])]
    return trend_lines(chosen, "year", "rd_intensity", group="province", title="Lines")


def coefficients(data: Panel) -> FigureExhibit:
    model = fit("log(rd_intensity) ~ log(fiscal_sci_exp) + log(gdp_per_capita) | province + year", data)
    return coefficient_plot(model, list(model.terms), title="Slopes")


def regression(data: Panel) -> TableExhibit:
    return regression_table(fit("log(rd_intensity) ~ log(fiscal_sci_exp) + log(gdp_per_capita) | province + year", data))


def description(data: Panel) -> TableExhibit:
    return describe(data, COLUMNS)


def listing(data: Panel) -> TableExhibit:
    sums = data.frame.groupby("year", as_index=False)["rd_expenditure"].sum()
    shares = sums.assign(share=sums["rd_expenditure"] / sums["rd_expenditure"].sum())
    return frame_table(shares, {"year": "Year", "rd_expenditure": "R&D", "share": "Share"})


@pytest.mark.parametrize("make", [scatter, forest, lines, coefficients, regression, description, listing])
def test_a_disturbed_last_digit_changes_no_byte(
    make: Callable[[Panel], TableExhibit | FigureExhibit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, disturbed = panel(0.0), panel(DISTURBANCE)
    fresh = [written(make(data), tmp_path / name, monkeypatch) for name, data in (("plain", plain), ("disturbed", disturbed))]
    texts = [{name: content for name, content in files.items() if not name.endswith(".png")} for files in fresh]
    assert texts[0] == texts[1]  # a new file holds the same
    assert written(make(disturbed), tmp_path / "plain", monkeypatch) == fresh[0]  # one that is there stays as it is, pictures too
    assert len(fresh[0]) == 3


def written(exhibit: TableExhibit | FigureExhibit, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The committed kinds of files after ``exhibit`` was saved to ``folder``."""
    folder.mkdir(exist_ok=True)
    monkeypatch.setattr(style, "PNG_DPI", 60)  # pictures are compared with each other, at any size
    for name in ("FIGURES", "TABLES"):
        monkeypatch.setattr(paths, name, folder)
    save(exhibit, "exhibit")
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.suffix in {".csv", ".md", ".png"}}


def test_the_disturbance_reaches_the_numbers() -> None:
    """A test of the test: the inputs differ, in almost every cell."""
    plain, moved = panel(0.0).frame["rd_intensity"], panel(DISTURBANCE).frame["rd_intensity"]
    assert (plain != moved).mean() > 0.9
    assert np.allclose(plain, moved, rtol=1e-12)


def test_six_digits_are_written_and_whole_numbers_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "TABLES", tmp_path)
    save(frame_table(pd.DataFrame({"x": [1 / 3, 12345678.0]}), {"x": "X"}), "t")
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == "x\n0.333333\n12345678\n"

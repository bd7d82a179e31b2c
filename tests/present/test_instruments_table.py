"""Estimates with instruments in a regression table: their own rows, and their warnings in both languages."""

import numpy as np
import pandas as pd
import pytest

from toolkit.estimate import fit_instruments
from toolkit.present.tables.regression import regression_table
from toolkit.present.words.words import said


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    z, q, u = rng.normal(size=(3, 300))
    return pd.DataFrame({"y": u, "d": 0.05 * z + u, "d2": q - z + u, "z": z, "q": q, "r": rng.normal(size=300)})


def test_strength_and_validity_have_rows_of_their_own(frame: pd.DataFrame) -> None:
    models = [fit_instruments("y ~ 1 | d ~ z + q", frame), fit_instruments("y ~ 1 | d + d2 ~ z + q + r", frame, method="liml")]
    table = regression_table(models).table("en")
    rows = {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in table.body}
    assert rows["Estimator"] == ["2SLS", "LIML"]
    assert rows["Kleibergen–Paap rk Wald F"][0] == f"{models[0].statistics['rk_wald_f']:.3f}"
    assert rows["Effective F"][0] == f"{models[0].statistics['effective_f']:.3f}"
    assert rows["p of over-identification"][1] == f"{models[1].statistics['overid_p']:.3f}"


def test_every_warning_is_noted_in_chinese(frame: pd.DataFrame) -> None:
    warnings = [
        *fit_instruments("y ~ 1 | d ~ z + q + I(2 * z)", frame).warnings,
        *fit_instruments("y ~ 1 | d + d2 ~ z + r", frame).warnings,
        *fit_instruments("y ~ 1 | d2 ~ z + q", frame.assign(y=frame["z"] + frame["q"])).warnings,
    ]
    starts = (
        "Instrument I",
        "Weak instruments: the effective",
        "Weak instruments: the rk",
        "Under-identification",
        "The instruments contradict",
    )
    for start in starts:
        assert any(str(w).startswith(start) for w in warnings), start
    for warning in warnings:
        (chinese,) = said([warning], "zh")
        assert "instrument" not in chinese
        assert "collinear" not in chinese

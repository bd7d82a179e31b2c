"""Bad input of fit_dynamic: each error names the thing and the remedy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import (
    EmptySample,
    EstimationError,
    FormulaError,
    MissingColumn,
    NotEstimable,
    NothingToEstimate,
    NotNumeric,
    PanelError,
    TooFewClusters,
    TooFewPeriods,
    ToolkitError,
    UnknownOption,
)
from toolkit.estimate import DynamicSettings, Lags, fit_dynamic, fit_pooled, long_run
from toolkit.estimate.dynamic.gmm import projection
from toolkit.panel import Panel

SYSTEM = DynamicSettings(estimator="system")
OWN: dict[str, Any] = {"y": (2, None)}


def panel(periods: int = 6, entities: int = 30) -> Panel:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"firm": np.repeat(np.arange(entities), periods), "year": np.tile(np.arange(2000, 2000 + periods), entities)})
    n = len(frame)
    frame["y"], frame["x"], frame["z"] = rng.normal(size=(3, n)).cumsum(axis=1)
    frame["fixed"], frame["text"], frame["empty"] = frame["firm"] % 4, "a", np.nan
    frame["exact"] = 2 * frame["x"] + frame["fixed"]
    return Panel(frame, "firm", "year", "firms")


def refused(error: type[ToolkitError], *parts: str, data: Panel | None = None, formula: str = "y ~ L(y, 1) + x", **kwargs: Any) -> None:
    with pytest.raises(error) as caught:
        fit_dynamic(formula, panel() if data is None else data, **({"gmm": OWN, "iv": ("x",)} | kwargs))
    for part in parts:
        assert part in str(caught.value)
    assert "remedy:" in str(caught.value)


def test_no_instruments() -> None:
    refused(EstimationError, "under-identified: no instrument is declared", "iv=(...)", gmm={}, iv=())
    refused(
        EstimationError,
        "under-identified: 5 instruments for 6 coefficients",
        "(and 4 periods)",
        formula="y ~ L(y, 1) + x | year",
        gmm={},
        iv=("z",),
    )


def test_fewer_instruments_than_coefficients() -> None:
    refused(
        EstimationError,
        "under-identified: 1 instruments for 2 coefficients",
        "L(y, 1), x",
        "1 from y",
        gmm={"y": (2, 2)},
        iv=(),
        settings=DynamicSettings(collapse=True),
    )


def test_too_few_periods() -> None:
    refused(TooFewPeriods, "no firm has two successive usable periods", "use fewer lags", data=panel(2))
    refused(TooFewPeriods, "no row has a usable lag of y", "lags 9 and deeper", gmm={"y": (9, None)})
    gaps = panel(8)
    every_other = gaps.keep(gaps.frame["year"] % 2 == 0)
    refused(TooFewPeriods, "no row one period earlier", data=every_other, formula="y ~ x", gmm={"x": (2, 2)}, iv=())


def test_one_entity() -> None:
    refused(TooFewClusters, "more than one entity", data=panel(9, 1))


def test_no_rows() -> None:
    refused(EmptySample, "missing empty", formula="y ~ L(y, 1) + empty")


def test_unknown_columns_and_text() -> None:
    refused(MissingColumn, "no column 'fixd'", "did you mean fixed?", gmm={"fixd": (1, 2)})
    refused(MissingColumn, "no column 'xx'", iv=("xx",))
    refused(NotNumeric, "text is not a column of numbers", gmm={"text": (1, 2)})


def test_instruments_declared_twice() -> None:
    refused(FormulaError, "the instrument x is declared twice", iv=("x", "x"))
    refused(FormulaError, "the instrument x is declared twice", gmm={**OWN, "x": (1, 2)}, iv=("x",))
    refused(FormulaError, "declared twice", gmm={"L(y, 1)": (1, 2), "L(y,1)": (2, 3)})
    refused(FormulaError, "declared twice", iv=("L(x, 0:1)", "x"))


def test_lags_that_are_none() -> None:
    refused(UnknownOption, "(3, 2) is no range of lags", gmm={"y": (3, 2)})
    refused(UnknownOption, "(-1, None) is no range of lags", gmm={"y": (-1, None)})
    refused(UnknownOption, "the lags of y are 2", gmm={"y": 2})
    refused(FormulaError, "'L(y, 1:2)' is not one numeric variable", gmm={"L(y, 1:2)": (1, 2)})
    refused(FormulaError, "'C(text)' is not one numeric variable", gmm={"C(text)": (1, 2)})
    refused(FormulaError, "cannot stand here", gmm={"y ~ x": (1, 2)})


def test_equations_that_are_none() -> None:
    refused(UnknownOption, "x is declared for the level equation", "estimator='system'", iv={"x": "level"})
    refused(UnknownOption, "y is declared for the level equation", gmm={"y": Lags(2, 3, "level")})
    refused(UnknownOption, "equation of x='levels' is not a choice", "did you mean 'level'?", iv={"x": "levels"}, settings=SYSTEM)


def test_groups_of_instruments_that_are_none() -> None:
    refused(UnknownOption, "the group 'prices' holds w", "declared: y, x", groups={"prices": ["w"]})


def test_settings_that_are_none() -> None:
    cases: list[dict[str, Any]] = [
        {"estimator": "sys"},
        {"transformation": "within"},
        {"steps": 3},
        {"covariance": "cluster"},
        {"weighting": "H2"},
        {"small_sample": "stata"},
        {"covariance": "conventional", "small_sample": "reghdfe"},
    ]
    for case in cases:
        with pytest.raises(UnknownOption, match="remedy:"):
            DynamicSettings(**case)


def test_formulas_that_do_not_fit() -> None:
    refused(FormulaError, "the effect fixed cannot be absorbed", "C(fixed)", formula="y ~ L(y, 1) + x | fixed")
    refused(FormulaError, "instruments are not accepted", formula="y ~ L(y, 1) | year | x ~ z")
    with pytest.raises(PanelError, match="fit_dynamic needs a panel"):
        fit_dynamic("y ~ L(y, 1)", panel().frame, gmm=OWN)  # type: ignore[arg-type]


def test_nothing_to_estimate() -> None:
    refused(NothingToEstimate, "fixed: no variation within firm", formula="y ~ fixed")
    refused(NothingToEstimate, "the outcome fixed does not change over time", formula="fixed ~ x")


@pytest.mark.filterwarnings("error")
def test_a_regressor_that_no_instrument_moves_with() -> None:
    """The instrument is the only one that varies in the rows of one year, where the regressor is constant."""
    made = panel()
    only = np.where(made.frame["year"] == 2005, 1.0, 0.0)
    data = made.assign(pulse=only * 0.0 + (made.frame["year"] == 2002) * 1.0, other=only * made.frame["z"])
    refused(EstimationError, "do not identify", data=data, formula="y ~ pulse", gmm={}, iv=("other",), settings=DynamicSettings(steps=1))


def test_a_perfect_fit_has_no_second_step() -> None:
    refused(NotEstimable, "perfect", "steps=1", formula="exact ~ x", gmm={"x": (1, 3)}, iv=())


def test_too_few_entities_for_a_second_step() -> None:
    few = panel(8, 4)
    refused(
        EstimationError, "rank 4, too little for 8 coefficients", "steps=1", data=few, formula="y ~ L(y, 1) + x | year", gmm={"y": (2, 3)}
    )
    one = fit_dynamic("y ~ L(y, 1) + x | year", few, gmm={"y": (2, 3)}, iv=("x",), settings=DynamicSettings(steps=1))
    assert any("too few entities (4) for a second step" in str(w) for w in one.warnings)
    assert "hansen" not in one.statistics
    assert np.isfinite(one.beta).all()


def test_long_runs_that_do_not_exist() -> None:
    data = panel()
    trend = data.assign(up=data.frame["year"] * 1.0 + 0.01 * data.frame["z"])
    with pytest.raises(NotEstimable, match="needs terms of its own and lags of y"):
        long_run(fit_pooled("y ~ x", data), "x")
    with pytest.raises(NotEstimable, match="no term 'w'"):
        long_run(fit_pooled("y ~ L(y, 1) + x", data), "w")
    explosive = fit_pooled("y ~ L(y, 1) + x", trend.assign(y=1.3 ** (trend.frame["year"] - 1999) + 0.001 * trend.frame["z"]))
    with pytest.raises(NotEstimable, match=r"the lags of y sum to 1\.\d+, so there is no long run"):
        long_run(explosive, "x")


@pytest.mark.filterwarnings("error")
def test_a_regressor_that_no_instrument_moves_with_has_its_message() -> None:
    zx = np.array([[1.0, 0.0], [2.0, 0.0], [0.5, 0.0]])
    with pytest.raises(EstimationError, match="no full rank"):
        projection(zx, np.eye(3))

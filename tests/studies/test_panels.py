"""Seven panels: the numbers of an independent first look, brute force, linearmodels, and what the pictures and sentences say."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from toolkit.data import load, load_frame
from toolkit.errors import NotEstimable, PresentationError
from toolkit.estimate import Coefficient, fit, fit_pooled
from toolkit.panel import Panel
from toolkit.paths import DATA_RAW
from toolkit.studies.firms import colombia, survey
from toolkit.studies.panels import cells, designs, evidence, first_stage, influence, seven, variants
from toolkit.studies.panels.seven import PanelResult

PRINTED = 5e-4  # the first look is known to three decimals
CLOSE = 6e-3  # where the first look had aggregates among its units
IDENTITY = 1e-9


@cache
def fitted() -> dict[str, designs.Models]:
    return designs.run({key: load(design.table) for key, design in designs.DESIGNS.items()})


@cache
def firms() -> colombia.Designs:
    return colombia.run(survey.prepare(load("firms_colombia_services"))).designs[survey.ALL]


@cache
def carried() -> dict[str, influence.Influence]:
    return influence.of_panels(fitted(), firms())


@cache
def results() -> tuple[PanelResult, ...]:
    return seven.results(fitted(), firms(), carried())


@cache
def found() -> pd.DataFrame:
    return variants.fit_variants(fitted(), carried())


def slope(key: str, model: designs.ModelName) -> Coefficient:
    return fitted()[key].elasticity(model)


@pytest.mark.parametrize(
    ("key", "model", "estimate", "std_error", "tolerance"),
    [
        ("provinces", "plain", 0.353, 0.087, PRINTED),
        ("provinces", "within", 0.280, 0.043, PRINTED),
        ("countries", "pooled", 0.270, 0.089, CLOSE),
        ("countries", "within", 0.151, 0.056, PRINTED),
        ("countries", "differences", 0.009, 0.009, PRINTED),
        ("states", "plain", 0.609, 0.072, CLOSE),
        ("states", "within", 0.090, 0.029, CLOSE),
        ("metros", "pooled", 0.452, 0.057, PRINTED),
        ("metros", "within", 0.016, 0.030, PRINTED),
        ("industries", "plain", 0.144, 0.045, PRINTED),
        ("industries", "within", 0.010, 0.022, PRINTED),
        ("universities", "pooled", 0.867, 0.017, CLOSE),
        ("universities", "within", 0.255, 0.050, CLOSE),
    ],
)
def test_the_first_look(key: str, model: designs.ModelName, estimate: float, std_error: float, tolerance: float) -> None:
    """Plain is without, pooled with year effects: the first look had them in countries, areas and universities."""
    c = slope(key, model)
    assert (c.estimate, c.std_error) == (pytest.approx(estimate, abs=tolerance), pytest.approx(std_error, abs=1e-3))


def test_the_first_look_had_the_undistributed_row_among_the_states() -> None:
    raw = pd.read_csv(DATA_RAW / "us_states" / "us_state_rd.csv")
    wide = raw.pivot(index=["state", "year"], columns="variable", values="value").reset_index()
    panel = Panel(wide[wide["state"] != "United States"], "state", "year")
    within = fit("log(company_paid) ~ log(federal_paid) | state + year", panel)
    pooled = fit_pooled("log(company_paid) ~ log(federal_paid)", panel)
    assert (within.counts.rows, within.counts.entities) == (394, 52)
    assert within.coefficient("log(federal_paid)").estimate == pytest.approx(0.090, abs=PRINTED)
    assert pooled.coefficient("log(federal_paid)").estimate == pytest.approx(0.609, abs=PRINTED)
    assert fitted()["states"].within.counts.rows == 392


def test_the_first_look_had_all_other_institutions_as_a_university_and_the_row_before_as_the_year_before() -> None:
    raw = pd.read_csv(DATA_RAW / "us_universities" / "us_university_rd.csv").sort_values(["institution", "year"])
    raw["other"], raw["before"] = raw["rd_total"] - raw["rd_federal"], raw.groupby("institution")["rd_federal"].shift()
    panel = Panel(raw, "institution", "year")
    current = fit("log(other) ~ log(rd_federal) | institution + year", panel)
    assert (current.counts.rows, current.counts.entities) == (8179, 650)
    assert current.coefficient("log(rd_federal)").estimate == pytest.approx(0.255, abs=PRINTED)
    lagged = fit("log(other) ~ log(before) | institution + year", panel).coefficient("log(before)")
    assert (lagged.estimate, lagged.std_error) == (pytest.approx(0.175, abs=PRINTED), pytest.approx(0.048, abs=PRINTED))
    by_calendar = found().set_index(["panel", "variant"]).loc[("universities", "lag"), "estimate"]
    assert by_calendar == pytest.approx(0.193, abs=PRINTED)


@pytest.mark.parametrize(
    ("key", "variant", "estimate", "std_error"),
    [
        ("provinces", "first_half", 0.141, 0.061),  # 0.084 without GDP per head
        ("provinces", "second_half", 0.146, 0.062),  # 0.138 without GDP per head
        ("provinces", "enterprises", 0.242, 0.051),
        ("countries", "recent", 0.186, 0.047),
        ("states", "gdp", 0.074, 0.039),
        ("states", "lag", 0.041, 0.043),
        ("industries", "no_sales", 0.056, 0.032),
        ("industries", "eras", 0.055, 0.022),
    ],
)
def test_variants_of_the_first_look(key: str, variant: str, estimate: float, std_error: float) -> None:
    row = found().set_index(["panel", "variant"]).loc[(key, variant)]
    assert (row["estimate"], row["std_error"]) == (pytest.approx(estimate, abs=1e-3), pytest.approx(std_error, abs=1e-3))


@pytest.mark.filterwarnings("ignore:15 singleton observations dropped")
def test_a_within_slope_is_that_of_linearmodels() -> None:
    from linearmodels.panel import PanelOLS

    frame = load_frame("us_metro_rd")
    frame = frame[(frame["rd_company_paid"] > 0) & (frame["rd_paid_by_others"] > 0)].set_index(["cbsa_code", "year"])
    y, x = np.log(frame["rd_company_paid"]), np.log(frame[["rd_paid_by_others"]])
    other = PanelOLS(y, x, entity_effects=True, time_effects=True, singletons=False, check_rank=False).fit()
    assert slope("metros", "within").estimate == pytest.approx(float(other.params.iloc[0]), abs=1e-8)


def test_firms_are_those_of_the_first_look() -> None:
    firm = results()[-1]
    assert (firm.pooled.estimate, firm.pooled.std_error) == (pytest.approx(0.501, abs=PRINTED), pytest.approx(0.046, abs=PRINTED))
    assert (firm.within.estimate, firm.within.std_error, firm.rows) == (
        pytest.approx(0.286, abs=PRINTED),
        pytest.approx(0.119, abs=PRINTED),
        525,
    )


@pytest.mark.parametrize("key", ["states", "industries", "provinces"])
def test_leaving_out_a_unit_is_refitting_without_it(key: str) -> None:
    models = fitted()[key]
    for unit in carried()[key].shares.index[[0, 5]]:
        kept = models.panel.keep(models.panel.frame[models.panel.entity] != unit)
        other = fit(f"{models.design.regression} | {kept.entity} + {kept.time}", kept).coefficient(models.design.money)
        assert carried()[key].without[unit] == pytest.approx(other.estimate, abs=1e-7)


def test_shares_are_those_of_a_regression_on_dummies() -> None:
    models = fitted()["states"]
    frame = models.panel.frame
    frame = frame[(frame["rd_federal_paid"] > 0) & (frame["rd_company_paid"] > 0)]
    dummies = np.column_stack([pd.get_dummies(frame["state"], dtype=float), pd.get_dummies(frame["year"], dtype=float)])
    x = np.log(frame["rd_federal_paid"].to_numpy())
    left = x - dummies @ np.linalg.lstsq(dummies, x, rcond=None)[0]
    shares = pd.Series(left**2).groupby(frame["state"].to_numpy()).sum() / (left**2).sum()
    pd.testing.assert_series_equal(carried()["states"].shares.sort_index(), shares, check_names=False, rtol=1e-8)


def test_the_jackknife_is_its_formula() -> None:
    carried_by = carried()["countries"]
    g = len(carried_by.without)
    variance = (g - 1) / g * ((carried_by.without - carried_by.coefficient.estimate) ** 2).sum()
    assert carried_by.jackknife.std_error == pytest.approx(variance**0.5, rel=IDENTITY)
    assert g == 41


def test_few_units_carry_the_slopes_that_the_bootstrap_is_sure_of() -> None:
    """The report: two industries carry 42% of the variation within survey eras, where t is 2.62 and the bootstrap says 0.000."""
    eras = influence.era_effects(fitted()["industries"])
    money = fitted()["industries"].design.money
    carried_by = influence.influence(eras, money)
    assert 100 * carried_by.shares.iloc[:2].sum() == pytest.approx(42, abs=0.5)
    assert carried_by.coefficient.statistic == pytest.approx(2.62, abs=0.1)
    assert carried_by.jackknife.p_value > carried_by.coefficient.p_value
    countries = carried()["countries"]
    assert countries.shares.index[0] == "USA"
    assert countries.effective < 10 < len(countries.shares)
    assert countries.jackknife.low < 0 < countries.coefficient.low
    printed = influence.table(fitted(), carried()).table().body
    assert "<0.001" not in {row.cells[-1].text for row in printed} | {row.cells[-2].text for row in printed}


def test_influence_wants_two_effects() -> None:
    with pytest.raises(NotEstimable, match="two absorbed effects"):
        influence.influence(fitted()["states"].pooled, fitted()["states"].design.money)


def test_withheld_cells_of_states_lie_between_their_bounds() -> None:
    """In logs they decide whether the elasticity can be told from zero."""
    states = fitted()["states"].panel.between(2015, 2022)
    fitted_at = cells.fit_at_ends(cells.states_with_ends(states), (), ("log_one",)).set_index("federal")
    assert fitted_at.loc["lowest", "estimate"].min() < 0.02 < 0.08 < fitted_at.loc["highest", "estimate"].max()
    assert set(fitted_at["rows"]) == {408}
    assert (fitted_at["low"] < 0).any()
    both = cells.fit_bounds(fitted()["industries"].panel, fitted()["states"].panel)
    said = cells.finding(both, states=slope("states", "within").estimate, industries=slope("industries", "within").estimate)
    assert said.values["state_low"] == fitted_at["estimate"].min()
    assert said.values["state_low"] < said.values["states"] < said.values["state_high"]
    assert "includes zero" in said.text.en


def test_the_figure_has_a_row_a_panel_and_the_table_every_number() -> None:
    literature = evidence.elasticity_range(load_frame("elasticity_evidence"))
    drawing = seven.seven_panels(results(), literature).draw("zh")
    assert drawing.data["panel"].nunique() == 7
    assert len(drawing.data) == 14
    table = seven.table(results()).data
    assert list(table["rows"]) == [result.rows for result in results()]
    assert [result.units for result in results()] == [31, 41, 51, 109, 46, 649, 206]
    assert results()[0].years == (2010, 2023)


def test_the_finding_says_what_the_results_say() -> None:
    said = seven.finding(results())
    assert said.values["count"] == 7
    assert all(r.within.estimate < r.pooled.estimate for r in results())
    assert "smaller in every one" in said.text.en
    assert said.values["holds"] == 1  # firms, whose interval is the widest
    assert "universities" in said.text.en
    assert "高校" in said.text.zh
    assert variants.finding(found(), carried()).values["largest"] == "USA"


def test_no_instrument_of_federal_money_is_strong() -> None:
    stages = first_stage.run(load("us_state_rd"))
    said = first_stage.finding(stages)
    assert said.values["shocks"] == 8
    assert all(0 < said.values[key] < 2 for key in ("own", "lagged", "shift_share"))
    panel = first_stage.prepare(load("us_state_rd")).frame
    one_year = panel[panel["year"] == 2020].set_index("state")
    others = one_year["federal_obligations_rd"].sum() - one_year.loc["Ohio", "federal_obligations_rd"]
    share = panel[panel["year"].between(2000, 2014)].groupby("state")["federal_obligations_rd"].sum()
    assert one_year.loc["Ohio", "exposure"] == pytest.approx(share["Ohio"] / share.sum() * np.log(others))


def test_a_strong_instrument_would_stop_the_sentence() -> None:
    stages = first_stage.run(load("us_state_rd"))
    strong = fit("log(rd_federal_paid) ~ log(federal_obligations_rd) | year", load("us_state_rd"))
    with pytest.raises(PresentationError, match="untrue"):
        first_stage.finding(first_stage.FirstStages({**stages.estimates, "own": strong}, stages.shocks))

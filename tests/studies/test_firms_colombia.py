"""Colombian firms: the first look at the same file, dummies and sums by hand, identities of the accounts, statsmodels."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from toolkit.data import load
from toolkit.data.tables.firms_colombia_services import same_records
from toolkit.estimate import Estimate, fit
from toolkit.panel import Panel
from toolkit.studies.firms import colombia, grant, influence, margins, refused, survey

PRINTED = 5e-4  # the first look is known to three decimals
IDENTITY = 1e-9  # the same problem solved in two ways


@cache
def prepared() -> Panel:
    return survey.prepare(load("firms_colombia_services"))


@cache
def results() -> colombia.Results:
    return colombia.run(prepared())


@cache
def zeros() -> margins.Margins:
    return margins.run(ever_funded())


@cache
def ever_funded() -> Panel:
    """Firms with public money in some year: the others make the regressions with zeros slow."""
    return prepared().keep(prepared().frame.groupby("firm")["any_public"].transform("max") == 1)


@cache
def gaps() -> refused.Gaps:
    return refused.run(prepared())


@cache
def some() -> Panel:
    """A few dozen firms, so that leaving each out is quick."""
    return prepared().keep(prepared().frame["firm"].str.startswith(("a32", "b10")))


@cache
def moved() -> influence.Influence:
    return influence.run(some(), claim=0.38)


def funded(without: tuple[int, ...] = ()) -> pd.DataFrame:
    frame = prepared().frame
    kept = frame[(frame["fund_public"] > 0) & (frame["own_money"] > 0) & ~frame["same_as_another"].isin(without)]
    return kept.assign(y=np.log(kept["own_money"]), x=np.log(kept["fund_public"]))


def numbers(estimate: Estimate) -> tuple[float, float, int]:
    found = estimate.coefficient("log(fund_public)")
    return found.estimate, found.std_error, estimate.counts.rows


@pytest.mark.parametrize(
    ("sample", "design", "estimate", "std_error", "rows"),
    [
        ("all", "pooled", 0.501, 0.046, None),
        ("all", "within", 0.286, 0.119, 525),
        ("all", "questionnaire", 0.179, 0.075, None),
        ("without", "within", 0.460, 0.176, 270),
    ],
)
def test_first_look_at_own_money(sample: str, design: str, estimate: float, std_error: float, rows: int | None) -> None:
    found = numbers(results().designs[sample].items()[design])
    assert found[:2] == (pytest.approx(estimate, abs=PRINTED), pytest.approx(std_error, abs=PRINTED))
    assert rows in (None, found[2])


def test_first_look_at_research_that_contains_the_grant() -> None:
    assert numbers(results().containing.research)[:2] == (pytest.approx(0.540, abs=PRINTED), pytest.approx(0.064, abs=PRINTED))


@pytest.mark.parametrize(("sample", "without", "effect"), [("all", (), "firm"), ("without", (1,), "firm"), ("all", (), "firm_round")])
def test_dummies_and_clustered_errors_by_hand(sample: str, without: tuple[int, ...], effect: str) -> None:
    """Least squares with a dummy for each level; K counts slope, constant and free years, as the other levels are nested in firms."""
    frame = funded(without)
    while (single := ~frame[effect].duplicated(keep=False)).any():
        frame = frame[~single]
    years = pd.get_dummies(frame["year"], dtype=float).to_numpy()
    design = np.column_stack([frame["x"], pd.get_dummies(frame[effect], dtype=float), years[:, 1:]])
    beta = np.linalg.lstsq(design, frame["y"].to_numpy(), rcond=None)[0]
    others = design[:, 1:]
    left = frame["x"].to_numpy() - others @ np.linalg.lstsq(others, frame["x"].to_numpy(), rcond=None)[0]
    scores = pd.Series(left * (frame["y"].to_numpy() - design @ beta)).groupby(frame["firm"].to_numpy()).sum()
    n, clusters = len(frame), frame["firm"].nunique()
    means = pd.DataFrame(years).groupby(frame[effect].to_numpy()).transform("mean").to_numpy()
    factor = clusters / (clusters - 1) * (n - 1) / (n - 2 - np.linalg.matrix_rank(years - means))
    error = np.sqrt(factor * float(scores @ scores)) / float(left @ left)
    design_of = results().designs[sample]
    found = numbers(design_of.within if effect == "firm" else design_of.questionnaire)
    assert found == (pytest.approx(beta[0], abs=IDENTITY), pytest.approx(error, abs=IDENTITY), n)


def test_differences_by_hand() -> None:
    frame = funded().sort_values(["firm", "year"])
    step = frame.groupby("firm")[["y", "x", "year"]].diff()
    kept = step["year"] == 1
    years = pd.get_dummies(frame.loc[kept, "year"], dtype=float)
    beta = np.linalg.lstsq(np.column_stack([step.loc[kept, "x"], years]), step.loc[kept, "y"].to_numpy(), rcond=None)[0]
    assert numbers(results().designs["all"].differences)[::2] == (pytest.approx(beta[0], abs=IDENTITY), int(kept.sum()))


def test_poisson_against_dummies_of_statsmodels() -> None:
    frame = prepared().frame
    frame = frame[(frame["fund_public"] > 0) & (frame["same_as_another"] == 0)]
    paid = frame.groupby("firm")["own_money"].transform("sum") > 0
    frame = frame[paid & frame["firm"].duplicated(keep=False)]
    while (single := ~frame["firm"].duplicated(keep=False)).any():
        frame = frame[~single]
    dummies = [pd.get_dummies(frame["firm"], dtype=float), pd.get_dummies(frame["year"], dtype=float).iloc[:, 1:]]
    design = np.column_stack([np.log(frame["fund_public"]), *dummies])
    theirs = sm.GLM(frame["own_money"].to_numpy(dtype=float) / 1000, design, family=sm.families.Poisson()).fit(tol=1e-12)
    ours = results().designs["without"].poisson
    assert numbers(ours)[::2] == (pytest.approx(theirs.params[0], abs=1e-6), len(frame))


def test_a_common_deflator_changes_nothing_where_years_have_effects() -> None:
    frame = prepared().frame
    index = frame["year"].map(dict(zip(range(2008, 2016), (0.7, 0.8, 0.9, 0.95, 1.0, 1.1, 1.25, 1.4), strict=True)))
    real = prepared().assign(own_money=frame["own_money"] / index, fund_public=frame["fund_public"] / index)
    deflated = colombia.fit_designs(real.keep(frame["fund_public"] > 0))
    for name in ("pooled", "within", "differences", "questionnaire"):
        assert numbers(deflated.items()[name])[:2] == pytest.approx(numbers(results().designs["all"].items()[name])[:2], abs=1e-8)


def test_linked_firms_are_the_components_of_a_graph() -> None:
    frame = prepared().frame
    firm, record = (pd.factorize(values)[0] for values in (frame["firm"], same_records(frame)))
    size = firm.max() + 1
    edges = coo_array((np.ones(len(firm)), (firm, size + record)), shape=(size + record.max() + 1,) * 2)
    parts = connected_components(edges, directed=False)[1][firm]
    pairs = pd.DataFrame({"ours": prepared().frame["linked"].to_numpy(), "theirs": parts}).drop_duplicates()
    assert pairs["ours"].is_unique
    assert pairs["theirs"].is_unique


def test_arithmetic_of_the_grant_is_its_share() -> None:
    """Other money fixed at 3 and public money moving slightly around 1: spending follows with the share of a quarter."""
    rng = np.random.default_rng(3)
    keys = pd.MultiIndex.from_product([range(40), range(2008, 2012)], names=["firm", "year"])
    frame = pd.DataFrame({"fund_public": 1 + 1e-4 * rng.standard_normal(len(keys))}, index=keys).reset_index()
    panel = Panel(frame.assign(sti_total=3 + frame["fund_public"]), "firm", "year")
    assert numbers(fit("log(sti_total) ~ log(fund_public) | firm + year", panel))[0] == pytest.approx(0.25, abs=1e-4)


def test_unmoved_money_gives_all_of_the_elasticity_when_nothing_else_moves() -> None:
    frame = prepared().frame
    others = (frame["sti_total"] - frame["fund_public"]).where(frame["fund_public"] > 0).groupby(frame["firm"]).transform("mean")
    still = prepared().assign(sti_total=(others + frame["fund_public"]).fillna(frame["sti_total"]))
    found = grant.run(still.keep(frame["fund_public"] > 0))
    assert numbers(found.spending) == pytest.approx(numbers(found.unmoved), abs=IDENTITY)
    assert numbers(found.unmoved) == pytest.approx(numbers(results().containing.unmoved), abs=IDENTITY)


def test_shares_of_public_money() -> None:
    frame = load("firms_colombia_services").frame.query("fund_public > 0")
    found = results().containing
    assert results().rows == len(frame) == 728
    assert found.mean_share == pytest.approx(np.mean([s / y for s, y in zip(frame["fund_public"], frame["sti_total"], strict=True)]))
    assert found.share_of_money == pytest.approx(frame["fund_public"].sum() / frame["sti_total"].sum())


def test_any_public_money_satisfies_the_first_order_conditions() -> None:
    """Poisson: residuals are orthogonal to the regressor, and sum to zero by year and by firm."""
    estimate = zeros().fitted["all"]["any"]
    frame = ever_funded().frame
    used = frame[frame.groupby("firm")["own_money"].transform("sum") > 0]
    residuals = estimate.residuals.reindex(used.index)
    assert estimate.counts.rows == len(used)
    scale = used["own_money"].sum()
    assert abs(float(residuals @ used["any_public"])) / scale < 1e-6
    for effect in ("year", "firm"):
        assert residuals.groupby(used[effect]).sum().abs().max() / scale < 1e-6


def test_asinh_depends_on_the_unit_and_poisson_does_not() -> None:
    fitted = zeros().fitted["all"]
    assert abs(float(fitted["asinh"].beta[0] - fitted["asinh_millions"].beta[0])) > 0.02
    funded_rows = prepared().keep(prepared().frame["fund_public"] > 0)
    scaled = funded_rows.assign(own_money=funded_rows.frame["own_money"] / 1000, fund_public=funded_rows.frame["fund_public"] / 1000)
    again = colombia.fit_designs(scaled).poisson
    assert numbers(again)[0] == pytest.approx(numbers(results().designs["all"].poisson)[0], abs=1e-6)


def test_counts_of_credit() -> None:
    frame = load("firms_colombia_services").frame
    credit = frame[frame["pub_bancoldex_credit"] > 0]
    others = credit[["pub_innpulsa", "pub_sena", "pub_colciencias", "pub_agriculture", "pub_regional_funds"]].sum(axis=1)
    assert (zeros().credit, zeros().credit_alone) == (len(credit), int((others == 0).sum()))


def test_first_look_at_the_refused() -> None:
    """The first look left (N - 1) / (N - K) out of the factor of the standard errors; with G / (G - 1) alone its errors come out."""
    for row, estimate, std_error in (("obtained", 0.505, 0.139), ("refused", 0.402, 0.266), ("asked", 0.272, 0.343)):
        fitted, term = gaps().estimates["all"][row]
        asked = refused.prepare(prepared())
        rows = asked.keep(asked.frame["tax_benefit"] <= 2) if row == "asked" else asked
        plain = fit(fitted.spec.formula, rows, small_sample="none").coefficient(term)
        clusters = fitted.counts.entities
        assert plain.estimate == pytest.approx(estimate, abs=PRINTED)
        assert plain.std_error * np.sqrt(clusters / (clusters - 1)) == pytest.approx(std_error, abs=PRINTED)
    assert gaps().asked == gaps().estimates["all"]["asked"][0].counts.rows == 331


def test_another_reference_gives_the_difference_of_two_gaps() -> None:
    for sample in ("all", "without"):
        gap = {row: gaps().gap(sample, row).estimate for row in gaps().estimates[sample]}
        assert gap["contrast"] == pytest.approx(gap["obtained"] - gap["refused"], abs=IDENTITY)
        assert gap["received_contrast"] == pytest.approx(gap["received"] - gap["intended"], abs=IDENTITY)


def test_one_answer_per_firm_and_round() -> None:
    frame = refused.prepare(prepared()).frame
    assert set(frame["survey_round"]) == {"IV", "V"}
    assert (frame[["obtained", "refused", "meant", "unwanted"]].sum(axis=1) == 1).all()
    assert (frame[["received", "intended", "unintended"]].sum(axis=1) == 1).all()
    assert (frame.groupby(["firm", "survey_round"])[["received", "obtained"]].nunique() == 1).all(axis=None)


def test_leaving_one_firm_out_by_hand() -> None:
    """Dummies again, for the firm that matters most among a few dozen and among all; the latter is known from an independent run."""
    for panel, expected in ((some(), moved().left_out["all", "within"].iloc[0]), (prepared(), {"firm": "a3221", "estimate": 0.18963})):
        frame = panel.frame
        kept = frame[(frame["fund_public"] > 0) & (frame["own_money"] > 0) & (frame["firm"] != expected["firm"])]
        dummies = [pd.get_dummies(kept["firm"], dtype=float), pd.get_dummies(kept["year"], dtype=float).iloc[:, 1:]]
        design = np.column_stack([np.log(kept["fund_public"]), *dummies])
        beta = np.linalg.lstsq(design, np.log(kept["own_money"]).to_numpy(), rcond=None)[0]
        assert beta[0] == pytest.approx(expected["estimate"], abs=1e-5)
    assert moved().left_out["all", "within"]["estimate"].is_monotonic_increasing


def test_next_years_money_by_hand() -> None:
    frame = some().frame
    ahead = frame.assign(year=frame["year"] - 1)[["firm", "year", "fund_public"]]
    rows = frame.merge(ahead, on=["firm", "year"], suffixes=("", "_next"))
    rows = rows[(rows[["own_money", "fund_public", "fund_public_next"]] > 0).all(axis=1)]
    while (single := ~rows["firm"].duplicated(keep=False) | ~rows["year"].duplicated(keep=False)).any():
        rows = rows[~single]
    dummies = [pd.get_dummies(rows["firm"], dtype=float), pd.get_dummies(rows["year"], dtype=float).iloc[:, 1:]]
    design = np.column_stack([np.log(rows[["fund_public_next", "fund_public"]]), *dummies])
    beta = np.linalg.lstsq(design, np.log(rows["own_money"]).to_numpy(), rcond=None)[0]
    lead = moved().leads["all"]
    assert lead.coefficient(influence.LEAD).estimate == pytest.approx(beta[0], abs=IDENTITY)
    assert lead.counts.rows == len(rows)


def test_links_between_questionnaires_by_hand() -> None:
    """Pairs of rows of a firm in the last year of one questionnaire and the first of the next that it answered."""
    links = moved().links
    counted, jumps = {0: 0, 1: 0}, {0: 0, 1: 0}
    for _, rows in some().frame.sort_values("year").groupby("firm"):
        for before, after in zip(rows.iloc[:-1].to_dict("records"), rows.iloc[1:].to_dict("records"), strict=True):
            if before["survey_round"] != after["survey_round"] and before["employees"] > 0 and after["employees"] > 0:
                copied = max(before["same_as_another"], after["same_as_another"])
                counted[copied] += 1
                jumps[copied] += not 0.5 <= after["employees"] / before["employees"] <= 2
    assert (links.clean, links.copied) == (counted[0], counted[1])
    assert (links.clean_jumps, links.copied_jumps) == (pytest.approx(jumps[0] / counted[0]), pytest.approx(jumps[1] / counted[1]))


def test_exhibits_speak_both_languages() -> None:
    figures = {"colombia": colombia.figure(results()), "refused": refused.figure(gaps())}
    for language in ("en", "zh"):
        drawn = {name: figure.draw(language).data for name, figure in figures.items()}
        assert {name: len(data) for name, data in drawn.items()} == {"colombia": 17, "refused": 23}
        for table in (colombia.table(results()), influence.table(moved())):
            assert table.table(language).body
    said = [colombia.finding(results()), grant.finding(results().containing, results().claim)]
    said += [margins.finding(zeros()), influence.finding(moved())]
    said += [refused.finding(gaps()), refused.wanted(gaps())]
    assert all(statement.text.en and statement.text.zh for statement in said)
    assert "lies inside the interval with firm effects and lies outside that within one questionnaire" in said[0].text.en

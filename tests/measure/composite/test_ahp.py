"""The analytic hierarchy process against printed examples, exact cases, least squares, random matrices; refusals by cell."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import MeasureError, UnknownOption
from toolkit.measure import ahp_weights, combine_weights, composite_index, entropy_weights

SCALE = [1 / k for k in range(9, 1, -1)] + [float(k) for k in range(1, 10)]
# Saaty (2008), International Journal of Services Sciences 1(1), 83-98, relative consumption of drinks: judgements, weights and CR as quoted
# in the tests of AHPy (github.com/PhilipGriffith/AHPy, tests/test_ahp.py, commit 4be50e8), read on 2026-11-29.
DRINKS = ["coffee", "wine", "tea", "beer", "soda", "milk", "water"]
DRINKS_MATRIX = [
    [1, 9, 5, 2, 1, 1, "1/2"],
    ["1/9", 1, "1/3", "1/9", "1/9", "1/9", "1/9"],
    ["1/5", 3, 1, "1/3", "1/4", "1/3", "1/9"],
    ["1/2", 9, 3, 1, "1/2", 1, "1/3"],
    [1, 9, 4, 2, 1, 2, "1/2"],
    [1, 9, 3, 1, "1/2", 1, "1/3"],
    [2, 9, 9, 3, 2, 3, 1],
]
DRINKS_PRINTED = {"beer": 0.116, "coffee": 0.177, "milk": 0.129, "soda": 0.190, "tea": 0.042, "water": 0.327, "wine": 0.019}
# The fourth row says five times the last, which the other judgements put far above it.
CONTRADICTORY = [
    [1, 3, 2, 2, "1/3"],
    ["1/3", 1, "1/2", 1, "1/5"],
    ["1/2", 2, 1, 1, "1/2"],
    ["1/2", 1, 1, 1, 5],
    [3, 5, 2, "1/5", 1],
]
PRINTED = 0.0006  # half a unit of the third decimal, and the rounding of their iterations


def random_reciprocal(rng: np.random.Generator, n: int) -> np.ndarray:
    above = np.triu(rng.choice(SCALE, (n, n)), 1)
    return np.where(above > 0, above, np.where(above.T > 0, 1 / np.where(above.T > 0, above.T, 1), 1))


def test_the_drinks_of_saaty() -> None:
    found = ahp_weights(pd.DataFrame(DRINKS_MATRIX, index=DRINKS, columns=DRINKS))
    for name, printed in DRINKS_PRINTED.items():
        assert found.weights[name] == pytest.approx(printed, abs=PRINTED)
    assert found.cr == pytest.approx(0.022, abs=PRINTED)
    assert not found.notes
    older = ahp_weights(DRINKS_MATRIX, random_index="older")
    assert older.ci == pytest.approx(found.ci)
    assert older.cr == pytest.approx(found.ci / 1.32)


def test_judgements_that_contradict_each_other_are_located() -> None:
    found = ahp_weights(CONTRADICTORY)
    a = np.array([[float(Fraction(cell)) for cell in row] for row in CONTRADICTORY])
    assert found.cr == pytest.approx((np.linalg.eigvals(a).real.max() - 5) / 4 / 1.11)
    assert found.cr > 0.1
    (warning,) = found.notes
    assert warning.key == "inconsistent"
    assert warning.value("cr") == found.cr
    assert {warning.value("row"), warning.value("column")} == {"x4", "x5"}  # 5, where the weights say less than one
    assert "CR=" in warning.to("zh")
    assert "above 0.1" in str(warning)


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 15))
def test_judgements_that_agree_give_their_weights_back(seed: int, n: int) -> None:
    w = np.random.default_rng(seed).dirichlet(np.ones(n)) + 0.01
    w /= w.sum()
    for method in ("eigenvector", "geometric mean"):
        found = ahp_weights(w[:, None] / w[None, :], method)
        np.testing.assert_allclose(found.weights, w, rtol=1e-9)
        assert found.lambda_max == pytest.approx(n)
        assert found.cr == pytest.approx(0, abs=1e-9)
        assert found.cr >= 0


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 9))
def test_eigenvector_by_powers_and_geometric_mean_by_least_squares(seed: int, n: int) -> None:
    a = random_reciprocal(np.random.default_rng(seed), n)
    found, means = ahp_weights(a), ahp_weights(a, "geometric mean")
    w = np.ones(n)
    for _ in range(2000):
        w = a @ w
        w /= w.sum()
    np.testing.assert_allclose(found.weights, w, rtol=1e-7)
    np.testing.assert_allclose(a @ found.weights, found.lambda_max * found.weights, rtol=1e-9)
    assert found.lambda_max >= n
    design = np.vstack([np.eye(n)[i] - np.eye(n)[j] for i in range(n) for j in range(n)] + [np.ones(n)])
    logs = np.linalg.lstsq(design, np.append(np.log(a).ravel(), 0.0), rcond=None)[0]
    np.testing.assert_allclose(means.weights, np.exp(logs) / np.exp(logs).sum(), rtol=1e-9)
    if n <= 3:
        np.testing.assert_allclose(means.weights, found.weights, rtol=1e-9)


@pytest.mark.parametrize(("n", "printed"), [(3, 0.52), (4, 0.89), (5, 1.11), (6, 1.25), (8, 1.40)])
def test_the_random_index_is_the_mean_inconsistency_of_random_judgements(n: int, printed: float) -> None:
    rng = np.random.default_rng(n)
    # the mean may be off by four standard errors, the table by half a printed digit
    indices = [(np.linalg.eigvals(random_reciprocal(rng, n)).real.max() - n) / (n - 1) for _ in range(3000)]
    assert np.mean(indices) == pytest.approx(printed, abs=4 * np.std(indices) / np.sqrt(3000) + 0.005)
    assert ahp_weights(random_reciprocal(rng, n)).random_index == printed


def test_consistency_of_few_and_of_many() -> None:
    assert ahp_weights([[1, 7], ["1/7", 1]]).cr == 0
    assert ahp_weights([[1]]).weights.tolist() == [1]
    many = ahp_weights(np.ones((16, 16)))
    assert np.isnan(many.cr)
    assert [n.key for n in many.notes] == ["no_random_index"]
    assert "16" in many.notes[0].to("zh")


def test_a_consistency_ratio_of_a_tenth_is_good_enough() -> None:
    """Three alternatives with a_12 = a_23 = 1 and a_13 = t have lambda = 1 + t^(1/3) + t^(-1/3)."""
    for ratio, warned in ((0.0999, False), (0.1001, True)):
        s = ratio * 0.52 * 2 + 2  # t^(1/3) + t^(-1/3)
        t = ((s + np.sqrt(s * s - 4)) / 2) ** 3
        found = ahp_weights([[1, 1, t], [1, 1, 1], [1 / t, 1, 1]])
        assert found.cr == pytest.approx(ratio, rel=1e-6)
        assert bool(found.notes) == warned


def test_order_of_the_alternatives_does_not_matter_and_names_stay() -> None:
    frame = pd.DataFrame(DRINKS_MATRIX, index=DRINKS, columns=DRINKS)
    turned = ahp_weights(frame.loc[DRINKS[::-1], DRINKS[::-1]])
    pd.testing.assert_series_equal(turned.weights.loc[DRINKS], ahp_weights(frame).weights)
    assert ahp_weights(DRINKS_MATRIX).weights.index.tolist() == [f"x{i}" for i in range(1, 8)]
    assert ahp_weights(np.array([["1", "1/2"], ["2", "1"]])).weights.tolist() == pytest.approx([1 / 3, 2 / 3])
    assert ahp_weights([["1", "1／2"], [" 2 ", "1"]]).weights.tolist() == pytest.approx([1 / 3, 2 / 3])


def test_they_go_into_an_index_and_into_a_combination() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"p": list("abcdef"), "year": 2023, **{name: rng.uniform(size=6) for name in ("rd", "staff", "sales", "export")}})
    scheme = {"science": ["rd", "staff"], "industry": ["sales", "export"]}
    science = ahp_weights(pd.DataFrame([[1, 3], ["1/3", 1]], index=["rd", "staff"], columns=["rd", "staff"]))
    industry = ahp_weights(pd.DataFrame([[1, "1/4"], [4, 1]], index=["sales", "export"], columns=["sales", "export"]))
    both = pd.concat([science.weights, industry.weights])
    found = composite_index(frame, scheme, weights=both, entity="p", time="year")
    assert found.weight_table()["within_system"].tolist() == pytest.approx([0.75, 0.25, 0.2, 0.8])
    joined = combine_weights(science.weights, entropy_weights(found.normalised[["rd", "staff"]]))
    assert joined.sum() == pytest.approx(1)


NAMES = ["rd", "staff", "patents"]


def judged(i: int, j: int, value: object) -> pd.DataFrame:
    frame = pd.DataFrame([[1, 2, 4], ["1/2", 1, 2], ["1/4", "1/2", 1]], index=NAMES, columns=NAMES, dtype=object)
    frame.iloc[i, j] = value
    return frame


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (judged(0, 2, 5), ["not reciprocal: 5 and 0.25", "row 'rd', column 'patents'"]),
        (judged(1, 0, 0.33), ["not reciprocal", "row 'rd', column 'staff'", "'1/2'"]),
        (judged(0, 1, -2), ["not positive: -2", "row 'rd', column 'staff'"]),
        (judged(2, 0, 0), ["not positive: 0", "row 'patents', column 'rd'"]),
        (judged(1, 1, 2), ["with itself", "row 'staff', column 'staff'"]),
        (judged(2, 1, None), ["missing or infinite", "row 'patents', column 'staff'"]),
        (judged(2, 1, "half"), ["'half'", "patents"]),
        (judged(2, 1, "1/0"), ["'1/0'", "patents"]),
        (judged(2, 1, True), ["bool", "patents"]),
        (judged(0, 0, 1).iloc[:2], ["square", "(2, 3)"]),
        (judged(0, 0, 1)[["staff", "rd", "patents"]], ["another order", "row 'rd', column 'staff'"]),
        (judged(0, 0, 1).set_axis(["rd", "rd", "x"]).set_axis(["rd", "rd", "x"], axis=1), ["'rd' stands twice"]),
        ([1, 2], ["square"]),
        ([], ["square"]),
        ([[1, 2], [3]], ["number"]),
    ],
)
def test_what_is_no_matrix_of_judgements_is_refused_with_its_cell(matrix: object, words: list[str]) -> None:
    with pytest.raises(MeasureError) as caught:
        ahp_weights(matrix)  # type: ignore[arg-type]
    for word in (*words, "remedy"):
        assert word in str(caught.value)


def test_choices_are_named() -> None:
    with pytest.raises(UnknownOption, match="eigenvector, geometric mean"):
        ahp_weights([[1]], "mean")  # type: ignore[arg-type]
    with pytest.raises(UnknownOption, match="saaty 2005, older"):
        ahp_weights([[1]], random_index="1980")  # type: ignore[arg-type]


def test_the_matrix_is_left_alone() -> None:
    frame = judged(0, 0, 1)
    before = frame.copy()
    ahp_weights(frame)
    pd.testing.assert_frame_equal(frame, before)

"""Principal components against statsmodels, the singular values, and partial correlations by regression; the edges of Kaiser's rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.multivariate.pca import PCA

from toolkit.measure import normalise, pca_weights, principal_components

ROUNDING = 1e-9  # eigenvalues and inverses of well-conditioned matrices of order ten


def data(seed: int, n: int = 60, m: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, m)) + rng.normal(size=(n, 2)) @ rng.normal(size=(2, m))
    return pd.DataFrame(x, columns=[f"i{j}" for j in range(m)])


def unit(x: pd.DataFrame) -> pd.DataFrame:
    return normalise(x, ["positive"] * x.shape[1])


def with_correlations(r: np.ndarray, n: int = 40, seed: int = 1) -> pd.DataFrame:
    """(n, m) values in [0, 1] whose sample correlations are exactly ``r``, up to rounding."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, len(r)))
    q, _ = np.linalg.qr(x - x.mean(axis=0))
    return unit(pd.DataFrame(q @ np.linalg.cholesky(r).T, columns=[f"i{j}" for j in range(len(r))]))


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_eigenvalues_and_loadings_are_those_of_statsmodels(seed: int) -> None:
    x = data(seed)
    theirs = PCA(x.to_numpy(), standardize=True, method="svd")
    found = principal_components(unit(x))
    np.testing.assert_allclose(found.eigenvalues, theirs.eigenvals / len(x), atol=ROUNDING)
    np.testing.assert_allclose(found.explained.cumsum(), theirs.rsquare[1:], atol=ROUNDING)
    loadings = theirs.eigenvecs * np.sqrt(theirs.eigenvals / len(x))
    np.testing.assert_allclose(np.abs(found.loadings), np.abs(loadings), atol=1e-7)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_a_loading_is_the_correlation_of_the_indicator_with_the_component(seed: int) -> None:
    x = data(seed)
    found = principal_components(unit(x))
    standard = (x - x.mean()) / x.std()
    scores = standard.to_numpy() @ (found.loadings.to_numpy() / np.sqrt(found.eigenvalues.to_numpy()))
    for k in range(x.shape[1]):
        for j, name in enumerate(x.columns):
            assert found.loadings.loc[name, f"PC{k + 1}"] == pytest.approx(stats.pearsonr(standard.iloc[:, j], scores[:, k])[0], abs=1e-8)
    assert (found.loadings.to_numpy()[np.abs(found.loadings.to_numpy()).argmax(axis=0), range(x.shape[1])] > 0).all()
    np.testing.assert_allclose((found.loadings**2).sum(axis=0), found.eigenvalues, atol=ROUNDING)
    np.testing.assert_allclose((found.loadings**2).sum(axis=1), 1, atol=ROUNDING)
    np.testing.assert_allclose(found.communality, (found.loadings.iloc[:, : found.retained] ** 2).sum(axis=1), atol=ROUNDING)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_kmo_is_made_of_correlations_and_of_what_regressions_leave(seed: int) -> None:
    """Partial correlations by their definition: the residuals of two indicators on all others."""
    x = data(seed, m=4)
    standard = ((x - x.mean()) / x.std()).to_numpy()
    plain, partial = np.zeros((4, 4)), np.zeros((4, 4))
    for j in range(4):
        for k in range(4):
            if j != k:
                others = np.delete(standard, [j, k], axis=1)
                left = [standard[:, i] - others @ np.linalg.lstsq(others, standard[:, i], rcond=None)[0] for i in (j, k)]
                plain[j, k] = np.corrcoef(standard[:, j], standard[:, k])[0, 1] ** 2
                partial[j, k] = (left[0] @ left[1]) ** 2 / (left[0] @ left[0]) / (left[1] @ left[1])
    found = principal_components(unit(x))
    assert found.kmo == pytest.approx(plain.sum() / (plain + partial).sum(), abs=ROUNDING)
    np.testing.assert_allclose(found.kmo_by_indicator, plain.sum(axis=1) / (plain + partial).sum(axis=1), atol=ROUNDING)
    assert list(found.kmo_by_indicator.index) == list(x.columns)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_bartlett_is_the_likelihood_ratio_with_his_factor(seed: int) -> None:
    """-2 log likelihood ratio of independent against joint normal columns is -n ln|R|; Bartlett puts n - 1 - (2m + 5)/6 for n."""
    n, m = 30, 4
    x = data(seed, n, m)
    standard = ((x - x.mean()) / x.std(ddof=0)).to_numpy()
    joint = stats.multivariate_normal(np.zeros(m), np.corrcoef(standard.T)).logpdf(standard).sum()
    apart = stats.norm.logpdf(standard).sum()
    test = principal_components(unit(x)).bartlett
    assert test.statistic == pytest.approx(2 * (joint - apart) * (n - 1 - (2 * m + 5) / 6) / n, rel=1e-9)
    assert test.df == 6
    assert test.p == pytest.approx(stats.chi2.sf(test.statistic, 6), rel=1e-9)


def test_bartletts_test_rejects_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    p = [principal_components(unit(pd.DataFrame(rng.normal(size=(40, 4))))).bartlett.p for _ in range(400)]
    assert np.mean(np.array(p) < 0.1) == pytest.approx(0.1, abs=0.045)  # three standard errors of a share of 400 draws


def test_components_that_explain_exactly_one_indicator_count() -> None:
    for m in (2, 3, 5, 8):
        for seed in range(20):
            found = principal_components(with_correlations(np.eye(m), seed=seed))
            assert found.retained == m
            np.testing.assert_allclose(found.weights, 1 / m, atol=1e-9)


@pytest.mark.parametrize("r", [0.3, 0.05, 0.005, 1e-6])
def test_components_that_explain_less_than_one_indicator_do_not_count(r: float) -> None:
    """Two correlated indicators and one of its own: eigenvalues 1 + r, 1 and 1 - r, the first two are kept."""
    z = with_correlations(np.array([[1, r, 0], [r, 1, 0], [0, 0, 1.0]]))
    found = principal_components(z)
    np.testing.assert_allclose(found.eigenvalues, [1 + r, 1, 1 - r], atol=ROUNDING)
    assert found.retained == 2
    np.testing.assert_allclose(pca_weights(z), np.array([(1 + r) / 2, (1 + r) / 2, 1]) / (2 + r), atol=1e-5)


def test_kmo_of_two_indicators_is_one_half_and_no_warning() -> None:
    found = principal_components(with_correlations(np.array([[1, 0.7], [0.7, 1]])))
    assert found.kmo == pytest.approx(0.5)
    assert not found.notes


def test_what_cannot_be_computed_is_noted() -> None:
    z = unit(data(3, m=3))
    copied = principal_components(z.assign(copy=z["i0"]))
    assert np.isnan(copied.kmo)
    assert np.isnan(copied.bartlett.statistic)
    assert [n.key for n in copied.notes] == ["no_inverse"]
    assert "4 indicators on 60 rows" in str(copied.notes[0])
    assert "4项指标、60行" in copied.notes[0].to("zh")
    flat = principal_components(z.assign(flat=0.5))
    assert [n.key for n in flat.notes] == ["constant_indicators"]
    assert flat.weights["flat"] == 0
    assert list(flat.loadings.index) == ["i0", "i1", "i2"]
    assert flat.kmo == pytest.approx(principal_components(z).kmo)
    few = principal_components(unit(data(4, n=4, m=3)))
    assert "few_rows" not in [n.key for n in few.notes]  # 4 - 1 - 11/6 > 0
    assert np.isfinite(few.bartlett.statistic)
    low = principal_components(with_correlations(np.array([[1, 0.6, 0.6], [0.6, 1, -0.2], [0.6, -0.2, 1.0]])))
    assert low.kmo < 0.5
    assert "low_kmo" in [n.key for n in low.notes]


def test_one_indicator_and_two_rows() -> None:
    one = principal_components([[0.0], [0.4], [1.0]])
    assert (one.retained, one.weights.tolist(), one.explained.tolist()) == (1, [1.0], [1.0])
    assert np.isnan(one.kmo)
    two = principal_components([[0.0, 1.0], [1.0, 0.0]])
    np.testing.assert_allclose(two.eigenvalues, [2, 0], atol=1e-12)
    assert [n.key for n in two.notes] == ["no_inverse"]


def test_table_and_labels() -> None:
    x = data(8)
    found = principal_components(unit(x))
    table = found.variance_table()
    assert table["component"].tolist() == ["PC1", "PC2", "PC3", "PC4", "PC5"]
    assert table["cumulated"].iloc[-1] == pytest.approx(100)
    assert table["retained"].sum() == found.retained
    pd.testing.assert_series_equal(found.weights, pca_weights(unit(x)))
    shuffled = unit(x)[["i3", "i0", "i4", "i2", "i1"]]
    np.testing.assert_allclose(principal_components(shuffled).loadings.loc[x.columns], found.loadings, atol=1e-8)

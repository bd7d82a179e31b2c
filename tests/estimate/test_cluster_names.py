"""A combination of columns names clusters as it names effects: the same as a column made by hand, wherever a cluster is named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import FormulaError, MissingColumn, UnknownOption
from toolkit.estimate import (
    cr2,
    fit,
    fit_differences,
    fit_instruments,
    fit_poisson,
    fit_pooled,
    fit_random,
    permutation_test,
    wild_cluster_bootstrap,
)
from toolkit.panel import Panel

ORDER = 1e-12  # the clusters are summed in another order


@pytest.fixture(scope="module")
def panel() -> Panel:
    """40 firms, 6 years; the cells of industry and size by hand, with missing ones; a column with an odd name."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"firm": np.repeat(np.arange(40), 6), "year": np.tile(np.arange(6), 40)})
    frame["industry"], frame["size"] = frame["firm"] % 5, frame["firm"] % 3
    frame["size"] = frame["size"].astype(float).where(frame["firm"] != 7)
    frame["cell"] = (frame["industry"].astype(str) + frame["size"].astype(str)).where(frame["size"].notna())
    frame["half"], frame["six"] = frame["firm"] % 2, (frame["firm"] % 6).astype(str)
    frame["x"] = rng.normal(size=240) + frame["industry"]
    frame["d"], frame["a^b"] = frame["x"] + rng.normal(size=240), frame["firm"] % 6
    frame["y"] = frame["x"] + rng.normal(size=240) * (1 + frame["industry"])
    frame["count"] = rng.poisson(2, size=240)
    return Panel(frame, "firm", "year")


@pytest.mark.parametrize("estimator", [fit, fit_pooled, fit_random, fit_differences])
def test_a_combination_is_the_column_made_by_hand(panel: Panel, estimator: object) -> None:
    combined = estimator("y ~ x", panel, cluster="industry^size")  # type: ignore[operator]
    by_hand = estimator("y ~ x", panel, cluster="cell")  # type: ignore[operator]
    np.testing.assert_allclose(combined.vcov, by_hand.vcov, rtol=ORDER)
    assert combined.counts.clusters == (("industry^size", 15),)
    assert combined.counts.rows == by_hand.counts.rows
    spaced = estimator("y ~ x", panel, cluster=["industry ^ size"])  # type: ignore[operator]
    np.testing.assert_array_equal(spaced.vcov, combined.vcov)


def test_a_combination_beside_another_variable(panel: Panel) -> None:
    by_hand = fit("y ~ x | firm", panel, cluster=["cell", "year"])
    for asked in ("industry^size + year", ["industry^size", "year"]):
        found = fit("y ~ x | firm", panel, cluster=asked)
        np.testing.assert_allclose(found.vcov, by_hand.vcov, rtol=1e-13)
        assert found.covariance.clusters == ("industry^size", "year")
    with pytest.raises(UnknownOption, match="3 cluster variables"):
        fit("y ~ x | firm", panel, cluster=["industry^size + year", "firm"])


def test_an_absorbed_combination_is_nested_in_the_same_clusters(panel: Panel) -> None:
    found = fit("y ~ x + d | industry^size", panel, cluster="industry^size")
    assert found.covariance.parameters == 2 + 1
    assert fit("y ~ x + d | size^industry", panel, cluster="industry^size").covariance.parameters == 2 + 1


def test_every_estimator_and_every_resampling_takes_it(panel: Panel) -> None:
    for formula, estimator in (("count ~ x | firm", fit_poisson), ("y ~ 1 | firm | d ~ x", fit_instruments)):
        combined, by_hand = (estimator(formula, panel, cluster=c).vcov for c in ("industry^size", "cell"))
        np.testing.assert_allclose(combined, by_hand, rtol=ORDER)
    whole = Panel(panel.frame[panel.frame["size"].notna()], "firm", "year")
    estimate = fit("y ~ x | firm", whole)
    combined, by_hand = (cr2(estimate, whole, cluster=c).vcov for c in ("industry ^ size", "cell"))
    np.testing.assert_allclose(combined, by_hand, rtol=ORDER)
    p = [
        wild_cluster_bootstrap(estimate, whole, "x", cluster=c, rng=np.random.default_rng(1), draws=199).p_value
        for c in ("size^half", "six")  # all 64 draws, so that the order of the clusters is no matter
    ]
    assert p[0] == p[1]
    frame = whole.frame.assign(policy=whole.frame.groupby("six")["x"].transform("mean"))
    again = Panel(frame, "firm", "year")
    pooled = fit("y ~ policy", again, cluster="six")
    p = [
        permutation_test(pooled, again, "policy", by="cluster", cluster=c, rng=np.random.default_rng(1), draws=99).p_value
        for c in ("size ^ half", "size^half")
    ]
    assert p[0] == p[1]


def test_names(panel: Panel) -> None:
    assert fit("y ~ x", panel, cluster="a^b").counts.clusters == (("a^b", 6),)  # a column of that very name
    assert fit("y ~ x", panel, cluster="`a^b`").counts.clusters == (("a^b", 6),)
    assert fit("y ~ x", panel, cluster="`a^b`^year").counts.clusters == (("`a^b`^year", 36),)
    with pytest.raises(MissingColumn, match="no column 'sise'"):
        fit("y ~ x", panel, cluster="industry^sise")
    with pytest.raises(FormulaError, match="cannot stand here"):
        fit("y ~ x", panel, cluster="industry*size")
    estimate = fit("y ~ x", panel)
    with pytest.raises(UnknownOption, match="one cluster variable"):
        cr2(estimate, panel, cluster="industry + year")

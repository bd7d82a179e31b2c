"""The log t test and convergence clubs against another implementation, panels with known clubs, and their own definitions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import MeasureError
from toolkit.measure.convergence.clubs import ClubConvergence, convergence_clubs
from toolkit.measure.convergence.log_t import hp_trend, log_t
from toolkit.measure.convergence.sigma import long_run_variance, quadratic_spectral

REFERENCE = Path(__file__).parents[1] / "reference"
PEER = 1e-9  # the same sums in another order, seven digits after a logarithm of small differences


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "dynamics_panel.csv", index_col="entity")


@pytest.fixture(scope="module")
def peers() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "dynamics_peers.csv", comment="#")


@pytest.mark.parametrize("trim", [0.3, 1 / 3])
def test_clubs_are_those_of_the_peer(panel: pd.DataFrame, peers: pd.DataFrame, trim: float) -> None:
    found = convergence_clubs(panel, trim=trim)
    name = f"clubs {trim:.2f}"
    for kind, clubs in (("initial", found.initial), ("merged", found.clubs)):
        for club in clubs:
            theirs = peers[peers["what"] == f"{name} {kind} {club.number}"].set_index("item")["value"]
            assert len(club.members) == theirs["members"]
            assert club.test.b == pytest.approx(theirs["b"], rel=PEER)
            assert club.test.std_error == pytest.approx(theirs["std_error"], rel=PEER)
        member = peers[peers["what"] == f"{name} {kind} member"]
        assert dict(zip(member["item"], member["value"], strict=True)) == {m: c.number for c in clubs for m in c.members}


def test_clubs_are_the_groups_the_panel_was_made_of(panel: pd.DataFrame) -> None:
    found = convergence_clubs(panel)
    assert not found.whole.converges
    assert [sorted(c.members) for c in found.clubs] == [
        [f"e{i:02d}" for i in range(14)],
        [f"e{i:02d}" for i in range(14, 28)],
        [f"e{i:02d}" for i in range(28, 39)],
    ]
    assert found.divergent == ("e39",)
    assert found.notes == ()


def simulated(converging: bool, seed: int, entities: int = 12, years: int = 40) -> pd.DataFrame:
    """Loadings around one that fade like t^-1/2, or that keep their distance."""
    rng = np.random.default_rng(seed)
    t = np.arange(1, years + 1)
    gaps = rng.normal(0, 0.2, entities)[:, None] * (t**-0.5 / np.log(t + 1) if converging else np.ones(years))
    noise = rng.normal(0, 0.002, (entities, years)) * t**-0.5
    index = [f"city {i}" for i in range(entities)]
    return pd.DataFrame((1 + gaps + noise) * (10 + 0.1 * t), index=index, columns=1980 + t)


def test_convergence_is_accepted_and_divergence_rejected() -> None:
    kept = [log_t(simulated(True, seed)).converges for seed in range(20)]
    lost = [log_t(simulated(False, seed)).converges for seed in range(20)]
    assert sum(kept) >= 18
    assert sum(lost) == 0


def test_all_converging_is_one_club() -> None:
    found = convergence_clubs(simulated(True, 1))
    assert len(found.clubs) == 1
    assert found.divergent == ()
    assert found.clubs == found.initial
    assert found.clubs[0].test == found.whole


def test_log_t_is_the_regression_it_says() -> None:
    values = simulated(True, 3)
    found = log_t(values, trim=0.3)
    relative = values / values.mean()
    dispersion = ((relative - 1) ** 2).mean().to_numpy()
    t = np.arange(13, 41)
    peer = sm.OLS(np.log(dispersion[0] / dispersion[12:]) - 2 * np.log(np.log(t)), sm.add_constant(np.log(t))).fit()
    assert found.b == pytest.approx(peer.params[1], rel=1e-9)
    variance, bandwidth = long_run_variance(np.asarray(peer.resid))
    assert found.std_error == pytest.approx(np.sqrt(variance * peer.normalized_cov_params[1, 1]), rel=1e-9)
    assert (found.points, found.first_year, found.entities) == (28, 1993, 12)
    assert found.bandwidth == pytest.approx(bandwidth)
    assert found.speed == found.b / 2


def test_long_run_variance_by_its_double_sum() -> None:
    u = np.cos(np.arange(1.0, 26.0)) + 0.1 * np.sin(np.arange(25.0) ** 2)
    rho = (u[1:] @ u[:-1]) / (u[:-1] @ u[:-1])
    bandwidth = 1.3221 * (4 * rho**2 / (1 - rho) ** 4 * 25) ** 0.2
    total = u @ u
    for i in range(24):
        for j in range(24):
            if i != j:
                z = 6 * np.pi * (i - j) / bandwidth / 5
                total += 25 / (12 * np.pi**2 * ((i - j) / bandwidth) ** 2) * (np.sin(z) / z - np.cos(z)) * u[i] * u[j]
    variance, used = long_run_variance(u)
    assert used == pytest.approx(bandwidth)
    assert variance == pytest.approx(total / 24) or (total <= 0 and used == 0)


def test_kernel_is_smooth_at_zero() -> None:
    assert quadratic_spectral(np.array([0.0, 1e-9, 2.65e-4, 2.66e-4])) == pytest.approx(np.ones(4), abs=2e-7)


def same(a: ClubConvergence, b: ClubConvergence) -> bool:
    return [set(c.members) for c in a.clubs] == [set(c.members) for c in b.clubs] and set(a.divergent) == set(b.divergent)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000), scale=st.floats(1e-6, 1e9))
def test_order_names_and_unit_do_not_matter(seed: int, scale: float) -> None:
    values = pd.read_csv(REFERENCE / "dynamics_panel.csv", index_col="entity").iloc[::2]
    found = convergence_clubs(values)
    mixed = convergence_clubs((values * scale).sample(frac=1, random_state=seed))
    assert same(found, mixed)
    assert [c.test.t for c in mixed.clubs] == pytest.approx([c.test.t for c in found.clubs], rel=1e-6)
    new = {name: f"z{int(np.random.default_rng(seed + i).integers(1e9))}{i}" for i, name in enumerate(values.index)}
    renamed = convergence_clubs(values.rename(index=new))
    assert [[new[m] for m in c.members] for c in found.clubs] == [list(c.members) for c in renamed.clubs]


def test_every_entity_is_in_one_place_and_paths_average_one(panel: pd.DataFrame) -> None:
    found = convergence_clubs(panel)
    placed = [m for c in found.clubs for m in c.members] + list(found.divergent)
    assert sorted(placed) == sorted(panel.index)
    assert found.paths.mean().to_numpy() == pytest.approx(np.ones(30))
    table = found.membership()
    assert table["entity"].tolist() == panel.index.tolist()
    assert table.set_index("entity").loc["e39", "club"] == 0
    assert found.table()["members"].tolist() == [14, 14, 11]
    assert found.table()["relative"].to_numpy() == pytest.approx(found.club_paths()[2020].to_numpy())
    assert all(set(c.core) <= set(c.members) for c in found.initial)
    assert all(c.test.converges for c in found.clubs)


def test_members_of_a_core_keep_their_club_when_the_bar_rises(panel: pd.DataFrame) -> None:
    strict = convergence_clubs(panel, sieve=1e9)
    assert all(set(c.core) == set(c.members) for c in strict.initial[:-1])


def test_hp_trend_is_that_of_statsmodels(panel: pd.DataFrame) -> None:
    found = hp_trend(panel, 400.0)
    peer = sm.tsa.filters.hpfilter(panel.iloc[5].to_numpy(), 400.0)[1]
    assert found.iloc[5].to_numpy() == pytest.approx(peer, rel=1e-9)
    with pytest.raises(MeasureError, match="consecutive"):
        hp_trend(panel.iloc[:, [0, 1, 3]])


def test_refusals(panel: pd.DataFrame) -> None:
    still = panel.copy()
    still.loc["e05"] = 3.0
    for run in (log_t, convergence_clubs):
        with pytest.raises(MeasureError, match=r"(?s)1 of 40 entities never change.*e05"):
            run(still)
    with pytest.raises(MeasureError, match=r"(?s)5 years after the first 30% are left out; 6 years leave 4.*longer"):
        log_t(panel.iloc[:, :6])
    with pytest.raises(MeasureError, match=r"(?s)consecutive.*'?1995"):
        log_t(panel.drop(columns="1995"))
    with pytest.raises(MeasureError, match=r"(?s)1 zero or negative.*remedy"):
        log_t(panel.mask((panel.index.to_numpy() == "e03")[:, None] & (panel.columns.to_numpy() == "2001")[None, :], -1.0))
    with pytest.raises(MeasureError, match=r"(?s)1 missing.*e03, 2001"):
        log_t(panel.mask((panel.index.to_numpy() == "e03")[:, None] & (panel.columns.to_numpy() == "2001")[None, :]))
    with pytest.raises(MeasureError, match="at least two entities"):
        log_t(panel.iloc[:1])
    with pytest.raises(MeasureError, match=r"trim=1\.5"):
        log_t(panel, trim=1.5)
    tied = panel.iloc[:2].copy()
    tied["2015"] = 4.0
    with pytest.raises(MeasureError, match=r"(?s)the same value in 2015.*hp_trend"):
        log_t(tied)


def test_few_years_are_noted() -> None:
    short = simulated(True, 1).iloc[:, :9]
    assert "With 9 years" in str(convergence_clubs(short).notes[0])

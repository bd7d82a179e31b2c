"""Instruments from others: by hand, by loops, and the checks of shares."""

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import EstimationError, FormulaError, MissingColumn, NotNumeric, PanelError
from toolkit.estimate import leave_one_out_mean, shift_share
from toolkit.estimate.instruments.builders import growth_including_own, leave_one_out_growth, mean_including_own
from toolkit.panel import Panel


def firms() -> Panel:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"firm": np.repeat([f"f{i}" for i in range(12)], 5), "year": np.tile(np.arange(2015, 2020), 12)})
    frame["province"] = np.repeat([f"p{i % 4}" for i in range(12)], 5)
    frame["sub"] = 1e9 * rng.random(60)
    frame.loc[[3, 17, 33], "sub"] = np.nan
    frame.loc[44, "province"] = None
    return Panel(frame[rng.random(60) < 0.85], "firm", "year")


@pytest.mark.parametrize("by", [("province", "year"), ("province",), "year"])
def test_means_of_others_are_those_of_a_loop(by: tuple[str, ...] | str) -> None:
    panel = firms()
    frame, names = panel.frame, [by] if isinstance(by, str) else list(by)
    others, everyone = leave_one_out_mean(panel, "sub", by=by), mean_including_own(panel, "sub", by=by)
    assert others.name == "sub_of_others"
    for i, row in frame.iterrows():
        group = frame[(frame[names] == row[names]).all(axis=1)]
        assert others[i] == pytest.approx(group.loc[group["firm"] != row["firm"], "sub"].mean(), rel=1e-9, nan_ok=True)
        assert everyone[i] == pytest.approx(group["sub"].mean(), rel=1e-9, nan_ok=True)


def test_own_value_never_enters_the_mean_of_others() -> None:
    panel = firms()
    before = leave_one_out_mean(panel, "sub", by="province")
    own = panel.frame["firm"] == "f2"
    after = leave_one_out_mean(panel.assign(sub=panel.frame["sub"].where(~own, 7.0)), "sub", by="province")
    assert after[own].to_numpy() == pytest.approx(before[own].to_numpy(), rel=1e-9)
    assert not np.allclose(before[~own], after[~own], equal_nan=True)


def test_means_refuse_what_cannot_be_done() -> None:
    panel = firms()
    with pytest.raises(FormulaError, match="holds no other firm"):
        leave_one_out_mean(panel, "sub", by=("firm", "year"))
    with pytest.raises(FormulaError, match="by names no column"):
        leave_one_out_mean(panel, "sub", by=())
    with pytest.raises(MissingColumn, match="'provinse'") as caught:
        leave_one_out_mean(panel, "sub", by="provinse")
    assert "province" in caught.value.remedy
    with pytest.raises(NotNumeric):
        leave_one_out_mean(panel, "province", by="year")
    with pytest.raises(PanelError, match="needs a panel"):
        leave_one_out_mean(panel.frame, "sub", by="year")  # type: ignore[arg-type]


CITIES = Panel(pd.DataFrame({"city": np.repeat(["a", "b", "c"], 3), "year": [1, 2, 3] * 3}), "city", "year")
SHARES = pd.DataFrame({"steel": [0.7, 0.2, 0.0], "chips": [0.3, 0.8, 1.0]}, index=["a", "b", "c"])
JOBS = pd.DataFrame(
    [
        (c, t, s, 10.0 * (i + 1) + 3 * t + j * t**2)
        for i, c in enumerate("abc")
        for t in (1, 2, 3)
        for j, s in enumerate(("steel", "chips"))
    ],
    columns=["city", "year", "sector", "jobs"],
)


def test_shift_share_is_the_sum_over_sectors() -> None:
    shocks = pd.DataFrame({"chips": [1.0, 2.0, -1.0], "steel": [0.5, 0.0, 4.0]}, index=[1, 2, 3])
    made = shift_share(CITIES, SHARES, shocks)
    for i, row in CITIES.frame.iterrows():
        assert made[i] == pytest.approx(sum(SHARES.loc[row["city"], k] * shocks.loc[row["year"], k] for k in ("steel", "chips")))


def test_growth_leaves_the_own_city_out() -> None:
    growth = leave_one_out_growth(JOBS, "city", "year", "sector", "jobs")
    whole = growth_including_own(JOBS, "city", "year", "sector", "jobs")
    for city in "abc":
        for t in (2, 3):
            for sector in ("steel", "chips"):
                rows = JOBS[JOBS["sector"] == sector]
                now, before = rows[rows["year"] == t], rows[rows["year"] == t - 1]
                theirs = np.log(now.loc[now["city"] != city, "jobs"].sum() / before.loc[before["city"] != city, "jobs"].sum())
                assert growth.loc[(city, t), sector] == pytest.approx(theirs)
                assert whole.loc[(city, t), sector] == pytest.approx(np.log(now["jobs"].sum() / before["jobs"].sum()))
    assert growth.xs(1, level="year").isna().all().all()
    made = shift_share(CITIES, SHARES, growth)
    assert made[CITIES.frame["year"] == 1].isna().all()
    assert made.iloc[1] == pytest.approx(0.7 * growth.loc[("a", 2), "steel"] + 0.3 * growth.loc[("a", 2), "chips"])


def test_growth_after_a_gap_and_of_a_sector_that_only_one_city_has_is_missing() -> None:
    gap = JOBS[JOBS["year"] != 2]
    assert leave_one_out_growth(gap, "city", "year", "sector", "jobs").isna().all().all()
    alone = pd.concat([JOBS, pd.DataFrame({"city": "a", "year": [1, 2, 3], "sector": "ships", "jobs": [5.0, 6.0, 7.0]})])
    growth = leave_one_out_growth(alone, "city", "year", "sector", "jobs")
    assert growth.loc[("a", 2)].isna().to_dict() == {"chips": False, "steel": False, "ships": True}


def test_entities_without_shares_and_times_without_shocks_are_missing() -> None:
    shocks = pd.DataFrame({"chips": [1.0, 2.0], "steel": [0.5, 0.0]}, index=[1, 2])
    made = shift_share(CITIES, SHARES.loc[["a", "b"]], shocks)
    assert made.isna().tolist() == [False, False, True, False, False, True, True, True, True]


def test_shares_are_checked() -> None:
    shocks = pd.DataFrame({"chips": [1.0], "steel": [0.5]}, index=[1])
    with pytest.raises(EstimationError, match="shares of 1 of 3 entities do not sum to one") as caught:
        shift_share(CITIES, SHARES.assign(chips=[0.3, 0.5, 1.0]), shocks)
    assert "first: b, sum 0.7" in caught.value.where
    assert "control for the sum of shares" in caught.value.remedy
    assert shift_share(CITIES, SHARES.assign(chips=[0.3, 0.5, 1.0]), shocks, total="any").notna().any()
    with pytest.raises(EstimationError, match="negative or missing"):
        shift_share(CITIES, SHARES.assign(chips=[0.3, np.nan, 1.0]), shocks)
    with pytest.raises(EstimationError, match="negative or missing"):
        shift_share(CITIES, SHARES.assign(chips=[0.3, -0.8, 1.0]), shocks)
    with pytest.raises(EstimationError, match="shares of a are given twice"):
        shift_share(CITIES, SHARES.loc[["a", "a", "b"]], shocks)
    with pytest.raises(MissingColumn, match="no shocks for steel"):
        shift_share(CITIES, SHARES, shocks[["chips"]])
    with pytest.raises(EstimationError, match="shocks of 1 are given twice"):
        shift_share(CITIES, SHARES, pd.concat([shocks, shocks]))


def test_values_of_growth_are_checked() -> None:
    with pytest.raises(EstimationError, match="given twice") as caught:
        leave_one_out_growth(pd.concat([JOBS, JOBS.head(1)]), "city", "year", "sector", "jobs")
    assert caught.value.where == "first: a 1 steel"
    with pytest.raises(EstimationError, match="2 values of jobs are negative or missing"):
        leave_one_out_growth(JOBS.assign(jobs=[-1.0, np.nan, *JOBS["jobs"][2:]]), "city", "year", "sector", "jobs")
    with pytest.raises(MissingColumn, match="no column 'town'"):
        leave_one_out_growth(JOBS, "town", "year", "sector", "jobs")

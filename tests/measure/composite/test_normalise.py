"""Normalisation: hand cases, invariance, and what is refused by name."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import MeasureError, UnknownOption
from toolkit.measure import normalise
from toolkit.measure.composite.matrix import METHODS

ROUNDING = 1e-9
FRAME = pd.DataFrame({"rd": [1.0, 2.0, 2.0, 5.0], "energy": [8.0, 4.0, 2.0, 0.0]}, index=["a", "b", "c", "d"])
WAYS = {"rd": "positive", "energy": "negative"}


def test_min_max_by_hand() -> None:
    z = normalise(FRAME, WAYS)
    assert z["rd"].tolist() == [0.0, 0.25, 0.25, 1.0]
    assert z["energy"].tolist() == [0.0, 0.5, 0.75, 1.0]
    assert list(z.index) == ["a", "b", "c", "d"]


def test_offset_is_what_it_says() -> None:
    assert normalise(FRAME, WAYS, offset=0.1)["rd"].tolist() == pytest.approx([0.1, 0.325, 0.325, 1.0])


def test_ranks_by_hand_with_ties() -> None:
    z = normalise(FRAME, WAYS, "rank")
    assert z["rd"].tolist() == pytest.approx([0.0, 0.5, 0.5, 1.0])
    assert z["energy"].tolist() == pytest.approx([0.0, 1 / 3, 2 / 3, 1.0])


def test_z_scores_are_the_normal_distribution_function_of_the_standard_library() -> None:
    z = normalise(FRAME, WAYS, "z-score")
    mean, sd = statistics.fmean(FRAME["rd"]), statistics.stdev(FRAME["rd"])
    assert z["rd"].tolist() == pytest.approx([statistics.NormalDist().cdf((x - mean) / sd) for x in FRAME["rd"]])


def test_years_stand_alone_only_when_asked() -> None:
    frame, years = pd.DataFrame({"x": [0.0, 10.0, 10.0, 20.0]}), [2022, 2022, 2023, 2023]
    assert normalise(frame, ["positive"])["x"].tolist() == [0.0, 0.5, 0.5, 1.0]
    assert normalise(frame, ["positive"], "min-max by year", times=years)["x"].tolist() == [0.0, 1.0, 0.0, 1.0]


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), scale=st.floats(1e-3, 1e6), shift=st.floats(-1e3, 1e3), method=st.sampled_from([*METHODS]))
def test_unit_and_origin_do_not_matter(seed: int, scale: float, shift: float, method: str) -> None:
    rng = np.random.default_rng(seed)
    x, years = rng.lognormal(size=(12, 3)), np.repeat([1, 2], 6)
    ways = ["positive", "negative", "positive"]
    z = normalise(x, ways, method, times=years)
    assert z.to_numpy().min() >= 0
    assert z.to_numpy().max() <= 1
    np.testing.assert_allclose(normalise(x * scale + shift * x.std(), ways, method, times=years), z, atol=1e-6)
    np.testing.assert_allclose(normalise(-x, ["negative", "positive", "negative"], method, times=years), z, atol=ROUNDING)
    order = rng.permutation(12)
    np.testing.assert_allclose(normalise(x[order], ways, method, times=years[order]), z.to_numpy()[order], atol=ROUNDING)


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_indicator_is_refused_by_name(method: str) -> None:
    frame = FRAME.assign(flat=0.1 + 0.2)
    frame.loc["c", "flat"] = 0.3  # differs by rounding only
    with pytest.raises(MeasureError, match=r"'flat' is constant at 0\.3"):
        normalise(frame, {**WAYS, "flat": "positive"}, method, times=[1, 1, 1, 1])


def test_an_indicator_constant_within_a_year_names_the_year() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 3.0]})
    with pytest.raises(MeasureError, match=r"'x' is constant(.|\n)*year 2023"):
        normalise(frame, ["positive"], "min-max by year", times=[2022, 2022, 2023, 2023])


@pytest.mark.parametrize(
    ("frame", "ways", "options", "words"),
    [
        (FRAME.replace(5.0, math.nan), WAYS, {}, ("1 missing or infinite", "row 'd', indicator 'rd'")),
        (FRAME.replace(8.0, math.inf), WAYS, {}, ("row 'a', indicator 'energy'",)),
        (FRAME, {"rd": "positive"}, {}, ("'energy' has no direction",)),
        (FRAME, ["positive"], {}, ("1 directions for 2 indicators",)),
        (FRAME, WAYS, {"offset": 1.0}, ("offset 1", "[0, 1)")),
        (FRAME, WAYS, {"method": "min-max by year"}, ("needs the year",)),
        (FRAME, WAYS, {"method": "min-max by year", "times": [1]}, ("1 years for 4 rows",)),
        (FRAME.iloc[:0], WAYS, {}, ("at least one row",)),
        (FRAME.assign(rd="high"), WAYS, {}, ("needs numbers", "high")),
        (FRAME["rd"], ["positive"], {}, ("matrix", "1 dimensions")),
        (pd.concat([FRAME, FRAME], axis=1), WAYS, {}, ("'rd' twice",)),
    ],
)
def test_what_is_refused_is_named(frame: pd.DataFrame, ways: object, options: dict[str, object], words: tuple[str, ...]) -> None:
    with pytest.raises(MeasureError) as caught:
        normalise(frame, ways, **options)
    for word in words:
        assert word in str(caught.value)


def test_unknown_choices_list_the_known_ones() -> None:
    with pytest.raises(UnknownOption, match="min-max, z-score, rank"):
        normalise(FRAME, WAYS, "minmax")
    with pytest.raises(UnknownOption, match="'rd' is 'up'"):
        normalise(FRAME, {**WAYS, "rd": "up"})

"""The composite index: worked by hand, by plain loops, its invariances, and how gaps, constants and single years behave."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import DuplicateKey, MeasureError, MissingColumn, UnknownName, UnknownOption
from toolkit.measure import CompositeIndex, combine_weights, composite_index, critic_weights, entropy_weights, layout_of, normalise
from toolkit.measure.composite.uncertainty import ranking_uncertainty
from toolkit.measure.composite.weights import combination_amounts
from toolkit.panel import Panel

ROUNDING = 1e-10
SCHEME = {"science": ["rd", "patents"], "industry": {"energy": "negative"}}
# two provinces, two years, three indicators
HAND = pd.DataFrame(
    {
        "province": ["A", "A", "B", "B"],
        "year": [2022, 2023, 2022, 2023],
        "rd": [1.0, 2.0, 3.0, 5.0],
        "patents": [10.0, 20.0, 40.0, 50.0],
        "energy": [6.0, 5.0, 2.0, 2.0],
    }
)


def index_of(frame: pd.DataFrame, scheme: object = SCHEME, **options: object) -> CompositeIndex:
    return composite_index(Panel(frame, "province", "year"), scheme, **options)


def random_panel(seed: int, provinces: int = 6, years: int = 3, m: int = 5) -> tuple[pd.DataFrame, dict[str, dict[str, str]]]:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.lognormal(size=(provinces * years, m)), columns=[f"i{j}" for j in range(m)])
    frame.insert(0, "province", np.repeat([f"p{i}" for i in range(provinces)], years))
    frame.insert(1, "year", np.tile(np.arange(2020, 2020 + years), provinces))
    ways = {f"i{j}": str(rng.choice(["positive", "negative"])) for j in range(m)}
    cut = int(rng.integers(1, m))
    return frame, {"one": dict([*ways.items()][:cut]), "two": dict([*ways.items()][cut:])}


def test_two_provinces_three_indicators_by_hand_with_equal_weights() -> None:
    found = index_of(HAND, weights="equal")
    # z: rd 0 1/4 1/2 1, patents 0 1/4 3/4 1, energy (less is better) 0 1/4 1 1
    assert found.scores["science"].tolist() == pytest.approx([0, 0.25, 0.625, 1])
    assert found.scores["industry"].tolist() == pytest.approx([0, 0.25, 1, 1])
    assert found.t.tolist() == pytest.approx([0, 0.25, 0.8125, 1])
    assert found.c.tolist() == pytest.approx([0, 1, 0.973009, 1], abs=1e-6)  # 2 sqrt(0.625) / 1.625
    assert found.d.tolist() == pytest.approx([0, 0.5, 0.889140, 1], abs=1e-6)
    assert found.weights.to_dict() == pytest.approx({"rd": 0.25, "patents": 0.25, "energy": 0.5})
    assert found.to_frame()["grade"].tolist()[0] == "Extreme imbalance"
    assert found.to_frame()["grade"].tolist()[3] == "Superior coordination"


def test_the_index_and_its_ranking_are_read_at_a_glance() -> None:
    found = index_of(HAND, weights="equal")
    # means of 0 1/4 5/8 1 and of 0 1/4 1 1; rows by hand above
    assert repr(found).splitlines()[:5] == [
        "Composite index: 4 rows, 2 x province, 2 x year",
        "system    indicators  importance  mean score",
        "science            2      0.5000      0.4688",
        "industry           1      0.5000      0.5625",
        "Means: C 0.7433, T 0.5156, D 0.5973",
    ]
    assert "<td>0.4688</td>" in found._repr_html_()
    frame = HAND.assign(energy=[6.0, 5.0, 2.5, 2.0], province=["A<b>"] * 2 + ["B"] * 2)
    index = index_of(frame, weights="equal")
    firm = ranking_uncertainty(
        index.alternatives(), index.weights, index.system_labels, index.keys["province"], index.keys["year"],
        rng=np.random.default_rng(0), draws=50, top=1,
    )  # fmt: skip
    title, _, best, said = repr(firm).splitlines()
    assert title == "Ranking uncertainty: 4 rows, 50 draws"
    assert best.split()[:2] == ["B", "2023"]
    assert said == "Ranks 1 to 1 of 2023; intervals at 90%; rank 1 has the largest D"
    assert "<b>" not in index._repr_html_().replace("<p><b>", "")


def test_the_same_by_hand_with_entropy_weights() -> None:
    found = index_of(HAND)
    # entropies 0.95570 / ln 4 and 0.97431 / ln 4, so 0.51104 and 0.48896 inside science
    assert found.scores["science"].tolist() == pytest.approx([0, 0.25, 0.51104 * 0.5 + 0.48896 * 0.75, 1], abs=2e-5)
    table = found.weight_table().set_index("indicator")
    assert table["within_system"].round(4).to_dict() == {"rd": 0.511, "patents": 0.489, "energy": 1.0}
    assert table["system"].to_dict() == {"rd": "science", "patents": "science", "energy": "industry"}


def by_loops(frame: pd.DataFrame, scheme: dict[str, dict[str, str]]) -> list[tuple[float, float, float]]:
    """C, T and D row by row with entropy weights, without numpy."""
    scores: list[list[float]] = []
    for indicators in scheme.values():
        columns, information = [], []
        for name, way in indicators.items():
            x = [float(v) for v in frame[name]]
            low, high = min(x), max(x)
            z = [(v - low) / (high - low) if way == "positive" else (high - v) / (high - low) for v in x]
            total = sum(z)
            entropy = -sum(v / total * math.log(v / total) for v in z if v > 0) / math.log(len(z))
            columns.append(z)
            information.append(1 - entropy)
        weights = [d / sum(information) for d in information]
        scores.append([sum(w * z[i] for w, z in zip(weights, columns, strict=True)) for i in range(len(frame))])
    rows = []
    for u in zip(*scores, strict=True):
        t = sum(u) / len(u)
        c = len(u) * math.prod(u) ** (1 / len(u)) / sum(u) if sum(u) > 0 else 0.0
        rows.append((c, t, math.sqrt(c * t)))
    return rows


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_the_index_is_what_plain_loops_find(seed: int) -> None:
    frame, scheme = random_panel(seed)
    found = index_of(frame, scheme)
    np.testing.assert_allclose(np.column_stack([found.c, found.t, found.d]), by_loops(frame, scheme), atol=ROUNDING)


@settings(deadline=None, max_examples=8)
@given(
    seed=st.integers(0, 10_000),
    weights=st.sampled_from(["entropy", "variation", "equal"]),
    normalisation=st.sampled_from(["min-max", "z-score", "rank", "min-max by year"]),
    form=st.sampled_from(["standard", "wang"]),
)
def test_bounds_identities_and_invariance(seed: int, weights: str, normalisation: str, form: str) -> None:
    frame, scheme = random_panel(seed)
    options = {"weights": weights, "normalisation": normalisation, "form": form}
    found = index_of(frame, scheme, **options)
    for values in (found.scores.to_numpy(), found.c, found.t, found.d):
        assert values.min() >= 0
        assert values.max() <= 1
    assert found.weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(found.normalised @ found.weights, found.t, atol=ROUNDING)
    np.testing.assert_allclose(found.obstacles().degrees.dropna().sum(axis=1), 100)
    rescaled = frame.assign(**{name: frame[name] * 1000 + 7 for name in found.layout.indicators})
    np.testing.assert_allclose(index_of(rescaled, scheme, **options).d, found.d, atol=1e-8)
    rng = np.random.default_rng(seed)
    new_names = dict(zip(frame["province"].unique(), rng.permutation(frame["province"].unique()), strict=True))
    renamed = index_of(frame.assign(province=frame["province"].map(new_names)).sample(frac=1, random_state=seed), scheme, **options)
    pd.testing.assert_frame_equal(renamed.wide().loc[list(new_names.values())].set_axis(list(new_names)), found.wide(), check_names=False)


def test_the_input_comes_back_unchanged_and_a_frame_works_too() -> None:
    before = HAND.copy()
    from_frame = composite_index(HAND, SCHEME, entity="province", time="year")
    pd.testing.assert_frame_equal(HAND, before)
    np.testing.assert_array_equal(from_frame.d, index_of(HAND).d)
    with pytest.raises(MeasureError, match="entity and time"):
        composite_index(HAND, SCHEME)


def test_given_weights_count_inside_their_system() -> None:
    found = index_of(HAND, weights={"rd": 3, "patents": 1, "energy": 20})
    assert found.scores["science"].tolist() == pytest.approx([0, 0.25, 0.75 * 0.5 + 0.25 * 0.75, 1])
    assert found.weights.to_dict() == pytest.approx({"rd": 0.375, "patents": 0.125, "energy": 0.5})
    uneven = index_of(HAND, weights="equal", importance={"industry": 3, "science": 1})
    assert uneven.t.tolist() == pytest.approx([0, 0.25, 0.25 * 0.625 + 0.75, 1])


def test_years_compare_over_the_whole_panel_and_a_single_year_stands_alone() -> None:
    found = index_of(HAND)
    one_year = index_of(HAND[HAND["year"] == 2023])
    assert one_year.scores["science"].tolist() == [0.0, 1.0]
    assert found.wide("science").loc["A", 2023] == pytest.approx(0.25)
    assert list(found.wide().columns) == [2022, 2023]
    with pytest.raises(UnknownName, match="'e'"):
        found.wide("e")


def test_one_system_is_noted() -> None:
    found = index_of(HAND, {"science": ["rd", "patents"]}, weights="equal")
    assert found.t.tolist() == pytest.approx([0, 0.25, 0.625, 1])
    assert any("one system" in str(note) for note in found.notes)
    level, weight, _ = found.guards()
    assert (level.raised, level.measured, weight.measured) == (True, 1.0, 0.5)


def test_an_exact_zero_is_pointed_out_and_an_offset_lifts_it() -> None:
    assert any("exactly zero" in str(note) and "1;" in str(note) for note in index_of(HAND).notes)
    lifted = index_of(HAND, offset=0.01)
    assert lifted.notes == ()
    assert lifted.d.min() == pytest.approx(0.1)


# --- missing cells ---------------------------------------------------------------------------------


def gappy() -> pd.DataFrame:
    years = [2019, 2020, 2021, 2022, 2023]
    frame = pd.DataFrame({"province": ["A"] * 5 + ["B"] * 5, "year": years * 2})
    return frame.assign(
        rd=[1, math.nan, 3, math.nan, math.nan, 2, 4, 6, 8, math.nan], patents=range(10), energy=[9, 8, 7, 6, 5, 5, 4, 3, 2, 1]
    )


def test_a_missing_cell_is_named_with_its_remedy() -> None:
    with pytest.raises(MeasureError) as caught:
        index_of(gappy())
    for word in ("4 values", "province A, year 2020, indicator rd", "drop_rows", "interpolate=1"):
        assert word in str(caught.value)


def test_dropped_rows_are_counted_and_named() -> None:
    found = index_of(gappy(), missing="drop_rows")
    assert len(found.keys) == 6
    assert str(found.notes[0]).startswith("Rows left out because of missing cells: 4 (A 2020, rd; A 2022, rd; A 2023, rd; B 2023, rd)")
    assert "4行" in found.notes[0].to("zh")


def test_interpolation_bridges_inner_gaps_only_and_is_counted() -> None:
    found = index_of(gappy(), missing="drop_rows", interpolate=1)
    rows = found.keys.assign(rd=found.values["rd"]).set_index(["province", "year"])["rd"]
    assert rows["A", 2020] == 2.0
    assert ("A", 2022) not in rows.index  # nothing is extrapolated
    assert "Cells interpolated linearly, in gaps no longer than 1 in time: 1 (A 2020, rd)" in str(found.notes[0])
    assert "3 (" in str(found.notes[1])


@pytest.mark.parametrize(("longest", "bridged"), [(1, False), (2, True)])
def test_the_longest_gap_is_by_the_calendar(longest: int, bridged: bool) -> None:
    frame = gappy()
    frame.loc[2, "rd"] = math.nan  # A: 2020 and 2021 missing between 2019 and 2022
    frame.loc[3, "rd"] = 7.0
    found = index_of(frame, missing="drop_rows", interpolate=longest)
    seen = found.keys.assign(rd=found.values["rd"]).query("province == 'A'").set_index("year")["rd"]
    assert (2020 in seen.index) is bridged
    if bridged:
        assert seen[[2020, 2021]].tolist() == [3.0, 5.0]


def test_nothing_left_and_infinite_values() -> None:
    with pytest.raises(MeasureError, match=r"no row has all indicators(.|\n)*rd"):
        index_of(HAND.assign(rd=math.nan), missing="drop_rows")
    with pytest.raises(MeasureError, match=r"missing or infinite(.|\n)*province B, year 2022, indicator rd"):
        index_of(HAND.replace({"rd": {3.0: math.inf}}))


@pytest.mark.parametrize(
    ("scheme", "options", "error", "words"),
    [
        ({"science": ["rd", "papers"]}, {}, MissingColumn, ("'papers'",)),
        ({"science": ["rd"], "industry": ["rd"]}, {}, MeasureError, ("'rd' stands in science and in industry",)),
        ({"science": ["rd"], "industry": []}, {}, MeasureError, ("'industry' has no indicator",)),
        ({"science": ["rd", "rd"]}, {}, MeasureError, ("'rd' stands twice in science", "use it once")),
        ({"science": {"input": ["rd"], "output": ["rd"]}}, {}, MeasureError, ("'rd' stands in input and in output of science",)),
        ({"science": {"input": {"rd": "positive"}}, "industry": ["rd"]}, {}, MeasureError, ("in science and in industry",)),
        ({}, {}, MeasureError, ("no system",)),
        ("two_innovations", {}, MeasureError, ("'two_innovations' is no scheme", "load_scheme")),
        ({"science": {"rd": None}}, {}, MeasureError, ("'rd' holds None",)),
        ({"d": ["rd"], "industry": ["energy"]}, {}, MeasureError, ("'d'", "column of this name")),
        ({"province": ["rd"], "industry": ["energy"]}, {}, MeasureError, ("'province'", "column of the keys")),
        ({"science": ["rd", "patents"]}, {"form": "fan"}, UnknownOption, ("'fan'", "standard, wang")),
        (SCHEME, {"interpolate": -1}, MeasureError, ("interpolate=-1",)),
        (SCHEME, {"interpolate": 0.5}, MeasureError, ("interpolate=0.5",)),
        (SCHEME, {"offset": "0.1"}, MeasureError, ("offset '0.1'",)),
        (SCHEME, {"weights": pd.Series([1, 1, 1, 1], index=["rd", "rd", "patents", "energy"])}, MeasureError, ("'rd' has two weights",)),
        (SCHEME, {"weights": ["a", "b", "c"]}, MeasureError, ("weights must be numbers",)),
        (
            SCHEME,
            {"importance": {"science": 0, "industry": 1}},
            MeasureError,
            ("'science' has an importance of zero", "leave the system out"),
        ),
        (SCHEME, {"importance": {"science": 1, "industries": 1}}, MeasureError, ("'industry' has no weight",)),
        (SCHEME, {"importance": {"science": "one", "industry": 1}}, MeasureError, ("weights must be numbers",)),
        (SCHEME, {"missing": "ignore"}, UnknownOption, ("refuse, drop_rows",)),
        (SCHEME, {"weights": "magic"}, UnknownOption, ("entropy, critic",)),
        (SCHEME, {"weights": {"rd": 1.0}}, MeasureError, ("has no weight",)),
        (SCHEME, {"weights": {"rd": 0, "patents": 0, "energy": 1}}, MeasureError, ("the system science", "every weight is zero")),
        (SCHEME, {"weights": {"rd": -1, "patents": 1, "energy": 1}}, MeasureError, ("'rd' is -1",)),
        (SCHEME, {"importance": [1, 2, 3]}, MeasureError, ("3 weights for 2",)),
        ({"science": {"rd": "up"}}, {}, UnknownOption, ("'rd' is 'up'",)),
        ({"science": ["province"]}, {}, MeasureError, ("numbers", "province A, year 2022, indicator province: 'A'")),
    ],
)
def test_what_is_refused_is_named(scheme: object, options: dict[str, object], error: type[Exception], words: tuple[str, ...]) -> None:
    with pytest.raises(error) as caught:
        index_of(HAND, scheme, **options)
    for word in words:
        assert word in str(caught.value)


def test_a_constant_indicator_is_refused_by_name() -> None:
    with pytest.raises(MeasureError, match="'energy' is constant at 2"):
        index_of(HAND.assign(energy=2.0))


def test_dimensions_in_a_plain_mapping() -> None:
    layout = layout_of({"science": {"input": {"rd": "positive"}, "output": ["patents"]}, "industry": {"energy": "negative"}})
    assert layout.dimension == {"rd": "input", "patents": "output", "energy": "industry"}
    assert layout.system == {"rd": "science", "patents": "science", "energy": "industry"}
    assert layout.of("science") == ["rd", "patents"]


def test_the_parts_fit_together() -> None:
    found = index_of(HAND)
    z = normalise(HAND[["rd", "patents"]], ["positive", "positive"])
    pd.testing.assert_series_equal(found.weights[["rd", "patents"]] * 2, entropy_weights(z), check_names=False)


def test_an_index_feeds_the_draws_of_its_ranking_and_its_guards() -> None:
    frame, scheme = random_panel(3)
    found = index_of(frame, scheme)
    matrices = found.alternatives("rank", "z-score")
    assert [m.shape for m in matrices] == [found.normalised.shape] * 3
    pd.testing.assert_frame_equal(matrices[1], normalise(found.values, found.layout.direction, "rank"))
    province, year = found.keys["province"], found.keys["year"]
    drawn = ranking_uncertainty(
        matrices, found.weights, found.system_labels, province, year, rng=np.random.default_rng(1), draws=100, alpha=found.importance
    )
    np.testing.assert_allclose(drawn.d, found.d, atol=ROUNDING)
    level, weight, constant = found.guards()
    assert -1 <= level.measured <= 1
    assert weight.measured == pytest.approx(found.weight_table()["within_system"].max())
    assert not constant.raised


# --- input of every kind ---------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e300, 1e9, 1e-9, 1e-300])
@pytest.mark.parametrize("normalisation", ["min-max", "z-score"])
def test_very_large_and_very_small_values_change_nothing(scale: float, normalisation: str) -> None:
    frame, scheme = random_panel(5)
    columns = [name for indicators in scheme.values() for name in indicators]
    found, expected = (index_of(f, scheme, normalisation=normalisation) for f in (frame.assign(**(frame[columns] * scale)), frame))
    np.testing.assert_allclose(found.d, expected.d, atol=1e-8)
    assert found.guards()[2].measured == pytest.approx(expected.guards()[2].measured)


def test_values_over_the_whole_range_of_numbers() -> None:
    assert index_of(HAND.assign(rd=[-1e308, 0.0, 0.0, 1e308])).normalised["rd"].tolist() == [0.0, 0.5, 0.5, 1.0]
    huge = index_of(HAND, weights={"rd": 1e308, "patents": 1e308, "energy": 1e308}, importance=[1e308, 1e308])
    np.testing.assert_allclose(huge.weights, [0.25, 0.25, 0.5])


@pytest.mark.parametrize(
    "entity",
    [
        [1, 1, 2, 2],
        pd.Categorical(list("AABB"), categories=["C", "A", "B"]),
        pd.array(list("AABB"), dtype="string"),
        ["甲", "甲", "乙", "乙"],
    ],
)
def test_entities_of_any_kind(entity: object) -> None:
    found = index_of(HAND.assign(province=entity), weights="equal")
    assert sorted(found.d.round(6)) == sorted(index_of(HAND, weights="equal").d.round(6))
    assert found.wide().shape == (2, 2)


def test_chinese_columns_years_as_text_and_nullable_numbers() -> None:
    frame = HAND.convert_dtypes().rename(columns={"province": "省份", "year": "年份", "rd": "研发 经费"}).astype({"年份": str})
    found = composite_index(frame, {"科技创新": ["研发 经费", "patents"], "产业创新": {"energy": "negative"}}, entity="省份", time="年份")
    np.testing.assert_allclose(found.d, index_of(HAND).d)
    assert list(found.to_frame().columns) == ["省份", "年份", "科技创新", "产业创新", "c", "t", "d", "grade"]


@pytest.mark.parametrize(
    ("frame", "error", "words"),
    [
        (HAND[:0], MeasureError, ("no row",)),
        (HAND[:1], MeasureError, ("'rd' is constant at 1", "a single row")),
        (pd.concat([HAND, HAND[:1]]), DuplicateKey, ("province A, year 2022",)),
        (HAND.assign(rd=["1", "2", "—", "5"]), MeasureError, ("first: province B, year 2022, indicator rd: '—'",)),
        (HAND.assign(rd=pd.to_datetime("2020-01-01")), MeasureError, ("datetime64", "indicator rd")),
        (HAND.assign(rd=1j), MeasureError, ("complex128", "indicator rd")),
        (pd.concat([HAND, HAND[["rd"]]], axis=1), MeasureError, ("'rd' twice",)),
    ],
)
def test_frames_that_cannot_be_used_are_located(frame: pd.DataFrame, error: type[Exception], words: tuple[str, ...]) -> None:
    with pytest.raises(error) as caught:
        index_of(frame)
    for word in (*words, "remedy"):
        assert word in str(caught.value)


def test_no_frame_at_all() -> None:
    with pytest.raises(MeasureError, match="not list"):
        composite_index([1, 2], SCHEME, entity="province", time="year")


def test_one_province_over_the_years_and_a_panel_with_holes() -> None:
    frame, scheme = random_panel(7)
    alone = index_of(frame[frame["province"] == "p0"], scheme)
    assert alone.wide().shape == (1, 3)
    holes = frame.drop([1, 5, 9])
    found = index_of(holes, scheme)
    assert len(found.keys) == len(holes)
    assert int(found.wide().isna().sum().sum()) == 3
    np.testing.assert_allclose(np.column_stack([found.c, found.t, found.d]), by_loops(holes, scheme), atol=ROUNDING)


def test_a_combination_with_a_negative_amount_is_noted() -> None:
    z = pd.DataFrame({"a": [0.0, 0.0, 0.0, 0.0, 0.05, 1.0], "b": [0.6, 1.0, 0.0, 0.5, 0.9, 0.2], "c": [1.0, 0.4, 0.6, 0.5, 0.2, 0.0]})
    frame = z.assign(province=list("uvwxyz"), year=2023, d=[0.0, 0.1, 0.2, 0.3, 0.5, 1.0])
    amounts = combination_amounts(entropy_weights(z), critic_weights(z))
    assert amounts[1] < 0 < amounts[0]
    found = index_of(frame, {"science": ["a", "b", "c"], "industry": ["d"]}, weights="combined", offset=0.0)
    said = [note for note in found.notes if "negative" in str(note)]
    assert len(said) == 1  # the system of one indicator has nothing to combine
    number = f"{-amounts[1]:.2f}"
    assert f"Combined weights of science: the amount of CRITIC is negative (−{number})" in str(said[0])
    assert f"“science”的组合赋权：CRITIC法的组合系数为负（−{number}），取其绝对值。" == said[0].to("zh")
    within = found.weight_table().set_index("indicator")["within_system"][["a", "b", "c"]]
    pd.testing.assert_series_equal(within, combine_weights(entropy_weights(z), critic_weights(z)), check_names=False)
    assert not any("negative" in str(note) for note in index_of(frame, {"science": ["a", "b", "c"], "industry": ["d"]}).notes)


def test_uneven_importance_reaches_the_draws_only_through_alpha() -> None:
    frame, scheme = random_panel(3)
    found = index_of(frame, scheme, importance=[1, 4])
    rows = (found.alternatives("rank"), found.weights, found.system_labels, found.keys["province"], found.keys["year"])
    with_alpha = ranking_uncertainty(*rows, rng=np.random.default_rng(1), draws=50, alpha=found.importance)
    without = ranking_uncertainty(*rows, rng=np.random.default_rng(1), draws=50)
    np.testing.assert_allclose(with_alpha.d, found.d, atol=ROUNDING)
    np.testing.assert_allclose(without.d, index_of(frame, scheme).d, atol=ROUNDING)

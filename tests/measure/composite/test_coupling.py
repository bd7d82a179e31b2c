"""Coupling coordination: hand cases, the definition in plain Python, published values, identities, refusals."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from toolkit.errors import MeasureError, UnknownOption
from toolkit.language import Text
from toolkit.measure import states_at_cuts
from toolkit.measure.composite.coupling import GRADES, Form, coupling, grade, iso_d, lag_types, relative_development

ROUNDING = 1e-12  # a handful of operations on numbers of order one
FORMS: tuple[Form, ...] = ("standard", "wang")
score = st.one_of(st.just(0.0), st.just(1.0), st.floats(1e-6, 1.0))
scores = st.integers(2, 6).flatmap(lambda k: arrays(np.float64, (3, k), elements=score))

# Wang et al. (2021), table 8: C of the ecological and the economic system of cities of Beijing-Tianjin-Hebei, standard and corrected.
PUBLISHED = {
    2008: (
        (0.9989, 0.9935, 0.8868, 0.9073, 0.6821, 0.8328, 0.6816, 0.7789, 0.6871, 0.6101, 0.8017, 0.7867, 0.7191),
        (0.9404, 0.8660, 0.5440, 0.5769, 0.3006, 0.4780, 0.3344, 0.4171, 0.3278, 0.2700, 0.4374, 0.4196, 0.3738),
    ),
    2010: (
        (0.9999, 0.9920, 0.9071, 0.9224, 0.6957, 0.8309, 0.7044, 0.7992, 0.7556, 0.6212, 0.8277, 0.7707, 0.7109),
        (0.9835, 0.8497, 0.5659, 0.5942, 0.3041, 0.4593, 0.3385, 0.4245, 0.3857, 0.2533, 0.4574, 0.3908, 0.3529),
    ),
}


def by_definition(u: list[float], form: str) -> float:
    """C of one row, written as the sums and products of the papers."""
    k = len(u)
    if min(u) == 0:
        return 0.0
    if form == "standard":
        return k * math.prod(x ** (1 / k) for x in u) / sum(u)
    distance = sum(math.sqrt((u[i] - u[j]) ** 2) for j in range(k) for i in range(j + 1, k)) / sum(range(1, k))
    return math.sqrt((1 - distance) * math.prod(x / max(u) for x in u) ** (1 / (k - 1)))


def test_two_provinces_by_hand() -> None:
    found = coupling([[0.4, 0.9], [0.25, 0.25]], [1, 3])
    assert found.c.tolist() == pytest.approx([2 * 0.6 / 1.3, 1.0], abs=ROUNDING)
    assert found.t.tolist() == pytest.approx([(0.4 + 3 * 0.9) / 4, 0.25], abs=ROUNDING)
    assert found.d.tolist() == pytest.approx([math.sqrt(1.2 / 1.3 * 0.775), 0.5], abs=ROUNDING)
    assert coupling([0.4, 0.9], form="wang").c.item() == pytest.approx(math.sqrt(0.5 * 4 / 9), abs=ROUNDING)


def test_four_systems_by_hand() -> None:
    u = [0.1, 0.2, 0.4, 0.8]
    assert coupling(u).c.item() == pytest.approx(4 * 0.0064**0.25 / 1.5, abs=ROUNDING)
    distance = (0.1 + 0.3 + 0.7 + 0.2 + 0.6 + 0.4) / 6
    assert coupling(u, form="wang").c.item() == pytest.approx(math.sqrt((1 - distance) * (0.5**6) ** (1 / 3)), abs=ROUNDING)


@settings(deadline=None, max_examples=30)
@given(u=scores, form=st.sampled_from(FORMS), seed=st.integers(0, 1000))
def test_it_is_the_definition_and_stays_in_the_unit_interval(u: np.ndarray, form: Form, seed: int) -> None:
    alpha = np.random.default_rng(seed).uniform(0.1, 3, u.shape[1])
    found = coupling(u, alpha, form)
    for row, c, t, d in zip(u.tolist(), found.c, found.t, found.d, strict=True):
        assert c == pytest.approx(by_definition(row, form), abs=1e-9)
        assert t == pytest.approx(float(np.dot(alpha, row) / alpha.sum()), abs=ROUNDING)
        assert d == pytest.approx(math.sqrt(c * t), abs=ROUNDING)
    for part in (found.c, found.t, found.d):
        assert ((part >= 0) & (part <= 1)).all()


@settings(deadline=None, max_examples=30)
@given(u=scores, form=st.sampled_from(FORMS), seed=st.integers(0, 1000))
def test_the_order_of_systems_and_rows_does_not_matter(u: np.ndarray, form: Form, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns, alpha = rng.permutation(len(u)), rng.permutation(u.shape[1]), rng.uniform(0.1, 1, u.shape[1])
    turned, straight = coupling(u[rows][:, columns], alpha[columns], form), coupling(u, alpha, form)
    np.testing.assert_allclose(turned.d, straight.d[rows], atol=1e-9)


@settings(deadline=None, max_examples=25)
@given(u=scores, factor=st.floats(0.01, 1.0))
def test_a_common_factor_leaves_the_standard_c_and_moves_the_corrected_one_up(u: np.ndarray, factor: float) -> None:
    np.testing.assert_allclose(coupling(u * factor).c, coupling(u).c, atol=1e-9)
    assert (coupling(u * factor, form="wang").c >= coupling(u, form="wang").c - 1e-9).all()


@settings(deadline=None, max_examples=25)
@given(u=scores)
def test_with_equal_weights_d_is_the_root_of_the_geometric_mean(u: np.ndarray) -> None:
    np.testing.assert_allclose(coupling(u).d, np.sqrt(u.prod(axis=1) ** (1 / u.shape[1])), atol=1e-9)


@settings(deadline=None, max_examples=25)
@given(u=scores)
def test_the_corrected_c_is_never_above_the_standard_one_for_two_systems(u: np.ndarray) -> None:
    pair = u[:, :2]
    assert (coupling(pair, form="wang").c <= coupling(pair).c + 1e-9).all()


@pytest.mark.parametrize("form", FORMS)
def test_equal_systems_couple_fully_and_a_zero_not_at_all(form: Form) -> None:
    equal = coupling(np.full((2, 5), 0.37), form=form)
    assert equal.c.tolist() == [1.0, 1.0]
    assert equal.d.tolist() == pytest.approx([math.sqrt(0.37)] * 2, abs=ROUNDING)
    zero = coupling([[0.0, 1.0], [0.0, 0.0]], form=form)
    assert (zero.c.tolist(), zero.t.tolist(), zero.d.tolist()) == ([0.0, 0.0], [0.5, 0.0], [0.0, 0.0])
    tiny = coupling([1e-200, 1e-200, 1e-200], form=form)
    assert tiny.c.item() == 1.0  # the product of the scores themselves would underflow


@pytest.mark.parametrize("year", PUBLISHED)
def test_published_pairs_come_from_two_scores_in_the_unit_interval(year: int) -> None:
    """The standard C gives the ratio of the two scores, the corrected one their distance: together the scores, which must exist."""
    standard, corrected = np.array(PUBLISHED[year])
    ratio = ((1 - np.sqrt(1 - standard**2)) / standard) ** 2
    distance = 1 - corrected**2 / ratio
    higher = distance / (1 - ratio)
    printed = higher[2:]  # in Beijing and Tianjin the scores hardly differ: four printed digits do not fix them
    assert ((distance > 0) & (distance < 1 - ratio)).all()
    assert ((printed > 0.2) & (printed < 0.7)).all()
    u = np.column_stack([higher, higher * ratio])
    np.testing.assert_allclose(coupling(u).c, standard, atol=ROUNDING)
    np.testing.assert_allclose(coupling(u, form="wang").c, corrected, atol=ROUNDING)


def test_shapes_and_inputs() -> None:
    u = np.random.default_rng(1).uniform(size=(4, 3, 5))
    kept = u.copy()
    found = coupling(u)
    assert found.d.shape == (4, 3)
    assert found.d[2, 1] == coupling(u[2, 1]).d
    np.testing.assert_array_equal(u, kept)
    frame = pd.DataFrame({"technology": [0.2, 0.3], "industry": [0.2, 0.3]})
    assert coupling(frame).c.tolist() == [1.0, 1.0]
    assert coupling([1 + 1e-13, 1.0]).d == 1.0  # a weighted mean of ones


def test_ten_grades_and_their_bounds() -> None:
    assert len(GRADES) == len(set(GRADES)) == 10
    assert grade(np.arange(11) / 10).tolist() == [0, *range(10)]
    assert grade(0.1 + 0.2).item() == grade(3 * 0.1).item() == grade(0.3).item() == 2  # the sums are 0.30000000000000004
    assert grade(np.arange(10) / 10 + 1e-6).tolist() == list(range(10))
    d = pd.DataFrame({2020: [0.05, 0.1, 0.55], 2021: [0.4, 0.9, 0.91]}, index=list("abc"))
    assert (grade(d).to_numpy() == states_at_cuts(d, np.arange(1, 10) / 10).codes).all()
    assert GRADES[grade(0.95)] == Text("Superior coordination", "优质协调")
    with pytest.raises(MeasureError, match=r"(?s)grade.*first at 1: 1\.2"):
        grade([0.5, 1.2])


def test_who_leads_and_who_lags() -> None:
    found = relative_development([[0.2, 0.9, 0.5], [0.8, 0.9, 1.0], [0.0, 0.0, 0.0], [0.0, 0.1, 0.1]])
    assert found.leader.tolist() == [1, 2, 0, 1]
    assert found.weakest.tolist() == [0, 0, 0, 0]
    assert found.lagging.tolist() == [0, -1, -1, 0]
    assert found.ratio.tolist() == pytest.approx([2 / 9, 0.8, 1.0, 0.0], abs=ROUNDING)
    assert relative_development([0.89, 1.0], band=0.9).lagging == 0
    types = lag_types([Text("Talent chain", "人才链"), Text("Capital chain", "资金链")])
    assert [types[i].zh for i in (-1, 0, 1)] == ["同步发展", "人才链滞后", "资金链滞后"]
    with pytest.raises(MeasureError, match="band=0"):
        relative_development([0.5, 0.6], band=0)


@settings(deadline=None, max_examples=25)
@given(u=arrays(np.float64, (4, 2), elements=score), band=st.floats(0.1, 1.0))
def test_the_verdict_does_not_depend_on_who_is_written_first(u: np.ndarray, band: float) -> None:
    straight, turned = relative_development(u, band).lagging, relative_development(u[:, ::-1], band).lagging
    assert [{-1: -1, 0: 1, 1: 0}[int(i)] for i in straight] == turned.tolist()


@settings(deadline=None, max_examples=25)
@given(d=st.floats(0.05, 0.98), alpha=st.floats(0.0, 1.0))
def test_d_is_constant_on_its_line(d: float, alpha: float) -> None:
    first, second = iso_d(d, [alpha, 1 - alpha])
    assert first.size > 2
    np.testing.assert_allclose(coupling(np.column_stack([first, second]), [alpha, 1 - alpha]).d, d, atol=1e-9)
    assert (np.diff(second / first) > 0).all()


@pytest.mark.parametrize(
    ("u", "alpha", "message"),
    [
        ([[0.2, 0.3], [0.2, np.nan]], None, r"(?s)1 others.*first at 1, 1: nan.*normalise"),
        ([[0.2, 1.3], [-0.2, 0.1]], None, r"(?s)2 others.*first at 0, 1: 1\.3"),
        ([[0.2], [0.3]], None, r"shape \(2, 1\)"),
        (0.5, None, r"shape \(\)"),
        ([["a", "b"]], None, "needs numbers"),
        ([[0.2, 0.3]], [1, 2, 3], "2 values and 3 weights"),
        ([[0.2, 0.3]], [1, -1], "negative"),
    ],
)
def test_what_is_not_defined_is_refused_by_name(u: object, alpha: list[float] | None, message: str) -> None:
    with pytest.raises(MeasureError, match=message):
        coupling(u, alpha)  # type: ignore[arg-type]


def test_a_frame_is_named_by_its_labels() -> None:
    frame = pd.DataFrame({"technology": [0.2, 0.3], "industry": [0.2, 3.0]}, index=["Beijing", "Hubei"])
    with pytest.raises(MeasureError, match=r"first at 'Hubei', 'industry': 3"):
        coupling(frame)
    nullable = pd.DataFrame({"technology": pd.array([1, None], dtype="Int64"), "industry": [0.5, 0.5]}, index=["Beijing", "Hubei"])
    with pytest.raises(MeasureError, match=r"first at 'Hubei', 'technology': nan"):
        coupling(nullable)


def test_other_choices_are_refused_by_name() -> None:
    with pytest.raises(UnknownOption, match=r"(?s)'fan'.*standard, wang"):
        coupling([0.2, 0.3], form="fan")  # type: ignore[arg-type]
    with pytest.raises(MeasureError, match="D = 1"):
        iso_d(1.0)

"""The rows of a panel: roles from columns or from the index, and row labels that fit the frame it was made from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import DuplicateKey, MissingColumn, PanelError
from toolkit.estimate import Choices, fit, specification_curve
from toolkit.panel import Panel


def long(seed: int = 3) -> pd.DataFrame:
    """8 firms, 6 quarters, in the order of time."""
    draw = np.random.default_rng(seed)
    quarters = pd.period_range("2015Q3", periods=6, freq="Q")
    frame = pd.DataFrame({"firm": np.tile([f"f{i}" for i in range(8)], 6), "when": np.repeat(quarters, 8), "x": draw.normal(size=48)})
    return frame.assign(y=2.0 * frame["x"] + draw.normal(size=48))


def test_predictions_fit_the_frame_of_any_order() -> None:
    frame = long().sample(frac=1, random_state=1)
    for index in (frame.index, pd.RangeIndex(48), pd.Index([f"row {i}" for i in range(48)])):
        mine = frame.set_axis(index)
        panel = Panel(mine, "firm", "when")
        estimate = fit("y ~ x", panel)
        mine["predicted"] = estimate.predict(panel)
        expected = estimate.beta[0] + estimate.beta[1] * mine["x"]
        np.testing.assert_allclose(mine["predicted"], expected, rtol=1e-12)  # one product and one sum
        assert panel.keep(panel.frame["x"] > 0).frame.index.isin(mine.index[mine["x"] > 0]).all()


@settings(deadline=None, max_examples=30)
@given(st.permutations(range(48)))
def test_sorting_keeps_labels_with_their_rows(order: list[int]) -> None:
    frame = long().iloc[order]
    found = Panel(frame, "firm", "when").frame
    pd.testing.assert_frame_equal(found.loc[frame.index], frame)
    assert found["firm"].is_monotonic_increasing


def test_labels_that_occur_twice_are_numbered_anew() -> None:
    frame = pd.concat([long().iloc[:8], long().iloc[8:].reset_index(drop=True)])
    assert Panel(frame, "firm", "when").frame.index.tolist() == list(range(48))


def test_a_mask_of_the_frame_means_its_own_rows() -> None:
    frame = long().sample(frac=1, random_state=2).reset_index(drop=True)
    panel = Panel(frame, "firm", "when")
    mask = frame["x"] > -0.5
    choices = Choices("y", "x", [], effects=["firm"], samples={"some": mask})
    curve = specification_curve(choices, panel)
    alone = fit("y ~ x | firm", panel.keep(mask))
    assert curve.frame["estimate"].iloc[0] == pytest.approx(alone.beta[0], rel=1e-9)


def test_roles_in_the_index() -> None:
    frame = long()
    expected = Panel(frame, "firm", "when")
    for index in (frame.set_index(["firm", "when"]), frame.set_index(["when", "firm"])):
        panel = Panel(index, "firm", "when")
        pd.testing.assert_frame_equal(panel.frame.reset_index(drop=True), expected.frame.reset_index(drop=True))
        estimate = fit("y ~ x | firm + when", panel)
        np.testing.assert_array_equal(estimate.beta, fit("y ~ x | firm + when", expected).beta)
        index["predicted"] = estimate.predict(panel)
        assert index["predicted"].notna().all()
        assert panel.columns == ("x", "y")
    one = Panel(frame.set_index("when"), "firm", "when")
    assert one.frame["when"].tolist() == expected.frame["when"].tolist()
    assert one.frame.index.names == [None]


def test_a_role_as_column_and_in_the_index() -> None:
    frame = long()
    both = Panel(frame.set_index(["firm", "when"], drop=False), "firm", "when")
    assert both.shape() == Panel(frame, "firm", "when").shape()
    other = frame.set_index(pd.Index(range(48), name="when"))
    with pytest.raises(PanelError, match=r"(?s)'when' as a column and in the index.*row 1: 2015Q3 and 0.*drop=True"):
        Panel(other, "firm", "when")
    assert Panel(frame.set_index(pd.Index(range(48), name="x")), "firm", "when").frame.index.names == [None]


def test_messages_name_the_index() -> None:
    frame = long()
    with pytest.raises(MissingColumn, match=r"(?s)no column 'city' to serve as entity.*index: firm, when"):
        Panel(frame.set_index(["firm", "when"]), "city", "when")
    with pytest.raises(MissingColumn, match=r"(?s)2 levels without a name.*rename_axis\(index=\['firm', 'when'\]\)"):
        Panel(frame.set_index(["firm", "when"]).rename_axis([None, None]), "firm", "when")
    with pytest.raises(PanelError, match="2 columns named 'firm'"):
        Panel(pd.concat([frame, frame[["firm"]]], axis=1), "firm", "when")
    with pytest.raises(DuplicateKey, match="1 repeated firm-when rows"):
        Panel(pd.concat([frame, frame.iloc[[0]]]), "firm", "when")


def test_the_frame_is_not_changed() -> None:
    for frame in (long().sample(frac=1, random_state=4), long().set_index(["when", "firm"])):
        before = frame.copy()
        Panel(frame, "firm", "when").assign(z=1.0)
        pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    "names", [["a", "a", "b"], [1, 1, 2], pd.Categorical(["z", "z", "a"], ["z", "a"])], ids=["text", "numbers", "categories"]
)
def test_a_frame_in_order_is_shared_and_yet_a_copy(names: object) -> None:
    frame = pd.DataFrame({"unit": names, "year": [1, 2, 1], "y": [1.0, 2.0, 3.0]})
    panel = Panel(frame, "unit", "year")
    frame.loc[0, "y"] = 9.0
    frame["z"] = 0
    assert panel.frame["y"].tolist() == [1.0, 2.0, 3.0]
    assert panel.columns == ("y",)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
@pytest.mark.parametrize("names", [["a", "a", "b"], [1, 1, 2]], ids=["text", "numbers"])
def test_a_repetition_is_seen_in_any_order(names: list[object], order: list[int]) -> None:
    frame = pd.DataFrame({"unit": names, "year": [1, 1, 1]}).iloc[order]
    with pytest.raises(DuplicateKey, match="1 repeated unit-year rows"):
        Panel(frame, "unit", "year")

"""Joining and correcting say what they did not find."""

from __future__ import annotations

from typing import Literal

import pandas as pd
import pytest

from toolkit.data.checks import merge
from toolkit.data.repairs import correct
from toolkit.errors import CorrectionObsolete, DuplicateKey, MergeMismatch
from toolkit.registry import Correction

LEFT = pd.DataFrame({"k": [1, 2, 2, 3], "x": [1.0, 2.0, 3.0, 4.0]})
RIGHT = pd.DataFrame({"k": [2, 3, 4], "y": ["b", "c", "d"]})


def test_both_sides_are_counted() -> None:
    with pytest.raises(MergeMismatch) as caught:
        merge(LEFT, RIGHT, ["k"], names=("panel", "places"))
    assert "1 keys only in panel (first: k 1)" in str(caught.value)
    assert "1 keys only in places (first: k 4)" in str(caught.value)


def test_declared_mismatches_pass() -> None:
    with pytest.raises(MergeMismatch, match="only in panel"):
        merge(LEFT, RIGHT, ["k"], names=("panel", "places"), unmatched="right allowed")
    joined = merge(LEFT, RIGHT, ["k"], names=("panel", "places"), unmatched="both allowed")
    assert joined["x"].tolist() == LEFT["x"].tolist()
    assert joined["y"].isna().tolist() == [True, False, False, False]
    with pytest.raises(DuplicateKey, match="places"):
        merge(RIGHT, LEFT, ["k"], names=("panel", "places"))


def rule_for(time: int, expected: float, value: float | Literal["missing"] = "missing") -> Correction:
    return Correction(id="r", table="tab", entity="a", time=time, variable="v", expected=expected, value=value, reason="why")


def test_a_correction_changes_one_cell_and_leaves_the_input() -> None:
    frame = pd.DataFrame({"p": ["a", "a"], "t": [1, 2], "v": [5.0, 5.0]})
    rule = rule_for(2, 5.0, 6.0)
    assert correct(frame, [rule], "p", "t")["v"].tolist() == [5.0, 6.0]
    assert frame["v"].tolist() == [5.0, 5.0]
    for absent in (rule_for(3, 5.0), rule_for(2, 4.0)):
        with pytest.raises(CorrectionObsolete, match="remove the correction"):
            correct(frame, [absent], "p", "t")

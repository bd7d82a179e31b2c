"""Joining two frames whose keys must agree, saying what each side lost when they do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pandas as pd

from toolkit.errors import DuplicateKey, MergeMismatch

Unmatched = Literal["refused", "left allowed", "right allowed", "both allowed"]


def merge(
    left: pd.DataFrame, right: pd.DataFrame, on: Sequence[str], *, names: tuple[str, str], unmatched: Unmatched = "refused"
) -> pd.DataFrame:
    """Join ``right`` to ``left``; keys of ``right`` are unique, and unmatched keys are an error unless declared.

    Parameters
    ----------
    left, right : frames; ``left`` may repeat a key, ``right`` may not.
    on : key columns.
    names : what the two sides are called in messages.
    unmatched : which side may hold keys that the other lacks. Rows of ``left`` always stay, rows only in ``right`` never enter.

    Raises
    ------
    DuplicateKey, MergeMismatch
        With the number and the first of the unmatched keys on both sides.

    Examples
    --------
    >>> a, b = pd.DataFrame({"k": [1, 2], "x": [5, 6]}), pd.DataFrame({"k": [1, 2], "y": [7, 8]})
    >>> merge(a, b, ["k"], names=("a", "b"))["y"].tolist()
    [7, 8]
    """
    keys = list(on)
    twice = right.duplicated(keys)
    if twice.any():
        raise DuplicateKey(
            f"{names[1]} has {int(twice.sum())} repeated keys",
            where=f"first: {_key(right[twice].iloc[0], keys)}",
            remedy=f"keep one row per {' and '.join(keys)}",
        )
    joined = left.merge(right, on=keys, how="outer", indicator="_side", sort=False)
    lost_left, lost_right = joined[joined["_side"] == "left_only"], joined[joined["_side"] == "right_only"]
    refused = [
        f"{len(lost)} keys only in {name} (first: {_key(lost.iloc[0], keys)})"
        for lost, name, side in ((lost_left, names[0], "left allowed"), (lost_right, names[1], "right allowed"))
        if len(lost) and unmatched not in (side, "both allowed")
    ]
    if refused:
        raise MergeMismatch(
            f"{names[0]} and {names[1]} do not share their keys: {'; '.join(refused)}",
            where=f"joined on {', '.join(keys)}",
            remedy="repair the keys, or declare with unmatched= which side may lack some",
        )
    return left.merge(right, on=keys, how="left", sort=False)


def _key(row: pd.Series, keys: Sequence[str]) -> str:
    return ", ".join(f"{key} {row[key]}" for key in keys)

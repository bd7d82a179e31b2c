"""Codes of texts by their bytes are those of pandas, whatever the texts are."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.estimate.rows import texts
from toolkit.estimate.rows.texts import factorized


@pytest.fixture
def any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_FEWEST", 0)


def _by_pandas(values: pd.Series) -> tuple[list[int], int]:
    codes, distinct = pd.factorize(values)
    return codes.tolist(), len(distinct)


def _by_bytes(values: pd.Series) -> tuple[list[int], int]:
    arrays = texts._texts(values)
    assert arrays is not None
    found = texts._by_bytes(arrays)
    assert found is not None
    return found[0].tolist(), found[1]


_OBJECTS = [
    "b",
    "a",
    "b",
    None,
    np.nan,
    pd.NA,
    pd.NaT,
    1,
    1.0,
    True,
    b"b",
    "",
    "\ud800",
    ("b", 1),
    np.str_("a"),
    Decimal("NaN"),
    np.int64(1),
]


@given(st.lists(st.integers(0, len(_OBJECTS) - 1), min_size=1, max_size=300), st.booleans(), st.booleans())
def test_objects_are_those_of_pandas(which: list[int], in_order: bool, texts_alone: bool) -> None:
    found = [_OBJECTS[k % 7 if texts_alone else k] for k in (sorted(which) if in_order else which)]
    column = pd.Series(found, dtype=object)
    by_address = texts._by_address(column.to_numpy())
    expected = _by_pandas(column)
    if by_address is not None:
        assert (by_address[0].tolist(), by_address[1]) == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "_FEWEST", 0)
        codes, levels = factorized(column)
        assert (codes.tolist(), levels) == expected
        patch.setattr(texts, "_by_address", lambda _: None)
        codes, levels = factorized(column)
        assert (codes.tolist(), levels) == expected


def test_objects_that_repeat_are_looked_at_once() -> None:
    names = [f"firm {k}" for k in range(2000)]
    which = np.random.default_rng(2).integers(0, 2000, 60_000)
    shared, own = (pd.Series(v, dtype=object) for v in ([names[k] for k in which], [f"firm {k}" for k in which]))
    found = texts._by_address(shared.to_numpy())
    assert found is not None
    assert (found[0].tolist(), found[1]) == _by_pandas(shared) == _by_pandas(own)
    assert texts._by_address(own.to_numpy()) is None
    assert _by_bytes(own) == _by_pandas(own)


def test_what_is_no_text_is_not_made_one(any_size: None) -> None:
    for column in (["b", b"b"], ["b", 1], ["\ud800", "b"], [b"b", b"b"]):
        assert texts._texts(pd.Series(column, dtype=object)) is None
    with pytest.raises(TypeError, match="unhashable"):
        factorized(pd.Series([["b"], "b"], dtype=object))


_FEW = st.text(alphabet="a0\0工", max_size=20)  # texts that begin alike, of every length, with zeros at the end


@given(st.lists(st.none() | _FEW, max_size=60), st.integers(0, 3), st.sampled_from([pa.string(), pa.large_string()]))
def test_codes_are_those_of_pandas(values: list[str | None], skipped: int, kind: pa.DataType) -> None:
    column = pd.Series(values, dtype=pd.ArrowDtype(kind)).iloc[skipped:]
    assert _by_bytes(column) == _by_pandas(column)


def test_several_chunks_with_missing_values() -> None:
    chunks = pa.chunked_array([["b", None, "a" * 9], [], ["a" * 9, "b" * 128, "b"]], type=pa.string())
    column = pd.Series(pd.arrays.ArrowExtensionArray(chunks))
    assert len(texts._texts(column) or ()) == 3
    assert _by_bytes(column) == ([0, -1, 1, 1, 2, 0], 3)


def test_ids_of_eighteen_digits_in_more_rows_than_one_part(any_size: None) -> None:
    rng = np.random.default_rng(1)
    firm = rng.integers(0, 9_000, 40_000)
    ids = pd.Series([f"91{f * 7919:012d}MA5X" for f in firm], dtype="str")
    codes, levels = factorized(ids)
    assert (codes.tolist(), levels) == _by_pandas(pd.Series(firm))


def test_rows_in_order_with_missing_values_between() -> None:
    column = pd.Series([*"aaa", None, *"abbbb", *"ccccc", *"aaaa", None, None], dtype="str")
    assert _by_bytes(column) == ([0, 0, 0, -1, 0, *[1] * 4, *[2] * 5, *[0] * 4, -1, -1], 3)


@pytest.mark.parametrize("broken", [0, 1])
def test_two_texts_of_one_number_are_left_to_pandas(any_size: None, monkeypatch: pytest.MonkeyPatch, broken: int) -> None:
    column = pd.Series(["b", "a", "c", "a"], dtype="str")
    mixes = [np.uint64(3), np.uint64(5)]
    mixes[broken] = np.uint64(0)  # every text gets the same number
    monkeypatch.setattr(texts, "_MIXES", tuple(mixes))
    arrays = texts._texts(column)
    assert arrays is not None
    assert (texts._by_bytes(arrays) is None) == (broken == 0)
    codes, levels = factorized(column)
    assert (codes.tolist(), levels) == ([0, 1, 2, 1], 3)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["b", "a" * 129, "b"], dtype="str"),
        pd.Series(["b", None, 1, "b"], dtype=object),
        pd.Series(["b", "a", "b"], dtype=pd.StringDtype("python")),
        pd.Series(["b", None, "b"], dtype="category"),
        pd.Series([3, None, 3], dtype="Int64"),
        pd.Series([3, 1, 3], dtype=pd.ArrowDtype(pa.int64())),
        pd.Series([], dtype="str"),
    ],
    ids=["long", "mixed", "python", "category", "nullable", "arrow numbers", "none"],
)
def test_other_columns_are_numbered_too(any_size: None, column: pd.Series) -> None:
    codes, levels = factorized(column)
    assert (codes.tolist(), levels) == _by_pandas(column)

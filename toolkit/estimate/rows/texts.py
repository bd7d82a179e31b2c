"""Codes of texts by their bytes: ten million ids in no order are numbered in 60 % of the time that a table of texts takes.

The bytes of a text, eight at a time, are mixed into two numbers of 64 bits. The first makes the groups; the second shows whether two texts
share one by accident. Then, and for what is no text, pandas numbers the values themselves.

In a column of Python objects the same object often stands in many rows. Then the objects are numbered by their addresses, and pandas looks
at each object once; else the column is made one of texts, if texts are all that it holds.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Words = NDArray[np.uint64]

_FEWEST: Final = 1_000_000  # rows; with fewer, a table of texts in the cache is as fast
_AT_ONCE: Final = 16_384  # rows whose bytes and numbers stay in the cache
_LONGEST: Final = 128  # bytes; longer texts are no ids
_WORD: Final = 8
_EACH: Final = 8  # rows of a group for which the table of groups is made; it grows where there are fewer
_MIXES: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))  # odd, without pattern: of SplitMix64 and of xxHash64
_SHARE: Final = np.uint64(2**58)  # of the numbers of 64 bits: one object in 64 shows whether objects repeat
_REPEATED: Final = 4  # rows of an object from which its address is worth a look
_HALF: Final = np.uint64(32)
_FIRST: Final = np.array([(1 << 8 * k) - 1 for k in range(_WORD + 1)], dtype=np.uint64)  # keeps the first k bytes of a word


def factorized(values: pd.Series) -> tuple[NDArray[np.intp], int]:
    """(n,) codes of the values in the order of their first appearance, -1 where one is missing, and how many there are.

    Examples
    --------
    >>> factorized(pd.Series(["600519.SH", None, "000001.SZ", "600519.SH"]))
    (array([ 0, -1,  1,  0]), 2)
    """
    found = None
    if len(values) >= _FEWEST:
        objects = values.to_numpy() if pd.api.types.is_object_dtype(values.dtype) else None
        found = None if objects is None else _by_address(objects)
        if found is None and (texts := _texts(values)) is not None:
            found = _by_bytes(texts)
    if found is not None:
        return found
    codes, distinct = pd.factorize(values, size_hint=len(values) // _EACH)
    return codes.astype(np.intp, copy=False), len(distinct)


def _by_address(objects: NDArray[Any]) -> tuple[NDArray[np.intp], int] | None:
    """What :func:`factorized` gives, by way of the addresses of the objects; None if few of them stand in more than one row."""
    addresses = np.frombuffer(objects.tobytes(), dtype=np.uintp)
    starts = np.append(True, addresses[1:] != addresses[:-1])
    if 2 * np.count_nonzero(starts) < len(objects):
        own, rows = np.cumsum(starts) - 1, np.flatnonzero(starts)
    else:
        some = addresses[addresses * _MIXES[0] < _SHARE]
        if _REPEATED * len(pd.unique(some)) > len(some):
            return None
        own, distinct = pd.factorize(addresses, size_hint=len(objects) // _EACH)
        rows = np.empty(len(distinct), dtype=np.intp)
        rows[own] = np.arange(len(own))
    codes, values = pd.factorize(objects[rows])
    return codes.astype(np.intp, copy=False)[own], len(values)


def _texts(values: pd.Series) -> list[Any] | None:
    """The arrays of pyarrow that hold a column of texts, or what is made of objects that are texts or missing; None if it is another."""
    dtype = values.dtype
    if pd.api.types.is_object_dtype(dtype):
        if pd.api.types.infer_dtype(values, skipna=True) != "string":
            return None
        try:
            values = values.astype("str")
        except UnicodeError:  # half of a pair of surrogates is a text, and has no bytes
            return None
        dtype = values.dtype
    if not isinstance(dtype, pd.ArrowDtype) and not (isinstance(dtype, pd.StringDtype) and dtype.storage == "pyarrow"):
        return None
    found = values.array.__arrow_array__()
    return getattr(found, "chunks", [found]) if str(found.type) in ("string", "large_string") else None


def _by_bytes(texts: list[Any]) -> tuple[NDArray[np.intp], int] | None:
    """What :func:`factorized` gives; None for long texts and where two share a number."""
    n, done = sum(map(len, texts)), 0
    numbers, present = np.empty((2, n), dtype=np.uint64), np.ones(n, dtype=bool)
    for part in texts:
        rows = slice(done, done := done + len(part))
        if part.null_count:
            present[rows] = part.is_valid().to_numpy(zero_copy_only=False)
        if not _mix(part, numbers[:, rows]):
            return None
    complete = bool(present.all())
    if not complete:
        numbers = numbers[:, present]
    # rows in order are numbered by the first of each run
    starts = np.ones(numbers.shape[1], dtype=bool)
    starts[1:] = (numbers[0, 1:] != numbers[0, :-1]) | (numbers[1, 1:] != numbers[1, :-1])
    in_runs = 2 * np.count_nonzero(starts) < n
    found = _numbered(numbers[:, starts] if in_runs else numbers)
    if found is None:
        return None
    own, levels = found
    if in_runs:
        own = own[np.cumsum(starts) - 1]
    if complete:
        return own, levels
    codes = np.full(n, -1, dtype=np.intp)
    codes[present] = own
    return codes, levels


def _numbered(numbers: Words) -> tuple[NDArray[np.intp], int] | None:
    """Codes of the first numbers, if equal ones have equal second numbers."""
    codes, distinct = pd.factorize(numbers[0], size_hint=numbers.shape[1] // _EACH)
    second = np.empty(len(distinct), dtype=np.uint64)
    second[codes] = numbers[1]
    return (codes, len(distinct)) if np.array_equal(second[codes], numbers[1]) else None


def _mix(part: Any, numbers: Words) -> bool:
    """Write the two numbers (2, n) of each text; False if one is too long."""
    _, places, data = part.buffers()
    kind: Any = np.int32 if str(part.type) == "string" else np.int64
    ends = np.frombuffer(places, dtype=kind)[part.offset : part.offset + len(part) + 1]
    raw = np.frombuffer(b"" if data is None else data, dtype=np.uint8)
    for first in range(0, len(part), _AT_ONCE):
        own = ends[first : first + _AT_ONCE + 1]
        length, start = np.diff(own), own[:-1] - own[0]
        longest = int(length.max())
        if longest > _LONGEST:
            return False
        # the bytes of these rows with a word of zeros behind them, and every eight of them that follow each other as one word
        held = np.zeros(int(own[-1] - own[0]) + _WORD, dtype=np.uint8)
        held[:-_WORD] = raw[own[0] : own[-1]]
        words = np.ndarray(len(held) - _WORD + 1, dtype="<u8", buffer=held, strides=(1,))
        mixed = numbers[:, first : first + _AT_ONCE]
        mixed[:] = length
        for at in range(0, longest, _WORD):
            rows = slice(None) if at == 0 else np.flatnonzero(length > at)
            word = words[start[rows] + at] & _FIRST[np.minimum(length[rows] - at, _WORD)]
            for number, mix in zip(mixed, _MIXES, strict=True):
                number[rows] = _stirred(number[rows] ^ word, mix)
    return True


def _stirred(values: Words, mix: np.uint64) -> Words:
    """Another number for each number, one to one, every bit of which depends on all of its bits."""
    for _ in range(2):
        values = values ^ (values >> _HALF)
        values *= mix
    return values ^ (values >> _HALF)

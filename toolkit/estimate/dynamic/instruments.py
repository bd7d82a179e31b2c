"""The columns of the instrument matrix, one block per declaration, so that every instrument can be told where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import TooFewPeriods
from toolkit.estimate.columns import evaluate
from toolkit.estimate.dynamic.declarations import Equation, GmmDeclaration
from toolkit.estimate.dynamic.equations import Stack
from toolkit.estimate.kernels import norms
from toolkit.estimate.omission import independent
from toolkit.estimate.source import Source

Floats = NDArray[np.float64]
Style = Literal["gmm", "iv", "effects"]


@dataclass(frozen=True)
class InstrumentSet:
    """The instruments that one declaration gives in one equation.

    Attributes
    ----------
    term : the variable; ``Intercept`` or the time column for those that instrument themselves.
    style : "gmm", "iv", or "effects".
    equation : "difference", "level", or "both" for columns that run through both.
    what : in words, for example ``lags 2 to 8``.
    count : independent columns.
    """

    term: str
    style: Style
    equation: Equation
    what: str
    count: int


@dataclass(frozen=True)
class Instruments:
    """The instrument matrix.

    Attributes
    ----------
    columns : (L, rows of the stack), each of length one.
    sets : where they come from, in the order of the columns.
    redundant : how many columns were linear combinations of others, and left out.
    """

    columns: Floats
    sets: tuple[InstrumentSet, ...]
    redundant: int

    def owner(self) -> NDArray[np.intp]:
        """(L,) position in ``sets`` of each column."""
        return np.repeat(np.arange(len(self.sets)), [s.count for s in self.sets])


@dataclass(frozen=True)
class Block:
    """Columns (q, rows of the stack) with their description."""

    described: InstrumentSet
    columns: Floats


def gmm_blocks(declared: GmmDeclaration, stack: Stack, source: Source, collapse: bool) -> list[Block]:
    """Lagged levels for the transformed equation, a lagged difference for the level equation.

    An instrument that does not exist for a row (before the first period, in a gap, not a number) is zero there.

    Raises
    ------
    TooFewPeriods
        If no row has any of the lags.
    """
    lags, value = declared.lags, declared.value
    found = evaluate(value, source)
    numbers = found.numbers if found.why is None else np.where(found.why == 0, found.numbers, np.nan)
    blocks = []
    if lags.equation != "level":
        ahead = stack.transformation.ahead
        at = stack.sample.positions[stack.transformation.rows]
        date = source.calendar[at] + ahead
        longest = _longest(source)
        reach = range(lags.first, (longest if lags.last is None else min(lags.last, longest)) + 1)
        columns, used = _lagged([_earlier(numbers, source, lag - ahead)[at] for lag in reach], list(reach), date, collapse)
        what = f"lag {used[0]}" if len(used) == 1 else f"lags {used[0]} to {used[-1]}" if used else ""
        blocks.append(Block(InstrumentSet(value.text, "gmm", "difference", what, len(columns)), stack.placed(columns, "difference")))
    if lags.equation != "difference":
        back = max(lags.first - 1, 0)
        at = stack.sample.positions
        change = _earlier(numbers, source, back) - _earlier(numbers, source, back + 1)
        columns, used = _lagged([change[at]], [back], source.calendar[at], collapse)
        what = f"difference, lag {back}" if back else "difference"
        blocks.append(Block(InstrumentSet(value.text, "gmm", "level", what, len(columns)), stack.placed(columns, "level")))
    if not any(len(b.columns) for b in blocks):
        asked = f"{lags.first} and deeper" if lags.last is None else f"{lags.first} to {lags.last}"
        raise TooFewPeriods(
            f"no row has a usable lag of {value.text} to serve as a GMM instrument (lags {asked})",
            where=f"{source.label}, periods {source.span}",
            remedy="use smaller lags, more periods, or fewer lags in the formula",
        )
    return [b for b in blocks if len(b.columns)]


def _longest(source: Source) -> int:
    """The most periods between two rows of one entity."""
    assert source.entity is not None
    codes = source.group(source.entity).codes
    first, last = np.searchsorted(codes, codes, side="left"), np.searchsorted(codes, codes, side="right") - 1
    return int((source.calendar[last] - source.calendar[first]).max())


def _earlier(numbers: Floats, source: Source, steps: int) -> Floats:
    """(rows of the data,) the value ``steps`` periods earlier by the calendar, NaN where there is none."""
    rows = source.earlier(steps)
    return np.where(rows >= 0, numbers[rows], np.nan)


def _lagged(values: list[Floats], lags: list[int], date: NDArray[np.int64], collapse: bool) -> tuple[Floats, list[int]]:
    """The columns of ``values`` (one (m,) array per lag), by period unless collapsed, and the lags that occur; empty columns left out."""
    m = len(date)
    columns: list[Floats] = []
    used = []
    for lag, value in zip(lags, values, strict=True):
        present = np.isfinite(value) & (value != 0)
        if not present.any():
            continue
        used.append(lag)
        filled = np.where(present, value, 0.0)
        if collapse:
            columns.append(filled)
        else:
            columns += [np.where(date == period, filled, 0.0) for period in np.unique(date[present])]
    return np.array(columns).reshape(len(columns), m), used


def assemble(blocks: Sequence[Block]) -> Instruments:
    """One matrix from all blocks: columns scaled to length one, redundant ones (the later of two that say the same) left out."""
    stacked = np.concatenate([b.columns for b in blocks])
    lengths = norms(stacked, None)
    stacked = stacked / np.where(lengths > 0, lengths, 1.0)[:, None]
    standing = np.flatnonzero(lengths > 0)
    kept = standing[independent(stacked[standing], np.ones(len(standing)), None)[0]]
    owner = np.repeat(np.arange(len(blocks)), [len(b.columns) for b in blocks])[kept]
    counts = np.bincount(owner, minlength=len(blocks))
    sets = tuple(replace(b.described, count=int(c)) for b, c in zip(blocks, counts, strict=True))
    return Instruments(stacked[kept], sets, len(stacked) - len(kept))

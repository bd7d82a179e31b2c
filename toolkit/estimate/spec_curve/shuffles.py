"""Which entities can change places without changing any row of any cell, and the random exchanges among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import MissingKey, NotEstimable
from toolkit.estimate.inference.exchange import Exchange
from toolkit.estimate.rows.sample import Sample
from toolkit.estimate.rows.source import Source

Integers = NDArray[np.intp]


@dataclass(frozen=True)
class Shuffles:
    """B exchanges of whole treatment paths between entities.

    Attributes
    ----------
    donors : (B, N) the entity whose path each entity gets.
    entities : how many entities the cells use.
    movable : how many of them have a partner.
    """

    donors: Integers
    entities: int
    movable: int


def _entity_strata(source: Source, samples: Sequence[Integers], blocks: str | None) -> tuple[Integers, Integers]:
    """(N,) the stratum of each entity, and the entities that occur.

    Entities of one stratum are seen in the same periods in every sample, and are in the same block.

    Parameters
    ----------
    samples : for each set of rows the positions in the data.
    blocks : a column that is constant within entities, or None.

    Raises
    ------
    NotEstimable
        If an entity changes its block.
    MissingColumn, MissingKey

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"firm": list("aabbc"), "year": [1, 2, 1, 2, 1]})
    >>> _entity_strata(Source(frame, "firm", "year"), [np.arange(5)], None)[0]
    array([1, 1, 0])
    """
    assert source.entity is not None
    entity, times = source.group(source.entity), source.calendar
    period = np.unique(times, return_inverse=True)[1]
    distinct = {rows.tobytes(): rows for rows in samples}
    seen = np.zeros((entity.levels, len(distinct), int(period.max()) + 1), dtype=bool)
    for at, rows in enumerate(distinct.values()):
        seen[entity.codes[rows], at, period[rows]] = True
    used = np.flatnonzero(seen.any(axis=(1, 2)))
    keys = np.packbits(seen.reshape(entity.levels, -1), axis=1)
    if blocks is not None:
        label = _block_of_entities(source, blocks)
        keys = np.hstack([keys, label[:, None].view(np.uint8).reshape(entity.levels, -1)])
    strata = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)
    return strata.astype(np.intp), used


def _block_of_entities(source: Source, blocks: str) -> NDArray[np.int64]:
    """(N,) block of each entity."""
    assert source.entity is not None
    entity, block = source.group(source.entity), source.group(blocks)
    missing = block.codes < 0
    if missing.any():
        raise MissingKey(f"{blocks} is missing", where=source.row_name(int(missing.argmax())), remedy="fill it, or name another column")
    if not entity.refines(block):
        first = np.empty(entity.levels, dtype=np.intp)
        first[entity.codes] = block.codes
        row = int((first[entity.codes] != block.codes).argmax())
        raise NotEstimable(
            f"{blocks} changes within {source.entity}, so it is no block of entities",
            where=source.row_name(row),
            remedy="name a column that is constant over time, such as a region",
        )
    found = np.empty(entity.levels, dtype=np.int64)
    found[entity.codes] = block.codes
    return found


def shuffle(source: Source, samples: Sequence[Integers], blocks: str | None, draws: int, rng: np.random.Generator) -> Shuffles:
    """Draw exchanges within the strata.

    Raises
    ------
    NotEstimable
        If no entity has a partner.
    MissingColumn, MissingKey
    """
    strata, used = _entity_strata(source, samples, blocks)
    movable = int(np.count_nonzero(np.bincount(strata[used])[strata[used]] > 1))
    if not movable:
        raise NotEstimable(
            f"no treatment can be exchanged: no two of {len(used)} entities are seen in the same periods",
            where=source.label,
            remedy="restrict the sample to periods in which entities are complete, or use wider blocks",
        )
    nothing = np.empty(0, dtype=np.intp)
    donors = Exchange(values=np.empty((len(strata), 0)), strata=strata, item=nothing, slot=nothing, kept=len(used) - movable).draw(
        draws, rng
    )
    return Shuffles(donors, len(used), movable)


def paths(source: Source, sample: Sample, x: NDArray[np.float64]) -> Exchange:
    """The values ``x`` (n,) of the rows of a sample as paths of all entities of the data, which can be exchanged."""
    assert source.entity is not None
    assert sample.calendar is not None
    entity = source.group(source.entity)
    item = entity.codes[sample.positions]
    times, slot = np.unique(sample.calendar, return_inverse=True)
    values = np.full((entity.levels, len(times)), np.nan)
    values[item, slot] = x
    return Exchange(values=values, strata=np.zeros(entity.levels, dtype=np.intp), item=item, slot=slot, kept=0)

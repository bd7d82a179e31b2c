"""Which entities can change places without changing any row, and the random exchanges among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import MissingKey, NotEstimable
from toolkit.estimate.sample import Sample
from toolkit.estimate.source import Source


@dataclass(frozen=True)
class Shuffles:
    """B exchanges of whole treatment paths between entities.

    Attributes
    ----------
    donors : (B, N) the entity whose path each entity gets.
    entities : how many entities the cells use.
    movable : how many of them have a partner.
    """

    donors: NDArray[np.intp]
    entities: int
    movable: int


def entity_classes(source: Source, samples: Sequence[NDArray[np.intp]], blocks: str | None) -> list[NDArray[np.intp]]:
    """Entities that are interchangeable: seen in the same periods in every sample, and in the same block.

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
    >>> [c.tolist() for c in entity_classes(Source(frame, "firm", "year"), [np.arange(5)], None)]
    [[2], [0, 1]]
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
    _, which = np.unique(keys[used], axis=0, return_inverse=True)
    return [used[which == c] for c in range(int(which.max()) + 1)]


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


def shuffle(source: Source, classes: Sequence[NDArray[np.intp]], draws: int, rng: np.random.Generator) -> Shuffles:
    """Draw exchanges within the classes.

    Raises
    ------
    NotEstimable
        If no entity has a partner.
    """
    assert source.entity is not None
    movable = sum(len(c) for c in classes if len(c) > 1)
    entities = sum(len(c) for c in classes)
    if not movable:
        raise NotEstimable(
            f"no treatment can be exchanged: no two of {entities} entities are seen in the same periods",
            where=source.label,
            remedy="restrict the sample to periods in which entities are complete, or use wider blocks",
        )
    donors = np.tile(np.arange(source.group(source.entity).levels), (draws, 1))
    for members in classes:
        if len(members) > 1:
            donors[:, members] = rng.permuted(np.tile(members, (draws, 1)), axis=1)
    return Shuffles(donors, entities, movable)


def donor_rows(sample: Sample, entities: NDArray[np.intp], donors: NDArray[np.intp]) -> NDArray[np.intp]:
    """(B, n) for each row of the sample the row of the donor in the same period.

    Parameters
    ----------
    entities : (n,) entity of each row, in the codes of the data.
    donors : (B, N).
    """
    assert sample.calendar is not None
    times, period = np.unique(sample.calendar, return_inverse=True)
    row_of = np.full((donors.shape[1], len(times)), -1, dtype=np.intp)
    row_of[entities, period] = np.arange(sample.rows)
    return row_of[donors[:, entities], period]

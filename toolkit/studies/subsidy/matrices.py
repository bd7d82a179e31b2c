"""The designs of the chapter as matrices over the cells of the balanced panel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.batch.fixed import FixedDesign
from toolkit.numerics import Floats
from toolkit.studies.convergence.neighbours import borders
from toolkit.studies.subsidy.worlds import EARLIER, Window


@dataclass(frozen=True)
class Rows:
    """Which of the (N, T) cells a design has, None for the means of provinces, and what it subtracts: the cells ``gap`` years before."""

    cells: NDArray[np.bool_] | None
    gap: int = 0

    def of(self, values: Floats) -> Floats:
        """(R, n) of (R, N, T)."""
        if self.cells is None:
            return np.asarray(values.mean(axis=2))
        moved = values.copy() if self.gap else values
        if self.gap:
            moved[..., self.gap :] = values[..., self.gap :] - values[..., : -self.gap]
        return np.asarray(moved[:, self.cells])


def designs(seen: Window) -> dict[str, tuple[FixedDesign, Rows]]:
    """The designs of the chapter as matrices, by name; the slope of ``lead`` is that of next year's expenditure beside this year's."""
    n, periods = seen.s.shape
    province, year = np.repeat(np.arange(n), periods).reshape(n, periods), np.tile(np.arange(periods), (n, 1))
    by_province, by_year = np.eye(n)[province], np.eye(periods)[year]
    control = seen.g[..., None]
    effects = np.concatenate([by_province, by_year, control], axis=2)
    trends = by_province * (year[..., None] - (periods - 1) / 2)
    regions = np.eye(int(seen.region.max()) + 1)[seen.region][:, None, :, None] * by_year[:, :, None, :]
    longer = np.concatenate([seen.earlier, seen.s], axis=1)
    p = seen.earlier.shape[1]

    def back(lag: int) -> Floats:
        """(N, T) expenditure ``lag`` years earlier, NaN before the first."""
        return np.concatenate([np.full((n, lag), np.nan), longer], axis=1)[:, p : p + periods]

    every = np.ones((n, periods), dtype=bool)
    lagged = np.stack([back(lag) - seen.s for lag in range(1, EARLIER + 1)], axis=2)

    def made(others: Floats, x: Floats, z: Floats, cells: NDArray[np.bool_], nested: int, gap: int = 0) -> tuple[FixedDesign, Rows]:
        design = FixedDesign(regressor=x[cells], instrument=z[cells], others=others[cells], clusters=province[cells], nested=nested)
        return design, Rows(cells, gap)

    def differenced(gap: int, cells: NDArray[np.bool_]) -> tuple[FixedDesign, Rows]:
        change, growth = np.zeros_like(seen.s), np.zeros_like(seen.s)
        change[:, gap:], growth[:, gap:] = seen.s[:, gap:] - seen.s[:, :-gap], seen.g[:, gap:] - seen.g[:, :-gap]
        return made(np.concatenate([by_year, growth[..., None]], axis=2), change, change, cells, 0, gap)

    constant, alone = np.ones((n, periods, 1)), np.concatenate([by_province, control], axis=2)
    means = np.column_stack([np.ones(n), seen.g.mean(axis=1)])
    own, names = seen.s.mean(axis=1), sorted(seen.panel.frame[seen.panel.entity].unique())
    near = borders().ordered(tuple(names)).matrix @ seen.s
    same = (seen.region[:, None] == seen.region) & ~np.eye(n, dtype=bool)
    elsewhere = same / same.sum(axis=1, keepdims=True) @ seen.s
    spread = np.concatenate([effects, regions.reshape(n, periods, -1)], axis=2)
    whole = np.asarray(~np.isnan(lagged).any(axis=2))
    ahead, now = np.concatenate([seen.s[:, 1:], seen.s[:, -1:]], axis=1), np.concatenate([effects, seen.s[..., None]], axis=2)
    return {
        "pooled": made(np.concatenate([constant, control], axis=2), seen.s, seen.s, every, 0),
        "between": (FixedDesign(regressor=own, instrument=own, others=means, clusters=np.arange(n)), Rows(None)),
        "province": made(alone, seen.s, seen.s, every, n - 1),
        "two_way": made(effects, seen.s, seen.s, every, n - 1),
        "region_year": made(spread, seen.s, seen.s, every, n - 1),
        "trends": made(np.concatenate([effects, trends], axis=2), seen.s, seen.s, every, n - 1),
        "lag_sum": made(np.concatenate([effects, np.nan_to_num(lagged)], axis=2), seen.s, seen.s, whole, n - 1),
        "lead": made(now, ahead, ahead, np.asarray(year < periods - 1), n - 1),
        "neighbours": made(now, near, near, every, n - 1),
        "differences": differenced(1, np.asarray(year >= 1)),
        "five_years": differenced(5, np.asarray(year >= 5)),
        "long_difference": differenced(periods - 1, np.asarray(year == periods - 1)),
        "others": made(effects, seen.s, elsewhere, every, n - 1),
        "own_lag": made(effects, seen.s, np.nan_to_num(back(1)), np.asarray(~np.isnan(back(1))), n - 1),
    }

"""Panels on a ring or a grid with known spatial coefficients, and weights of both."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.panel import Panel
from toolkit.transform import Weights, edge_weights


def lattice(rows: int, columns: int) -> Weights:
    """Rook contiguity of a grid, row-standardised and sparse; the entities are p0, p1, ..."""
    at = np.arange(rows * columns).reshape(rows, columns)
    pairs = np.vstack([np.column_stack([at[:, :-1].ravel(), at[:, 1:].ravel()]), np.column_stack([at[:-1].ravel(), at[1:].ravel()])])
    both = np.vstack([pairs, pairs[:, ::-1]])
    names = [f"p{i}" for i in range(rows * columns)]
    edges = pd.DataFrame({"a": [names[i] for i in both[:, 0]], "b": [names[i] for i in both[:, 1]]})
    return edge_weights(edges, names).row_standardised()


def spatial_panel(
    weights: Weights, periods: int, rng: np.random.Generator, *, rho: float = 0.0, lam: float = 0.0, theta: float = 0.0, memory: float = 0.0
) -> Panel:
    """y = rho W y + x + theta W x + a_i + g_t + u, u = lam W u + e, with e an autoregression of order one with ``memory``."""
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import splu

    n, w = len(weights.ids), weights.sparse
    identity = eye_array(n, format="csc")
    outcome, error = (splu((identity - r * w).tocsc()) for r in (rho, lam))
    entity, x = rng.normal(size=n), rng.normal(size=(periods, n))
    x = x + entity
    shocks = rng.normal(size=(periods, n))
    for t in range(1, periods):
        shocks[t] += memory * shocks[t - 1]
        x[t] += memory * x[t - 1]
    y = [outcome.solve(x[t] + theta * (w @ x[t]) + entity + rng.normal() + error.solve(shocks[t])) for t in range(periods)]
    frame = pd.DataFrame(
        {"place": np.tile(weights.ids, periods), "year": np.repeat(2000 + np.arange(periods), n), "x": x.ravel(), "y": np.ravel(y)}
    )
    return Panel(frame, "place", "year")

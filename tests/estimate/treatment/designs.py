"""Panels that several tests of treatments share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from toolkit.panel import Panel

REFERENCE = Path(__file__).parents[2] / "reference"


def counties() -> Panel:
    """Minimum wage and teen employment (mpdta of the R package did)."""
    return Panel(pd.read_csv(REFERENCE / "mpdta.csv"), "countyreal", "year")


def simulated(rng: np.random.Generator, sizes: tuple[int, ...] = (20, 20, 20), effect: float = 0.0) -> Panel:
    """Never treated, cohort 4 and cohort 6 over 8 years; a walk of each entity, effects that grow with time."""
    first = np.repeat([0, 4, 6][: len(sizes)], sizes)
    years = np.arange(1, 9)
    since = np.where(first[:, None] > 0, years - first[:, None] + 1, 0)
    y = 0.5 * rng.normal(size=(len(first), 8)).cumsum(axis=1) + 0.3 * years + effect * np.maximum(since, 0)
    x = rng.normal(size=y.shape)
    frame = pd.DataFrame({"unit": np.repeat(np.arange(len(first)), 8), "year": np.tile(years, len(first))})
    return Panel(frame.assign(y=(y + 0.2 * x).ravel(), x=x.ravel(), first=np.repeat(first, 8)), "unit", "year")

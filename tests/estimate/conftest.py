"""Panels that several tests use: made from a seed, with known structure. Panels are frozen, so one serves all tests."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit.panel import Panel


@pytest.fixture(scope="session")
def gappy() -> Panel:
    """60 firms, 8 years, three rows in ten missing; industries that firms are nested in; weights; noise that depends on z."""
    rng = np.random.default_rng(0)
    firms, years = 60, 8
    n = firms * years
    frame = pd.DataFrame({"firm": np.repeat(np.arange(firms), years), "year": np.tile(np.arange(2000, 2000 + years), firms)})
    frame["industry"] = frame["firm"] % 7
    frame["x"] = rng.normal(size=n) + 0.1 * frame["firm"]
    frame["z"] = rng.normal(size=n)
    noise = rng.normal(size=n) * (1 + frame["z"].abs())
    frame["y"] = 0.5 * frame["x"] - frame["z"] + 0.3 * frame["firm"] + 0.1 * (frame["year"] - 2000) + noise
    frame["w"] = rng.random(n) + 0.5
    return Panel(frame[rng.random(n) < 0.7], "firm", "year")


@pytest.fixture(scope="session")
def tidy_panel() -> Panel:
    """12 firms with text ids, 6 years, balanced; a fixed attribute, a category, and columns that make trouble."""
    rng = np.random.default_rng(1)
    firms, years = 12, 6
    n = firms * years
    ids = np.repeat([f"f{i:02d}" for i in range(firms)], years)
    frame = pd.DataFrame({"firm": ids, "year": np.tile(np.arange(2000, 2000 + years), firms)})
    frame["x"], frame["z"] = rng.normal(size=n), rng.normal(size=n)
    frame["fixed"] = np.repeat(rng.normal(size=firms), years)
    frame["y"] = frame["x"] + frame["fixed"] + rng.normal(size=n)
    frame["positive"] = np.exp(frame["x"])
    frame["region"] = np.repeat(np.tile(["East", "West", "North"], firms // 3), years)
    frame["one"], frame["text"] = 1.0, "a"
    return Panel(frame, "firm", "year")

"""Make unbalanced_panel.csv: a small panel with everything that trips programs, for plm.R and for the tests.

String ids, gaps inside an entity's years, two entities seen once, an uneven start and end, and a regressor of the size 1e9.
Run from anywhere: ``python tests/reference/unbalanced_panel.py`` (seed 20240607, numpy Generator PCG64).
"""

from pathlib import Path

import numpy as np
import pandas as pd

SEED = 20240607
ENTITIES, FIRST, PERIODS = 24, 2008, 10
SINGLETONS = ("u23", "u24")


def make() -> pd.DataFrame:
    """The panel: firm, year, region, y, x1 (order 1), x2 (order 1e9); y carries firm and year effects."""
    rng = np.random.default_rng(SEED)
    firm_effect, year_effect = rng.normal(0, 1, ENTITIES), rng.normal(0, 0.5, PERIODS)
    rows = []
    for i in range(ENTITIES):
        name = f"u{i + 1:02d}"
        start, stop = rng.integers(0, 3), PERIODS - rng.integers(0, 3)
        years = [t for t in range(start, stop) if rng.random() > 0.15]
        years = years[:1] if name in SINGLETONS else years
        for t in years:
            x1 = 0.6 * firm_effect[i] + rng.normal()
            x2 = 1e9 * (3 + 0.5 * year_effect[t] + 0.4 * rng.normal())
            y = 2 + 0.8 * x1 - 0.5e-9 * x2 + firm_effect[i] + year_effect[t] + 0.7 * rng.normal()
            rows.append((name, FIRST + t, f"r{i % 4 + 1}", y, x1, x2))
    return pd.DataFrame(rows, columns=["firm", "year", "region", "y", "x1", "x2"])


if __name__ == "__main__":
    make().to_csv(Path(__file__).with_name("unbalanced_panel.csv"), index=False, float_format="%.17g", lineterminator="\n")

"""Write threshold_panel.csv: a simulated balanced panel with two thresholds in q, for pyxthreg.py and the tests.

y = z + slope x + firm effect + year effect + noise, the slope 0.5, 1.5 and 2.5 where q <= 0.35, 0.35 < q <= 0.7 and q > 0.7.
"""

from pathlib import Path

import numpy as np
import pandas as pd

FIRMS, YEARS, SEED = 50, 10, 20240611


def panel() -> pd.DataFrame:
    rng = np.random.default_rng(SEED)
    n = FIRMS * YEARS
    frame = pd.DataFrame({"firm": np.repeat(np.arange(1, FIRMS + 1), YEARS), "year": np.tile(np.arange(2010, 2010 + YEARS), FIRMS)})
    frame["q"] = rng.random(n)
    frame["x"] = rng.normal(size=n) + 0.5
    frame["z"] = rng.normal(size=n) + 0.02 * frame["firm"]
    slope = np.select([frame["q"] <= 0.35, frame["q"] <= 0.7], [0.5, 1.5], 2.5)
    effects = rng.normal(size=FIRMS)[frame["firm"] - 1] + 0.1 * (frame["year"] - 2010)
    frame["y"] = frame["z"] + slope * frame["x"] + effects + rng.normal(size=n)
    return frame.round(6)


if __name__ == "__main__":
    panel().to_csv(Path(__file__).with_name("threshold_panel.csv"), index=False)

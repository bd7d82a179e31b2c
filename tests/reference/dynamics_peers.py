"""Write dynamics_panel.csv and dynamics_peers.csv: convergence clubs and Markov chains as other packages compute them.

The packages are no dependencies of the toolkit; in an environment of its own::

    python -m pip install giddy==2.3.8 convergence-clubs==0.1.2
    python tests/reference/dynamics_peers.py
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
CUTS, LAG_CUTS = (-0.5, 0.5), (-0.2, 0.2)
TRIMS = (0.3, 1 / 3)


def panel() -> pd.DataFrame:
    """40 entities in three groups that close up inside, and one that drifts away; 30 years; seed 20261121."""
    rng = np.random.default_rng(20261121)
    years = np.arange(1, 31)
    levels = np.repeat([12.0, 10.0, 8.0], [14, 14, 11])
    gaps = rng.normal(0, 1.2, levels.size)[:, None] * years**-0.6
    noise = np.cumsum(rng.normal(0, 0.01, (levels.size, years.size)), axis=1) * years**-0.3
    rows = np.vstack([levels[:, None] + gaps + noise, 7 - 0.09 * years])
    frame = pd.DataFrame(rows + 0.02 * years, index=[f"e{i:02d}" for i in range(len(rows))], columns=1990 + years)
    return frame.sample(frac=1, random_state=3).rename_axis("entity")


def ring(n: int) -> np.ndarray:
    """Row-standardised weights of two neighbours on each side."""
    return sum(np.roll(np.eye(n), shift, axis=1) for shift in (-2, -1, 1, 2)) / 4


def wandering(frame: pd.DataFrame) -> pd.DataFrame:
    """Each row free of its mean and divided by its spread: values that change class often."""
    return frame.sub(frame.mean(axis=1), axis=0).div(frame.std(axis=1), axis=0).round(8)


def club_values(frame: pd.DataFrame) -> list[tuple[str, str, float]]:
    from convergence_clubs import find_clubs, merge_clubs

    found = []
    for trim in TRIMS:
        name = f"clubs {trim:.2f}"
        first = find_clubs(frame, time_trim=trim, convention="Stata")
        for kind, result in (("initial", first), ("merged", merge_clubs(first))):
            for number, club in enumerate(result.clubs, start=1):
                found += [
                    (f"{name} {kind} {number}", "members", float(len(club.ids))),
                    (f"{name} {kind} {number}", "b", club.model.beta),
                    (f"{name} {kind} {number}", "std_error", club.model.std_err),
                ]
                found += [(f"{name} {kind} member", str(frame.index[i]), float(number)) for i in club.ids]
    return found


def chain_values(frame: pd.DataFrame) -> list[tuple[str, str, float]]:
    from giddy.ergodic import mfpt
    from giddy.markov import Markov, Spatial_Markov
    from libpysal.weights import full2W

    values = wandering(frame).to_numpy()
    chain = Markov(np.searchsorted(CUTS, values, side="left"))
    spatial = Spatial_Markov(
        values, full2W(ring(len(values))), k=3, m=3, fixed=True, cutoffs=np.array(CUTS), lag_cutoffs=np.array(LAG_CUTS)
    )
    test = spatial.summary_test if hasattr(spatial, "summary_test") else spatial
    found = [("spatial", name, float(getattr(test, name))) for name in ("Q", "LR", "dof_hom")]
    blocks = {
        "counts": chain.transitions,
        "probabilities": chain.p,
        "ergodic": chain.steady_state,
        "mfpt": mfpt(chain.p),
        "spatial counts": spatial.T,
    }
    for name, block in blocks.items():
        found += [(name, " ".join(map(str, at)), float(value)) for at, value in np.ndenumerate(np.asarray(block))]
    return found


def main() -> None:
    panel().round(10).to_csv(HERE / "dynamics_panel.csv")
    frame = pd.read_csv(HERE / "dynamics_panel.csv", index_col="entity")
    rows = club_values(frame) + chain_values(frame)
    head = f"# giddy {version('giddy')}, convergence-clubs {version('convergence-clubs')}; written by dynamics_peers.py\n"
    text = pd.DataFrame(rows, columns=["what", "item", "value"]).to_csv(index=False)
    (HERE / "dynamics_peers.csv").write_text(head + text, encoding="utf-8")


if __name__ == "__main__":
    main()

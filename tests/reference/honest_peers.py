"""Writes honest_peers.csv: Rambachan and Roth's intervals by moderndid 0.2.0, in an environment of its own with cvxpy.

The inputs are effects and covariances of event studies on ehec.csv, written by ours to honest_effects.csv: the peer gets the same numbers,
so that the comparison is of the intervals alone.
"""

import numpy as np
import pandas as pd
from moderndid import create_sensitivity_results_rm, create_sensitivity_results_sm

inputs = pd.read_csv("honest_effects.csv")
rows = []
for study, part in inputs.groupby("study", sort=False):
    times, beta = part["event_time"].to_numpy(), part["estimate"].to_numpy()
    sigma = part[[f"v{j}" for j in range(len(part))]].to_numpy()
    before, after = int((times < 0).sum()), int((times >= 0).sum())
    for name, weights in (("first", np.eye(after)[0]), ("all", np.full(after, 1 / after))):
        common = {"betahat": beta, "sigma": sigma, "num_pre_periods": before, "num_post_periods": after, "l_vec": weights.reshape(-1, 1)}
        relative = create_sensitivity_results_rm(**common, m_bar_vec=[0.5, 1.0], method="C-LF", grid_points=400)
        smooth = create_sensitivity_results_sm(**common, m_vec=[0.0, 0.01], method="FLCI")
        for restriction, found in (("relative magnitudes", relative), ("smoothness", smooth)):
            rows += [(study, restriction, name, [*row.values()][-1], row["lb"], row["ub"]) for row in found.iter_rows(named=True)]
columns = ["study", "restriction", "weights", "bound", "low", "high"]
pd.DataFrame(rows, columns=columns).to_csv("honest_peers.csv", index=False, float_format="%.6g", lineterminator="\n")

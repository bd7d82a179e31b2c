"""Writes honest_peers.csv: Rambachan and Roth's intervals by moderndid 0.2.0 (with cvxpy) on honest_effects.csv.

The inputs are effects and covariances of event studies on ehec.csv, written by ours to honest_effects.csv: the peer gets the same numbers,
so that the comparison is of the intervals alone.
"""

import numpy as np
import pandas as pd
from moderndid import create_sensitivity_results_rm, create_sensitivity_results_sm

inputs = pd.read_csv("honest_effects.csv")
rows = []
for study, part in inputs.groupby("study", sort=False):
    times = part["event_time"].to_numpy()
    beta = part["estimate"].to_numpy()
    sigma = part[[f"v{j}" for j in range(len(part))]].to_numpy()
    before, after = int((times < 0).sum()), int((times >= 0).sum())
    for name, weights in (("first", np.eye(after)[0]), ("all", np.full(after, 1 / after))):
        common = {"num_pre_periods": before, "num_post_periods": after, "l_vec": weights.reshape(-1, 1)}
        for found in create_sensitivity_results_rm(betahat=beta, sigma=sigma, m_bar_vec=[0.5, 1.0], method="C-LF", grid_points=400, **common).iter_rows(named=True):
            rows.append((study, "relative magnitudes", name, [*found.values()][-1], found["lb"], found["ub"]))
        for found in create_sensitivity_results_sm(betahat=beta, sigma=sigma, m_vec=[0.0, 0.01], method="FLCI", **common).iter_rows(named=True):
            rows.append((study, "smoothness", name, [*found.values()][-1], found["lb"], found["ub"]))
pd.DataFrame(rows, columns=["study", "restriction", "weights", "bound", "low", "high"]).to_csv("honest_peers.csv", index=False, float_format="%.6g")

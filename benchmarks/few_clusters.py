"""Inference with few clusters: our time and memory as ratios to a plain loop over draws and to one pyfixest regression per draw.

    python benchmarks/few_clusters.py                    # 5,000 units of 10 years in 40 states, 9,999 and 1,000 draws
    python benchmarks/few_clusters.py --units 50000

Every task runs in a process of its own on the same panel, with unit and year effects and errors clustered by state, and one BLAS thread
(two threads on a busy machine wait for each other). "cold" is the first call after the import and the fit, "warm" the best of the later
ones; memory is the peak of the process beyond what it held with the data loaded.
Loops demean and estimate the model anew for each draw; they are timed on a few draws and scaled to all, and they give p-values only, ours
the confidence interval too. Ratios are to the first line of each block. Seconds depend on the machine and its load: read ratios.
The floors are the bare algebra in numpy (floors.py), with p-value or coefficients only; at the end of a block ours is timed against its
floor in alternation, in one process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import floors
import numpy as np
import pandas as pd

WILD, PERMUTATIONS, ROUNDS, LOOPED = 9999, 1000, 5, 12
BLOCKS = {
    f"wild bootstrap, {WILD:,} draws": ("wild", "wild_floor", "wild_webb", "wild_two_terms", "wild_loop"),
    f"{PERMUTATIONS:,} permutations": (
        "states_one_date",
        "permutation_floor",
        "states_many_dates",
        "units",
        "within_units",
        "permutation_loop",
        "pyfixest_loop",
    ),
    "another covariance": ("cr2", "conley_500km", "conley_500km_2_lags"),
}
AGAINST = {"wild": "wild_floor", "states_one_date": "permutation_floor"}
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")
Call = Callable[[], float]


def simulate(units: int, path: Path) -> None:
    """States shocked every year; a policy of half of them from one date on, another that comes state by state."""
    rng = np.random.default_rng(1)
    n, states, years = units * 10, 40, 10
    frame = pd.DataFrame({"unit": np.repeat(np.arange(units), years), "year": np.tile(np.arange(years), units)})
    frame["state"] = frame["unit"] % states
    frame["d"] = 1.0 * ((frame["state"] < 20) & (frame["year"] >= 5))
    frame["late"] = 1.0 * (frame["year"] >= 1 + frame["state"] / 5)
    frame["x"], frame["lon"], frame["lat"] = (
        rng.normal(size=n),
        rng.uniform(75, 130, units)[frame["unit"]],
        rng.uniform(20, 50, units)[frame["unit"]],
    )
    frame["y"] = frame["x"] + rng.normal(size=n) + rng.normal(size=(states, years))[frame["state"], frame["year"]]
    frame.to_csv(path, index=False)


def ours(task: str, frame: pd.DataFrame) -> Call:
    from toolkit.estimate import conley, cr2, fit, permutation_test, wild_cluster_bootstrap, wild_tests
    from toolkit.panel import Panel

    panel = Panel(frame, "unit", "year")
    estimate = fit(f"y ~ {'late' if task == 'states_many_dates' else 'd'} + x | unit + year", panel, cluster="state")
    rng = np.random.default_rng(1)

    def permuted(term: str, by: str) -> Call:
        return lambda: permutation_test(estimate, panel, term, by=by, draws=PERMUTATIONS, rng=rng).p_value_t  # type: ignore[arg-type]

    def spatial(lags: int) -> Call:
        return lambda: float(conley(estimate, panel, longitude="lon", latitude="lat", cutoff_km=500, lags=lags).std_errors[0])

    calls: dict[str, Call] = {
        "wild": lambda: wild_cluster_bootstrap(estimate, panel, "d", draws=WILD, rng=rng).p_value,
        "wild_webb": lambda: wild_cluster_bootstrap(estimate, panel, "d", draws=WILD, weights="webb", rng=rng).p_value,
        "wild_two_terms": lambda: wild_tests(estimate, panel, draws=WILD, rng=rng).p_values["d"],
        "states_one_date": permuted("d", "cluster"),
        "states_many_dates": permuted("late", "cluster"),
        "units": permuted("x", "entity"),
        "within_units": permuted("x", "within entity"),
        "cr2": lambda: float(cr2(estimate, panel).std_errors[0]),
        "conley_500km": spatial(0),
        "conley_500km_2_lags": spatial(2),
    }
    return calls[task]


def floor(task: str, frame: pd.DataFrame) -> Call:
    """The prototype of a task: the p-value."""
    rng = np.random.default_rng(1)
    if task == "wild_floor":
        return lambda: floors.wild(frame, WILD, rng)

    def permuted() -> float:
        found = np.abs(floors.permutation(frame, PERMUTATIONS, rng))
        return float(np.mean(found >= found[0] * (1 - floors.SAME)))

    return permuted


def against(task: str, frame: pd.DataFrame) -> dict[str, float]:
    """A task in alternation with its floor, with the same draws: p-values, or the coefficients of all permutations."""
    from toolkit.estimate import fit, permutation_test, wild_cluster_bootstrap
    from toolkit.panel import Panel

    panel = Panel(frame, "unit", "year")
    estimate = fit("y ~ d + x | unit + year", panel, cluster="state")

    def rng() -> np.random.Generator:
        return np.random.default_rng(1)

    if task == "wild":
        return floors.against(
            lambda: wild_cluster_bootstrap(estimate, panel, "d", draws=WILD, rng=rng()).p_value, lambda: floors.wild(frame, WILD, rng())
        )

    def permuted() -> np.ndarray:
        test = permutation_test(estimate, panel, "d", by="cluster", draws=PERMUTATIONS, rng=rng())
        return np.append(test.estimate, test.coefficients)

    return floors.against(permuted, lambda: floors.permutation(frame, PERMUTATIONS, rng()))


def wild_loop(frame: pd.DataFrame) -> Call:
    """The same bootstrap, each draw demeaned and estimated with our own kernels."""
    from toolkit.estimate import fit
    from toolkit.estimate.linear.refit import refit
    from toolkit.estimate.solve.covariance import cluster_meat
    from toolkit.estimate.solve.equations import least_squares
    from toolkit.panel import Panel

    panel = Panel(frame, "unit", "year")
    rows = refit(fit("y ~ d + x | unit + year", panel, cluster="state"), panel, "benchmark")
    states, rng, y = rows.grouping("state"), np.random.default_rng(1), rows.sample.matrix[0]
    assert rows.absorber is not None
    absorber = rows.absorber
    restricted = least_squares(y, rows.columns[1:].T)

    def t(outcome: np.ndarray) -> float:
        fitted = least_squares(outcome, rows.columns.T)
        vcov = fitted.bread @ cluster_meat(rows.columns, fitted.residuals, states) @ fitted.bread
        return float(fitted.beta[0] / np.sqrt(vcov[0, 0]))

    def one_draw() -> bool:
        outcome = y - restricted.residuals + restricted.residuals * rng.choice([-1.0, 1.0], states.levels)[states.codes]
        absorber.demean(outcome[None, :])
        return abs(t(outcome)) >= abs(t(y))

    return lambda: float(np.mean([one_draw() for _ in range(LOOPED)]))


def permutation_loop(frame: pd.DataFrame, library: str) -> Call:
    """The policy exchanged among states, one regression per draw."""
    from toolkit.estimate import fit
    from toolkit.panel import Panel

    rng, state, year = np.random.default_rng(1), frame["state"].to_numpy(), frame["year"].to_numpy()

    def shuffled() -> pd.DataFrame:
        return frame.assign(d=1.0 * ((rng.permutation(40)[state] < 20) & (year >= 5)))

    def with_toolkit() -> float:
        return float(fit("y ~ d + x | unit + year", Panel(shuffled(), "unit", "year"), cluster="state").beta[0])

    def with_pyfixest() -> float:
        import pyfixest

        return float(pyfixest.feols("y ~ d + x | unit + year", shuffled(), vcov={"CRV1": "state"}).coef()["d"])

    once = with_toolkit if library == "toolkit" else with_pyfixest
    return lambda: float(np.mean([once() for _ in range(LOOPED)]))


def run(task: str, path: Path) -> dict[str, float]:
    """Seconds, megabytes and the answer of one task."""
    frame = pd.read_csv(path)
    bare: dict[str, Callable[[], Call]] = {name: lambda: floor(task, frame) for name in AGAINST.values()}
    loops: dict[str, Callable[[], Call]] = {
        "wild_loop": lambda: wild_loop(frame),
        "permutation_loop": lambda: permutation_loop(frame, "toolkit"),
        "pyfixest_loop": lambda: permutation_loop(frame, "pyfixest"),
    }
    call = (loops | bare)[task]() if task in loops | bare else ours(task, frame)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    for _ in range(2 if task in loops else ROUNDS):
        start = time.perf_counter()
        answer = call()
        seconds.append(time.perf_counter() - start)
    scale = (WILD if task == "wild_loop" else PERMUTATIONS) / LOOPED if task in loops else 1.0
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"cold": scale * seconds[0], "warm": scale * min(seconds[1:]), "mb": peak, "answer": answer}


def measured(question: str, task: str, path: Path) -> dict[str, float] | None:
    """The answer of a process of its own; None without pyfixest."""
    command = [sys.executable, __file__, question, task, "--path", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | ONE_THREAD)
    if done.returncode and "No module named 'pyfixest'" in done.stderr:
        return None
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def report(units: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panel.csv"
        simulate(units, path)
        print(f"{units * 10} rows, {units} units, 10 years, 40 states")
        for title, tasks in BLOCKS.items():
            print(f"\n{title:24}{'cold s':>10}{'warm s':>10}{'cold x':>9}{'warm x':>9}{'peak MB':>9}{'answer':>9}")
            base: dict[str, float] = {}
            for task in tasks:
                found = measured("--task", task, path)
                if found is None:
                    print(f"{task:24}not installed")
                    continue
                base = base or found
                ratios = f"{found['cold'] / base['cold']:9.1f}{found['warm'] / base['warm']:9.1f}"
                print(f"{task:24}{found['cold']:10.3f}{found['warm']:10.3f}{ratios}{found['mb']:9.0f}{found['answer']:9.4f}")
            for task in AGAINST.keys() & set(tasks):
                print(floors.line(f"in alternation, {task}", measured("--against", task, path) or {}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=5000)
    parser.add_argument("--task", choices=[task for tasks in BLOCKS.values() for task in tasks], help=argparse.SUPPRESS)
    parser.add_argument("--against", choices=AGAINST, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.task:
        print(json.dumps(run(asked.task, asked.path)))
    elif asked.against:
        print(json.dumps(against(asked.against, pd.read_csv(asked.path))))
    else:
        report(asked.units)

"""Panel thresholds: our time and memory as ratios to a plain loop and, where it is installed, pyxthreg.

    python benchmarks/threshold.py                         # 565 firms of 15 years, 300 draws, 300 values of q
    python benchmarks/threshold.py --firms 5000
    python benchmarks/threshold.py --python OTHER/bin/python   # an interpreter that has pyxthreg

Every engine runs in a process of its own on the same balanced panel, with one BLAS thread. "cold" is the first fit after the import,
"warm" the best of the later ones; memory is the peak of the process beyond what it held with the data loaded. The loop demeans each split
column and runs one regression for every value of q; it is timed on a few draws and scaled to all. Seconds depend on the machine and its
load: read ratios.
The floor is the bare algebra in numpy (floors.py) with the same draws; at the end ours is timed against it in alternation, in one process.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import floors
import numpy as np
import pandas as pd

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")
DRAWS, GRID, TRIM, ROUNDS, LOOPED = 300, 300, 0.05, 4, 2
FLOOR = "prototype floor, 300 values"
TASKS = {
    "one threshold, 300 values": ("toolkit", {"grid": GRID}, "firm"),
    FLOOR: ("floor", {}, "firm"),
    "one threshold, wild": ("toolkit", {"grid": GRID, "method": "wild"}, "firm"),
    "one threshold, every value": ("toolkit", {}, "firm"),
    "one, two and three thresholds": ("toolkit", {"grid": GRID, "thresholds": 3}, "firm"),
    "one threshold, two-way": ("toolkit", {"grid": GRID}, "firm + year"),
    "pyxthreg, one threshold": ("pyxthreg", {"thnum": 1}, "firm"),
    "pyxthreg, three thresholds": ("pyxthreg", {"thnum": 3}, "firm"),
    "loop, one threshold": ("loop", {}, "firm"),
}


def simulate(firms: int, years: int, path: Path) -> None:
    """A slope that switches at q = 0.25, 0.5 and 0.75."""
    rng = np.random.default_rng(1)
    n = firms * years
    frame = pd.DataFrame({"firm": np.repeat(np.arange(firms), years), "year": np.tile(np.arange(years), firms)})
    frame["q"], frame["x"], frame["z"] = rng.random(n), rng.normal(size=n), rng.normal(size=n)
    slope = np.array([1.0, 1.5, 0.8, 1.2])[(4 * frame["q"]).astype(int)]
    frame["y"] = slope * frame["x"] + 0.3 * frame["z"] + rng.normal(size=firms)[frame["firm"]] + rng.normal(size=n)
    frame.to_csv(path, index=False)


def toolkit(frame: pd.DataFrame, options: dict[str, Any], effects: str) -> Callable[[], tuple[float, float]]:
    from toolkit.estimate import ThresholdSettings, fit_threshold
    from toolkit.panel import Panel

    panel, settings = Panel(frame, "firm", "year"), ThresholdSettings(trim=TRIM, draws=DRAWS, **options)

    def fit() -> tuple[float, float]:
        found = fit_threshold(
            f"y ~ x + z | {effects}", panel, variable="q", regime="x", settings=settings, rng=np.random.default_rng(1), covariance="iid"
        )
        return found.values[0], found.tests[0].statistic

    return fit


def pyxthreg(frame: pd.DataFrame, options: dict[str, Any], effects: str) -> Callable[[], tuple[float, float]]:
    from pyxthreg import ThresholdPanel

    def fit() -> tuple[float, float]:
        model = ThresholdPanel(data=frame, dep="y", indep=["z"], rx=["x"], qx="q", entity_col="firm", time_col="year")
        model.fit(trim=TRIM, grid=GRID, bs=DRAWS, nobslog=True, **options)
        n, years, firms = len(frame), frame["year"].nunique(), frame["firm"].nunique()
        return float(model.results["thresholds"][0]), float(model.results["boot_results"][0]["F_stat"]) * (n - firms) / (n - years)

    return fit


def loop(frame: pd.DataFrame, options: dict[str, Any], effects: str) -> Callable[[], tuple[float, float]]:
    firms, n = frame["firm"].to_numpy(), len(frame)
    counts = np.bincount(firms)
    q, x = frame["q"].to_numpy(), frame["x"].to_numpy()
    tried = np.quantile(q, np.linspace(TRIM, 1 - TRIM, GRID), method="inverted_cdf")
    rng = np.random.default_rng(1)

    def demeaned(column: np.ndarray) -> np.ndarray:
        return column - (np.bincount(firms, column) / counts)[firms]

    y, kept = demeaned(frame["y"].to_numpy()), np.column_stack([demeaned(x), demeaned(frame["z"].to_numpy())])

    def searched(outcome: np.ndarray) -> tuple[float, float]:
        null = outcome - kept @ np.linalg.lstsq(kept, outcome, rcond=None)[0]
        rss = []
        for g in tried:
            columns = np.column_stack([kept, demeaned(x * (q <= g))])
            residual = outcome - columns @ np.linalg.lstsq(columns, outcome, rcond=None)[0]
            rss.append(residual @ residual)
        least = min(rss)
        return float(tried[int(np.argmin(rss))]), float((n - len(counts)) * (null @ null - least) / least)

    def fit() -> tuple[float, float]:
        found = searched(y)
        for _ in range(LOOPED):
            searched(demeaned(rng.normal(size=n)))
        return found

    return fit


def floor(frame: pd.DataFrame, options: dict[str, Any], effects: str) -> Callable[[], tuple[float, float]]:
    def fit() -> tuple[float, float]:
        found = floors.threshold(frame, DRAWS, GRID, TRIM, np.random.default_rng(1))
        return float(found[0]), float(found[1])

    return fit


def against(frame: pd.DataFrame) -> dict[str, float]:
    """One threshold with its test in alternation with the floor: threshold, F and critical values."""
    from toolkit.estimate import ThresholdSettings, fit_threshold
    from toolkit.panel import Panel

    panel, settings = Panel(frame, "firm", "year"), ThresholdSettings(trim=TRIM, draws=DRAWS, grid=GRID)

    def ours() -> np.ndarray:
        rng = np.random.default_rng(1)
        found = fit_threshold("y ~ x + z | firm", panel, variable="q", regime="x", settings=settings, rng=rng, covariance="iid")
        test = found.tests[0]
        return np.array([found.values[0], test.statistic, test.critical_10, test.critical_5, test.critical_1])

    return floors.against(ours, lambda: floors.threshold(frame, DRAWS, GRID, TRIM, np.random.default_rng(1)))


def run(task: str, path: Path) -> dict[str, float]:
    """Fit with one engine; seconds, megabytes, the lowest threshold and the first F."""
    engine, options, effects = TASKS[task]
    fit = {"toolkit": toolkit, "pyxthreg": pyxthreg, "loop": loop, "floor": floor}[engine](pd.read_csv(path), options, effects)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    for _ in range(2 if engine == "loop" else ROUNDS):
        start = time.perf_counter()
        threshold, statistic = fit()
        seconds.append(time.perf_counter() - start)
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    scale = (1 + DRAWS) / (1 + LOOPED) if engine == "loop" else 1.0
    return {"cold": scale * seconds[0], "warm": scale * min(seconds[1:]), "mb": peak, "threshold": threshold, "f": statistic}


def measure(task: str, path: Path, interpreter: str, question: str = "--task") -> dict[str, float] | None:
    """The run of one task in a process of its own; None if the engine is not there."""
    command = [interpreter if "pyxthreg" in task else sys.executable, __file__, question, task, "--path", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | ONE_THREAD)
    if done.returncode:
        if "No module named 'pyxthreg'" in done.stderr:
            return None
        raise SystemExit(done.stderr)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def report(firms: int, years: int, interpreter: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panel.csv"
        simulate(firms, years, path)
        print(f"{firms * years} rows, {firms} firms, {years} years; {DRAWS} draws for each test")
        print(f"{'':32}{'cold s':>10}{'warm s':>10}{'cold x':>9}{'warm x':>9}{'peak MB':>9}{'threshold':>11}{'F':>10}")
        base: dict[str, float] = {}
        for task in TASKS:
            found = measure(task, path, interpreter)
            if found is None:
                print(f"{task:32}not installed")
                continue
            base = base or found
            ratios = f"{found['cold'] / base['cold']:9.1f}{found['warm'] / base['warm']:9.1f}"
            print(
                f"{task:32}{found['cold']:10.3f}{found['warm']:10.3f}{ratios}{found['mb']:9.0f}{found['threshold']:11.4f}{found['f']:10.3f}"
            )
        print(floors.line("in alternation", measure(FLOOR, path, interpreter, "--against") or {}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firms", type=int, default=565)
    parser.add_argument("--years", type=int, default=15)
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has pyxthreg")
    parser.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    parser.add_argument("--against", choices=[FLOOR], help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.task:
        print(json.dumps({k: v if math.isfinite(v) else None for k, v in run(asked.task, asked.path).items()}))
    elif asked.against:
        print(json.dumps(against(pd.read_csv(asked.path))))
    else:
        report(asked.firms, asked.years, asked.python)

"""Callaway and Sant'Anna with 999 multiplier draws: our time as a ratio to diff-diff, csdid and moderndid, where they are installed.

    python benchmarks/treatment.py                              # ours, 100,000 units of 20 periods
    python benchmarks/treatment.py --python OTHER/bin/python --peers diff_diff csdid moderndid

Every program runs in a process of its own on the same balanced panel with five cohorts and never-treated units, gets a plain frame, and
returns the event study with its simultaneous bands (diff-diff: the overall effect). "first" is the first call after the import, "later"
the best of the two that follow; ours includes making the panel. Programs use the threads they choose. Seconds depend on the machine and
its load: read ratios of one run.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

DRAWS, CALLS = 999, 3


def simulate(units: int, periods: int, path: Path) -> None:
    """Unit effects, a trend, noise, an effect of one from the first treated period on."""
    rng = np.random.default_rng(1)
    first = np.resize(np.repeat([0, *(periods * k // 7 + 2 for k in (1, 2, 3, 4, 5))], max(units // 6, 1)), units)
    frame = pd.DataFrame({"unit": np.repeat(np.arange(units), periods), "time": np.tile(np.arange(1, periods + 1), units)})
    frame["first"] = first[frame["unit"]]
    treated = (frame["first"] > 0) & (frame["time"] >= frame["first"])
    frame["y"] = rng.normal(size=units)[frame["unit"]] + 0.1 * frame["time"] + rng.normal(size=len(frame)) + 1.0 * treated
    frame.to_pickle(path)


def ours(frame: pd.DataFrame) -> float:
    """Panel and event study of this toolkit."""
    from toolkit.estimate import event_study
    from toolkit.panel import Panel

    study = event_study("y ~ 1", Panel(frame, "unit", "time"), treatment="first", rng=np.random.default_rng(1), draws=DRAWS)
    return float(study.tidy("overall").set_index("term").loc["ATT by event time", "estimate"])


def diff_diff(frame: pd.DataFrame) -> float:
    """diff-diff; its compiled backend where it has one."""
    from diff_diff import CallawaySantAnna

    fit = CallawaySantAnna(n_bootstrap=DRAWS, seed=1).fit(frame, outcome="y", unit="unit", time="time", first_treat="first")
    return float(fit.overall_att)


def csdid(frame: pd.DataFrame) -> float:
    """csdid, the port of the R package did."""
    from csdid.att_gt import ATTgt

    fit = ATTgt(yname="y", gname="first", idname="unit", tname="time", data=frame, biters=DRAWS, cband=True).fit(est_method="reg")
    return float(fit.aggte("dynamic").atte["overall_att"])


def moderndid(frame: pd.DataFrame) -> float:
    """moderndid."""
    from moderndid import aggte, att_gt

    names: dict[str, Any] = {"yname": "y", "tname": "time", "idname": "unit", "gname": "first"}
    return float(aggte(att_gt(frame, **names, est_method="reg", boot=True, biters=DRAWS, cband=True), type="dynamic").overall_att)


PROGRAMS: dict[str, Callable[[pd.DataFrame], float]] = {"toolkit": ours, "diff_diff": diff_diff, "csdid": csdid, "moderndid": moderndid}


def timed(name: str, path: Path) -> None:
    """In a process of its own: seconds of each call, and what it found."""
    frame = pd.read_pickle(path)
    for _ in range(CALLS):
        start = time.perf_counter()
        found = PROGRAMS[name](frame)
        print(f"RESULT {time.perf_counter() - start:.3f} {found:.6f}", flush=True)


def run(name: str, python: str, path: Path) -> tuple[float, float, str]:
    """First call, best later call, and the estimate."""
    command = [python, __file__, "--timed", name, "--data", str(path)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    results = [line.split()[1:] for line in lines if line.startswith("RESULT")]
    seconds = [float(s) for s, _ in results]
    return seconds[0], min(seconds[1:]), results[0][1]


def main() -> None:
    """Time each program and print its ratio to ours."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--periods", type=int, default=20)
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has the peers")
    parser.add_argument("--peers", nargs="*", default=[], choices=sorted(set(PROGRAMS) - {"toolkit"}))
    parser.add_argument("--timed", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.timed:
        timed(asked.timed, asked.data)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panel.pkl"
        simulate(asked.units, asked.periods, path)
        own = run("toolkit", sys.executable, path)
        print(f"{asked.units:,} units, {asked.periods} periods, {DRAWS} draws")
        print(f"{'program':12}{'first':>9}{'later':>9}{'first/ours':>12}{'later/ours':>12}{'average effect':>16}")
        for name in ("toolkit", *asked.peers):
            first, later, found = own if name == "toolkit" else run(name, asked.python, path)
            print(f"{name:12}{first:9.2f}{later:9.2f}{first / own[0]:12.1f}{later / own[1]:12.1f}{found:>16}")


if __name__ == "__main__":
    main()

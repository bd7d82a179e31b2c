"""Two-way within regression with clustered standard errors: our time and memory as ratios to pyfixest and linearmodels, one run.

    python benchmarks/within.py                  # 200,000 rows
    python benchmarks/within.py --rows 1000000

Every engine runs in a process of its own on the same file. "cold" is the first fit after the import, "warm" the best of the later ones;
memory is the peak of the process beyond what it held with the data loaded. Seconds depend on the machine and its load: read ratios.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ENGINES = ("toolkit", "pyfixest", "linearmodels")
ROUNDS = 5


def panel(rows: int, seen: int = 8) -> pd.DataFrame:
    """About ``rows`` rows of an unbalanced firm panel of 20 years, firms ``seen`` times on average; three regressors, two effects.

    The truth is (1, -0.5, 0.25).
    """
    rng = np.random.default_rng(1)
    firms = max(rows // seen, 2)
    cells = np.unique(rng.integers(0, firms * 20, int(rows * 1.4)))
    cells = np.sort(rng.permutation(cells)[:rows])
    firm, year = cells // 20, cells % 20
    effect = rng.normal(size=firms)
    x = rng.normal(size=(len(cells), 3)) + effect[firm, None]
    y = x @ [1.0, -0.5, 0.25] + effect[firm] + 0.1 * year + rng.normal(size=len(cells))
    return pd.DataFrame({"firm": firm, "year": year + 2000, "y": y, "x1": x[:, 0], "x2": x[:, 1], "x3": x[:, 2]})


def simulate(rows: int, path: Path) -> None:
    """The :func:`panel` without the firms that are seen once, as a file."""
    frame = panel(rows)
    frame[frame.groupby("firm")["year"].transform("size") > 1].to_pickle(path)


def run(engine: str, path: Path) -> dict[str, float]:
    """Fit with one engine; seconds, megabytes, and the first coefficient and standard error."""
    frame = pd.read_pickle(path)
    fit = {"toolkit": toolkit_fit, "pyfixest": pyfixest_fit, "linearmodels": linearmodels_fit}[engine](frame)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        beta, error = fit()
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    data = float(frame.memory_usage(index=False).sum()) / 1e6
    return {"cold": seconds[0], "warm": min(seconds[1:]), "mb": peak / 1024, "data": data, "rows": len(frame), "beta": beta, "se": error}


def toolkit_fit(frame):
    from toolkit.estimate import fit
    from toolkit.panel import Panel

    panel = Panel(frame, "firm", "year")

    def once() -> tuple[float, float]:
        found = fit("y ~ x1 + x2 + x3 | firm + year", panel).coefficient("x1")
        return found.estimate, found.std_error

    return once


def pyfixest_fit(frame):
    import pyfixest

    def once() -> tuple[float, float]:
        found = pyfixest.feols("y ~ x1 + x2 + x3 | firm + year", data=frame, vcov={"CRV1": "firm"})
        return float(found.coef()["x1"]), float(found.se()["x1"])

    return once


def linearmodels_fit(frame):
    from linearmodels.panel import PanelOLS

    indexed = frame.set_index(["firm", "year"])

    def once() -> tuple[float, float]:
        model = PanelOLS(indexed["y"], indexed[["x1", "x2", "x3"]], entity_effects=True, time_effects=True)
        found = model.fit(cov_type="clustered", cluster_entity=True)
        return float(found.params["x1"]), float(found.std_errors["x1"])

    return once


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--file", type=Path)
    options = parser.parse_args()
    if options.engine:
        print(json.dumps(run(options.engine, options.file)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panel.pkl"
        simulate(options.rows, path)
        found = {}
        for engine in ENGINES:
            command = [sys.executable, __file__, "--engine", engine, "--file", str(path)]
            found[engine] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    ours = found["toolkit"]
    print(f"{ours['rows']:,.0f} rows, {ours['data']:.0f} MB of data, best of {ROUNDS - 1} warm fits")
    print(f"{'engine':14}{'cold s':>9}{'warm s':>9}{'ratio':>8}{'peak MB':>9}{'/ data':>8}{'coef. dev.':>12}{'s.e. dev.':>12}")
    for engine, r in found.items():
        speed = f"{r['cold']:9.3f}{r['warm']:9.3f}{r['warm'] / ours['warm']:8.1f}"
        memory = f"{r['mb']:9.0f}{r['mb'] / r['data']:8.1f}"
        deviations = f"{abs(r['beta'] / ours['beta'] - 1):12.1e}{abs(r['se'] / ours['se'] - 1):12.1e}"
        print(f"{engine:14}{speed}{memory}{deviations}")


if __name__ == "__main__":
    main()

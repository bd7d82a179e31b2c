"""Two-stage least squares with two absorbed effects and clusters: our time and memory as ratios to pyfixest and linearmodels, one run.

    python benchmarks/instruments.py                  # 50,000 rows
    python benchmarks/instruments.py --rows 200000

Our fit includes the first stage, the reduced form and the whole weak-instrument report with its Anderson-Rubin set; pyfixest's only the
estimate; linearmodels cannot absorb effects in IV2SLS, so it is given columns already demeaned, only its estimate is timed, and its
standard error does not count the year effects. Every engine runs in a process of its own on the same file. "cold" is the first fit after
the import, "warm" the best of the later ones; memory is the peak of the process beyond what it held with the data loaded. Seconds depend
on the machine and its load: read ratios.
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


def simulate(rows: int, path: Path) -> None:
    """About ``rows`` rows of an unbalanced firm panel of 20 years, one endogenous regressor, three instruments; the truth is 0.38."""
    rng = np.random.default_rng(1)
    firms = max(rows // 8, 2)
    seen = np.sort(rng.permutation(np.unique(rng.integers(0, firms * 20, int(rows * 1.4))))[:rows])
    firm, year = seen // 20, seen % 20
    effect = rng.normal(size=firms)[firm]
    z, x, u = rng.normal(size=(len(seen), 3)) + effect[:, None], rng.normal(size=len(seen)), rng.normal(size=len(seen))
    d = z @ [0.3, 0.2, 0.1] + effect + 0.5 * x + u + rng.normal(size=len(seen))
    frame = pd.DataFrame({"firm": firm, "year": year + 2000, "y": 0.38 * d + x + effect + 0.1 * year + u, "d": d, "x": x})
    frame[["z1", "z2", "z3"]] = z
    frame = frame[frame.groupby("firm")["year"].transform("size") > 1]  # singletons are not the subject
    frame.to_pickle(path)


def run(engine: str, path: Path) -> dict[str, float]:
    """Fit with one engine; seconds, megabytes, and the coefficient and standard error of the endogenous regressor."""
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
    from toolkit.estimate import fit_instruments
    from toolkit.panel import Panel

    panel = Panel(frame, "firm", "year")

    def once() -> tuple[float, float]:
        estimate = fit_instruments("y ~ x | firm + year | d ~ z1 + z2 + z3", panel)
        estimate.weak.anderson_rubin.confidence_set()
        found = estimate.coefficient("d")
        return found.estimate, found.std_error

    return once


def pyfixest_fit(frame):
    import pyfixest

    def once() -> tuple[float, float]:
        found = pyfixest.feols("y ~ x | firm + year | d ~ z1 + z2 + z3", data=frame, vcov={"CRV1": "firm"})
        return float(found.coef()["d"]), float(found.se()["d"])

    return once


def linearmodels_fit(frame):
    from linearmodels.iv import IV2SLS

    from toolkit.estimate.rows.grouping import group
    from toolkit.estimate.solve.absorb import make_absorber

    columns = frame[["y", "d", "x", "z1", "z2", "z3"]].to_numpy().T.copy()
    make_absorber([group(frame["firm"]), group(frame["year"])]).demean(columns)
    given = pd.DataFrame(columns.T, columns=["y", "d", "x", "z1", "z2", "z3"])
    clusters = frame["firm"].to_numpy()

    def once() -> tuple[float, float]:
        model = IV2SLS(given["y"], given[["x"]], given[["d"]], given[["z1", "z2", "z3"]])
        found = model.fit(cov_type="clustered", clusters=clusters, debiased=True)
        return float(found.params["d"]), float(found.std_errors["d"])

    return once


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
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

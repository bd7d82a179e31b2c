"""All engines on the same panels, in one table: ``python -m benchmarks`` (peers: ``pip install innovation-toolkit[peers]``).

    python -m benchmarks                                  # everything: a quarter of an hour
    python -m benchmarks --case "text, shuffled" "seen once" --show     # these alone; print, and leave the files as they are
    python -m benchmarks --case "integers, in order" --rows 10000000 --engines toolkit polars_reg --show
    python -m benchmarks --python path/to/python          # engines of another environment

Every engine runs in a process of its own on the same file, and the processes of all engines alternate. "first" is the first call after the
imports, "warm" the median of the later ones; both in seconds of the clock and, in brackets, of the processor, on which a busy machine has
less hold. "x" is the processor time of an engine over ours. Memory is the peak of the process beyond what it held with the data loaded.
The last columns are the largest relative differences of any coefficient, and of any standard error, from ours; peers that stop their
iterations early differ by their tolerance. within-py removes effects and no more: its coefficients alone are compared. An engine that is
not installed, or has no answer after ``--limit`` seconds, is left out.

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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import others
from benchmarks.others import Call, Engine, Fitted

HERE = Path(__file__).parent
REGRESSORS = ["x1", "x2", "x3"]
WARM, ROUNDS = 3, 2  # calls after the first, and processes of each engine
HUGE, WARM_HUGE, ROUNDS_HUGE = 5_000_000, 2, 1  # from so many rows
# the package of an engine where it has another name, or none
PACKAGES = {"toolkit": "numpy", "polars_reg": "polars-reg", "within_py": "within-py", "loop": "numpy", "floor": "numpy"}
STATUS = Path("/proc/self/status") if sys.platform == "linux" else None


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
    # it counts all effects in K or none; ours counts those that are not nested in the clusters, which are the years
    left = len(frame) - len(REGRESSORS)
    convention = np.sqrt(left / (left - frame["year"].nunique()))

    def once() -> Fitted:
        model = PanelOLS(indexed["y"], indexed[REGRESSORS], entity_effects=True, time_effects=True)
        found = model.fit(cov_type="clustered", cluster_entity=True, group_debias=True, auto_df=False, count_effects=False)
        return found.params[REGRESSORS].tolist(), (found.std_errors[REGRESSORS] * convention).tolist()

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


def as_objects(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(firm=np.array(frame["firm"].tolist(), dtype=object))


@dataclass(frozen=True)
class Case:
    """What is compared.

    Attributes
    ----------
    words : what stands above its table.
    make : the frame for a number of rows.
    sizes : numbers of rows, and the engines that are asked at each.
    engines : by name; ours is ``toolkit``.
    """

    words: str
    make: Callable[[int], pd.DataFrame]
    sizes: Mapping[int, Sequence[str]]
    engines: Mapping[str, Engine] = field(default_factory=lambda: EFFECTS)


EFFECTS: dict[str, Engine] = {engine.__name__: engine for engine in (toolkit, econhdfe, polars_reg, pyfixest, linearmodels, within_py)}
ALL = ("toolkit", "econhdfe", "polars_reg", "pyfixest", "linearmodels")
FAST, NEAREST = ALL[:3], (ALL[0], ALL[2])  # the others take minutes for ten million rows in no order
MAIN = "integers, in order"
TEN = 10_000_000
_TWO = "Two effects, errors clustered by firm, three regressors; firms are"


def _other(words: str, make: Callable[[int], pd.DataFrame], rows: int, **engines: Engine) -> Case:
    return Case(words, make, {rows: tuple(engines)}, engines)


CASES: dict[str, Case] = {
    MAIN: Case(f"{_TWO} integers, in order.", in_order, {10_000: ALL, 100_000: ALL, 1_000_000: ALL, TEN: ALL[:4]}),
    "integers, shuffled": Case(f"{_TWO} integers, shuffled.", lambda n: shuffled(in_order(n)), {1_000_000: FAST, TEN: NEAREST}),
    "text, in order": Case(f"{_TWO} texts, in order.", lambda n: as_text(in_order(n)), {1_000_000: FAST}),
    "text, shuffled": Case(f"{_TWO} texts, shuffled.", lambda n: shuffled(as_text(in_order(n))), {1_000_000: FAST, TEN: NEAREST}),
    "objects, shuffled": Case(
        f"{_TWO} texts as Python objects, shuffled.", lambda n: as_objects(shuffled(as_text(in_order(n)))), {1_000_000: FAST}
    ),
    "seen once": Case(
        "Two effects, errors clustered by firm, three regressors; some firms are seen once and leave.", seen_once, {1_000_000: ALL[:4]}
    ),
    "three effects": Case(
        "Effects of workers, firms and years, errors clustered by worker, three regressors; workers move on a ring of firms.\n"
        "econhdfe, polars-reg and pyfixest have no answer after 100 seconds.",
        movers,
        {1_000_000: ("toolkit", "within_py")},
    ),
    "Poisson": _other(
        "Poisson with effects of firms and years, errors clustered by firm.",
        others.firms,
        200_000,
        toolkit=others.poisson,
        pyfixest=others.poisson_pyfixest,
    ),
    "random effects": _other(
        "Random effects of Swamy and Arora, errors clustered by firm.",
        others.firms,
        200_000,
        toolkit=others.random_effects,
        linearmodels=others.random_effects_linearmodels,
    ),
    "difference GMM": _other(
        "Difference GMM of Arellano and Bond in two steps, Windmeijer's correction; of statspai the lag alone is compared.",
        others.own_lag,
        50_000,
        toolkit=others.difference_gmm,
        statspai=others.difference_gmm_statspai,
    ),
    "composite index": _other(
        f"Ranks of 300 entities in 14 years under {others.DRAWS:,} random choices; the loop takes one after the other, and is asked for\n"
        f"{others.LOOPED} and its time multiplied.",
        others.indicators,
        300 * others.YEARS,
        toolkit=others.composite,
        loop=others.composite_loop,
    ),
    "reading": _other(
        "A panel of a text file: pandas reads and sorts, ``read_panel`` also checks keys, names, codes, marks, units and decimal signs.",
        others.file_of_firms,
        100_000,
        toolkit=others.reading,
        pandas=others.reading_pandas,
    ),
    "Theil": _other(
        "Theil's T with weights, whole and decomposed by twenty groups; the floor is bare numpy, which checks nothing.",
        others.incomes,
        1_000_000,
        toolkit=others.theil,
        floor=others.theil_floor,
    ),
}


def _named(names: Sequence[str], values: Sequence[float]) -> list[float]:
    found = dict(zip(names, map(float, values), strict=True))
    return [found[name] for name in REGRESSORS]


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


def run(case: str, engine: str, path: Path) -> dict[str, object]:
    """What one process measures: seconds of clock and processor of each call, memory, and the numbers."""
    frame = pd.read_pickle(path)
    fit = CASES[case].engines[engine](frame)
    before = _forget_peak()
    clock, processor = [], []
    for _ in range(1 + (WARM if len(frame) < HUGE else WARM_HUGE)):
        start = time.perf_counter(), time.process_time()
        found, errors = fit()
        clock.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    peak = (_peak() - before) / 1024
    name, times = PACKAGES.get(engine, engine), others.SCALED.get(engine, 1.0)
    seconds = {"clock": [times * s for s in clock], "processor": [times * s for s in processor]}
    return seconds | {"mb": peak, "found": found, "errors": errors, "version": f"{name} {version(name)}"}


def measured(
    case: str, python: str, path: Path, engines: Sequence[str], limit: float, rounds: int = ROUNDS
) -> dict[str, list[dict[str, object]]]:
    """The runs of each engine, all engines in turns."""
    found: dict[str, list[dict[str, object]]] = {engine: [] for engine in engines}
    for _ in range(rounds):
        for engine in list(found):
            command = [python, "-m", "benchmarks", "--case", case, "--engine", engine, "--file", str(path)]
            try:
                done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parent, check=True, timeout=limit)
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as stopped:
                why = stopped.stderr.strip().splitlines()[-1] if isinstance(stopped, subprocess.CalledProcessError) else str(stopped)
                print(f"{engine} is left out: {why}", file=sys.stderr)
                del found[engine]
                continue
            found[engine].append(json.loads(done.stdout.splitlines()[-1]))
    return found


Line = dict[str, float]
Sizes = dict[int, dict[str, Line]]


def medians(runs: list[dict[str, object]], ours: dict[str, object]) -> Line:
    """One line of the table from the runs of an engine."""
    found = {}
    for kind in ("clock", "processor"):
        found[f"first_{kind}"] = statistics.median(r[kind][0] for r in runs)  # type: ignore[index]
        found[f"warm_{kind}"] = statistics.median(s for r in runs for s in r[kind][1:])  # type: ignore[index]
    for what in ("found", "errors"):
        pairs = zip(runs[0][what], ours[what], strict=False)  # type: ignore[call-overload]
        found[f"{what}_differ"] = max((abs(a / b - 1) for a, b in pairs), default=float("nan"))
    return found | {"mb": max(float(r["mb"]) for r in runs)}  # type: ignore[arg-type]


def lines_of(rows: int, found: dict[str, list[dict[str, object]]]) -> dict[str, Line]:
    """The lines of one size by engine, with ratios to ours."""
    lines = {engine: medians(runs, found["toolkit"][0]) for engine, runs in found.items()}
    for line in lines.values():
        line |= {"rows": rows, "ratio": line["warm_processor"] / lines["toolkit"]["warm_processor"]}
    return lines


def table(cases: dict[str, Sizes], versions: Sequence[str]) -> str:
    """The tables of all cases as Markdown, with what they were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}"
    out = [f"{machine}; {', '.join(versions)}."]
    for case, sizes in cases.items():
        out += ["", f"## {case[0].upper()}{case[1:]}", "", CASES[case].words, ""]
        out += [
            "| rows | engine | first s | warm s | x | peak MB | coefficients differ | errors differ |",
            "|---:|---|---:|---:|---:|---:|---:|---:|",
        ]
        for rows, lines in sizes.items():
            for engine, a in lines.items():
                seconds = " | ".join(f"{a[f'{k}_clock']:.3f} ({a[f'{k}_processor']:.3f})" for k in ("first", "warm"))
                differ = " | ".join("–" if np.isnan(a[f"{k}_differ"]) else f"{a[f'{k}_differ']:.0e}" for k in ("found", "errors"))
                out.append(f"| {rows:,} | {engine} | {seconds} | {a['ratio']:.1f} | {a['mb']:.0f} | {differ} |")
    return "\n".join(out) + "\n"


def draw(sizes: Sizes, path: Path) -> None:
    """Processor seconds of a warm call against rows, both in logs."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for engine in ALL:
        points = [(rows, lines[engine]["warm_processor"]) for rows, lines in sizes.items() if engine in lines]
        if points:
            axes.loglog(*zip(*points, strict=True), marker="o", label=engine)
    axes.set(xlabel="rows", ylabel="processor seconds, warm")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)


def record(sizes: Sizes) -> dict[str, object]:
    """What README quotes, in the form of ``reports/record.json``: ratios of processor time and memory.

    ``speed`` is of the largest size at which most engines were asked, ``speed_large`` of the largest.
    """
    most = max(sizes, key=lambda rows: (len(sizes[rows]), rows))
    return {"benchmarks": {"exhibits": {}, "statements": {"speed": _quoted(sizes, most), "speed_large": _quoted(sizes, max(sizes))}}}


def _quoted(sizes: Sizes, rows: int) -> dict[str, object]:
    lines = sizes[rows]
    peers = {engine: line for engine, line in lines.items() if engine != "toolkit"}
    nearest = min(peers, key=lambda engine: peers[engine]["ratio"])
    values: dict[str, object] = {"rows": rows, "peer": nearest, "seconds": lines["toolkit"]["warm_processor"]}
    values |= {"ratio": peers[nearest]["ratio"], "memory": min(line["mb"] for line in peers.values()) / lines["toolkit"]["mb"]}
    return values | {f"ratio_{engine}": line["ratio"] for engine, line in peers.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=CASES, nargs="+", default=list(CASES), help="what is compared (everything)")
    parser.add_argument("--rows", type=int, nargs="+", help="other sizes than those of the table")
    parser.add_argument("--engines", nargs="+", help="other engines than those of the table")
    parser.add_argument("--python", default=sys.executable, help="interpreter that runs the engines")
    parser.add_argument("--limit", type=float, default=300, help="seconds after which a process is stopped (300)")
    parser.add_argument("--show", action="store_true", help="print the table and write no file")
    parser.add_argument("--engine", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.engine:
        print(json.dumps(run(asked.case[0], asked.engine, asked.file)))
        return
    if not asked.show and (asked.rows or asked.engines or asked.case != list(CASES)):
        parser.error("a part of the table is shown and not written: add --show")
    cases: dict[str, Sizes] = {}
    versions: dict[str, None] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panel.pkl"
        for name in asked.case:
            case, cases[name] = CASES[name], {}
            for rows in asked.rows or case.sizes:
                print(f"{name}, {rows:,} rows", file=sys.stderr, flush=True)
                case.make(rows).to_pickle(path)
                engines = asked.engines or case.sizes.get(rows) or tuple(case.engines)
                found = measured(name, asked.python, path, engines, asked.limit, ROUNDS if rows < HUGE else ROUNDS_HUGE)
                cases[name][rows] = lines_of(rows, found)
                versions |= dict.fromkeys(str(runs[0]["version"]) for runs in found.values())
    text = table(cases, list(versions))
    print(text)
    if not asked.show:
        (HERE / "table.md").write_text(text, encoding="utf-8")
        (HERE / "record.json").write_text(json.dumps(record(cases[MAIN]), indent=1) + "\n", encoding="utf-8")
        draw(cases[MAIN], HERE / "scale.png")


if __name__ == "__main__":
    main()

"""Permutation, mediation, quantiles: our time as a ratio to a peer or to a loop, in one run.

    python benchmarks/further_estimators.py                # 20,000 rows
    python benchmarks/further_estimators.py --rows 100000

"cold" is the first call after the imports, "warm" the median of three later ones that alternate with the peer's; loops are timed once, on a
few draws, and scaled up. All are seconds of the processor. Memory is the peak of the process. A peer that is not installed is left out.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from toolkit.estimate import compare_groups, fit_quantile, fit_within, mediate
from toolkit.panel import Panel

DRAWS = 999
LOOPED = 5
WARM = 3


def simulate(rows: int) -> Panel:
    """Firms over ten years, a tenth of the rows missing; firms belong to one of two groups."""
    rng = np.random.default_rng(1)
    firms = rows // 9
    frame = pd.DataFrame({"firm": np.repeat(np.arange(firms), 10), "year": np.tile(np.arange(10), firms)})
    n = len(frame)
    frame["side"], effect = frame["firm"] % 2, np.repeat(rng.normal(size=firms), 10)
    frame["x"], frame["z"] = rng.normal(size=n) + effect, rng.normal(size=n)
    frame["m"] = 0.5 * frame["x"] + rng.normal(size=n)
    frame["y"] = frame["x"] + 0.5 * frame["m"] - frame["z"] + effect + rng.normal(size=n)
    return Panel(frame[rng.random(n) < 0.9], "firm", "year")


def seconds(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Processor time of each round of calls that alternate; what is not installed has none."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.process_time()
            try:
                call()
            except ModuleNotFoundError:
                continue
            taken[name].append(time.process_time() - start)
    return taken


def statsmodels_quantiles(panel: Panel) -> None:
    from statsmodels.regression.quantile_regression import QuantReg

    design = np.column_stack([np.ones(len(panel)), panel.frame[["x", "z"]]])
    for q in (0.25, 0.5, 0.75):
        QuantReg(panel.frame["y"].to_numpy(), design).fit(q=q)


def permutations_in_a_loop(panel: Panel) -> None:
    rng = np.random.default_rng(0)
    for _ in range(LOOPED):
        side = rng.permutation(panel.frame["firm"].max() + 1)[panel.frame["firm"]] % 2
        for g in (0, 1):
            fit_within("y ~ x + z | firm + year", panel.keep(pd.Series(side == g, index=panel.frame.index)))


def mediation_in_a_loop(panel: Panel) -> None:
    rng, frame = np.random.default_rng(0), panel.frame
    rows = frame.groupby("firm").indices
    firms = np.array(list(rows))
    for _ in range(LOOPED):
        drawn = [rows[f] for f in rng.choice(firms, len(firms))]
        copies = np.repeat(np.arange(len(drawn)), [len(r) for r in drawn])
        sample = Panel(frame.iloc[np.concatenate(drawn)].assign(firm=copies), "firm", "year")
        for formula in ("y ~ x + z + m | firm + year", "m ~ x + z | firm + year"):
            fit_within(formula, sample)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    panel = simulate(parser.parse_args().rows)
    generator, loop = np.random.default_rng, DRAWS / LOOPED
    tasks = [
        (
            f"{DRAWS} permutations of two groups",
            lambda: compare_groups("y ~ x + z | firm + year", panel, "x", by="side", rng=generator(0), draws=DRAWS),
            permutations_in_a_loop,
            loop,
            "loop of fits",
        ),
        (
            f"mediation, {DRAWS} cluster draws",
            lambda: mediate("y ~ x + z | firm + year", panel, treatment="x", mediators="m", rng=generator(0), draws=DRAWS),
            mediation_in_a_loop,
            loop,
            "loop of fits",
        ),
        ("three quantiles, no effects", lambda: fit_quantile("y ~ x + z", panel), statsmodels_quantiles, 1.0, "statsmodels"),
        ("three quantiles, two effects", lambda: fit_quantile("y ~ x + z | firm + year", panel), None, 1.0, ""),
    ]
    print(f"{len(panel)} rows\n{'task':36}{'cold s':>9}{'warm s':>9}{'peer s':>10}{'peer / ours':>13}  peer")
    for name, ours, theirs, factor, peer in tasks:
        calls: dict[str, Callable[[], object]] = {"ours": ours}
        if theirs is not None:
            calls["theirs"] = lambda run=theirs: run(panel)  # type: ignore[misc]
        taken = seconds(calls, 2 if factor > 1 else 1 + WARM)
        warm = statistics.median(taken["ours"][1:])
        other = statistics.median(taken["theirs"][1:]) * factor if taken.get("theirs") else None
        ratio, shown = ("", "") if other is None else (f"{other / warm:.1f}", f"{other:.2f}")
        print(f"{name:36}{taken['ours'][0]:9.3f}{warm:9.3f}{shown:>10}{ratio:>13}  {peer}", flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()

"""Random effects, Poisson, permutation of groups, mediation, quantiles: our time as a ratio to a peer or to a loop, in one run.

    python benchmarks/further_estimators.py                # 20,000 rows
    python benchmarks/further_estimators.py --rows 100000

"cold" is the first call after the imports, "warm" the second; loops are timed on a few draws and scaled up. Memory is the peak of the whole
process. Seconds depend on the machine and its load: read ratios.
"""

from __future__ import annotations

import argparse
import resource
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from toolkit.estimate import compare_groups, fit_poisson, fit_quantile, fit_random, fit_within, mediate
from toolkit.panel import Panel

DRAWS = 999
LOOPED = 5


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
    frame["patents"] = rng.poisson(np.exp(0.3 * frame["x"] - 0.2 * frame["z"]))
    return Panel(frame[rng.random(n) < 0.9], "firm", "year")


def seconds(call: Callable[[], object]) -> tuple[float, float]:
    """Of the first and of the second call."""
    taken = []
    for _ in range(2):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return taken[0], taken[1]


def linearmodels_random(panel: Panel) -> None:
    from linearmodels.panel import RandomEffects

    frame = panel.frame.set_index(["firm", "year"])
    RandomEffects(frame["y"], frame[["x", "z"]].assign(constant=1.0)).fit(cov_type="clustered", cluster_entity=True)


def pyfixest_poisson(panel: Panel) -> None:
    import pyfixest

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyfixest.fepois("patents ~ x + z | firm + year", panel.frame, vcov={"CRV1": "firm"})


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
            fit_within("y ~ x + z | firm + year", panel.keep(pd.Series(side == g)))


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
    generator = np.random.default_rng
    loop = DRAWS / LOOPED
    tasks = [
        ("random effects, clustered", lambda: fit_random("y ~ x + z", panel), linearmodels_random, 1.0, "linearmodels"),
        ("Poisson, two effects, clustered", lambda: fit_poisson("patents ~ x + z | firm + year", panel), pyfixest_poisson, 1.0, "pyfixest"),
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
        cold, warm = seconds(ours)
        other = "" if theirs is None else seconds(lambda run=theirs: run(panel))[1] * factor
        ratio = "" if theirs is None else f"{other / warm:.1f}"
        print(f"{name:36}{cold:9.2f}{warm:9.2f}{other if theirs is None else f'{other:.2f}':>10}{ratio:>13}  {peer}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()

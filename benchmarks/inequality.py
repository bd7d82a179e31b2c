"""Inequality measures: ratios to the pairwise definitions at a small size, times and memory at large ones, one run.

    python benchmarks/inequality.py

"pairs" is the definition on all pairs of units: in numpy with (n, n) arrays for G, in a Python loop over pairs for Dagum's parts.
Peak memory is what numpy and Python allocate during one call beyond the inputs, as a multiple of the values (8 bytes each).
Seconds depend on the machine and its load: read ratios.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from toolkit.measure import (
    bootstrap_interval,
    decompose_gini,
    decompose_theil,
    generalized_entropy,
    gini,
    gini_contributions,
    lorenz,
    theil_t,
)

ROUNDS = 5
LARGE = ((100_000, 8), (1_000_000, 20))


def simulate(n: int, groups: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lognormal values whose level rises with the group, group codes, weights."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0, groups, n)
    return np.exp(rng.normal(codes / groups, 0.5)), codes, rng.uniform(1, 5, n)


def gini_by_pairs(x: np.ndarray) -> float:
    return float(np.abs(x[:, None] - x[None, :]).mean() / (2 * x.mean()))


def dagum_by_pairs(x: np.ndarray, codes: np.ndarray) -> tuple[float, float, float]:
    k, n, mean = int(codes.max()) + 1, len(x), float(x.mean())
    excess = [[0.0] * k for _ in range(k)]
    values, labels = x.tolist(), codes.tolist()
    for a, j in zip(values, labels, strict=True):
        row = excess[j]
        for b, h in zip(values, labels, strict=True):
            if a > b:
                row[h] += a - b
    scale = n * n * mean
    pairs = [(j, h) for j in range(k) for h in range(j)]
    within = sum(excess[j][j] for j in range(k)) / scale
    net = sum(abs(excess[j][h] - excess[h][j]) for j, h in pairs) / scale
    crossing = sum(2 * min(excess[j][h], excess[h][j]) for j, h in pairs) / scale
    return within, net, crossing


def timed(call: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float, object]:
    """First call, best of the later ones, and what came back."""
    seconds, found = [], None
    for _ in range(rounds + 1):
        start = time.perf_counter()
        found = call()
        seconds.append(time.perf_counter() - start)
    return seconds[0], min(seconds[1:]), found


def peak(call: Callable[[], object]) -> int:
    tracemalloc.start()
    call()
    bytes_held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return bytes_held


def compare(n: int, groups: int) -> None:
    x, codes, _ = simulate(n, groups)
    _, ours, g = timed(lambda: gini(x))
    _, theirs, reference = timed(lambda: gini_by_pairs(x), 1)
    print(f"{n:,} values, {groups} groups: the definition on all pairs against the sorted algorithm")
    print(f"{'':10}{'pairs s':>10}{'ours s':>10}{'ratio':>9}{'deviation':>11}")
    print(f"{'Gini':10}{theirs:10.4f}{ours:10.4f}{theirs / ours:9.0f}{abs(g - reference):11.1e}")
    _, ours, parts = timed(lambda: decompose_gini(x, codes))
    _, theirs, reference = timed(lambda: dagum_by_pairs(x, codes), 1)
    deviation = max(abs(a - b) for a, b in zip((parts.within, parts.between, parts.transvariation), reference, strict=True))
    print(f"{'Dagum':10}{theirs:10.4f}{ours:10.4f}{theirs / ours:9.0f}{deviation:11.1e}")


def large(n: int, groups: int) -> None:
    x, codes, w = simulate(n, groups)
    names = np.array([f"region {k}" for k in range(groups)])[codes]
    calls = {
        "Gini": lambda: gini(x),
        "Gini, weighted": lambda: gini(x, w),
        "Lorenz curve": lambda: lorenz(x, w),
        "contributions to the Gini": lambda: gini_contributions(x, w),
        "Theil T": lambda: theil_t(x, w),
        "GE(2)": lambda: generalized_entropy(x, 2, w),
        "Theil T by group": lambda: decompose_theil(x, codes, w),
        "Dagum": lambda: decompose_gini(x, codes),
        "Dagum, weighted": lambda: decompose_gini(x, codes, w),
        "Dagum, groups as text": lambda: decompose_gini(x, names),
    }
    print(f"\n{n:,} values, {groups} groups, best of {ROUNDS} after the first call")
    print(f"{'':28}{'first s':>9}{'best s':>9}{'/ sort':>8}{'peak / values':>15}")
    _, sort, _ = timed(lambda: np.argsort(x))
    for name, call in calls.items():
        first, best, _ = timed(call)
        print(f"{name:28}{first:9.4f}{best:9.4f}{best / sort:8.1f}{peak(call) / x.nbytes:15.1f}")


def bootstrap(units: int, draws: int) -> None:
    x, _, w = simulate(units, 1)
    print(f"\nbootstrap of {units} units, {draws} draws: one call per draw against all draws at once")
    for measure in (gini, theil_t):
        _, ours, fast = timed(lambda m=measure: bootstrap_interval(m, x, w, rng=np.random.default_rng(1), draws=draws))
        _, loop, slow = timed(
            lambda m=measure: bootstrap_interval(lambda v, u: m(v, u), x, w, rng=np.random.default_rng(1), draws=draws), 1
        )
        print(f"{measure.__name__:10}{loop:10.4f}{ours:10.4f}{loop / ours:9.0f}{np.abs(fast.draws - slow.draws).max():11.1e}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000, help="values of the comparison with all pairs")
    compare(parser.parse_args().rows, 8)
    for n, groups in LARGE:
        large(n, groups)
    bootstrap(31, 999)


if __name__ == "__main__":
    main()

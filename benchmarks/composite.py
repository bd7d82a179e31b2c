"""Uncertainty of a composite index: all draws at once against a plain loop over draws, time and memory, one run.

    python benchmarks/composite.py

The loop takes one draw after the other with numpy: system scores by a matrix product, D, and ranks year by year. It is timed on fewer
draws and compared draw by draw; both get the same weights and normalisations. Peak memory is what numpy and Python allocate during one
call. Seconds depend on the machine and its load: read the ratio.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc

import numpy as np

from toolkit.measure.composite.choices import Choices
from toolkit.measure.composite.sensitivity import ranking_sensitivity
from toolkit.measure.composite.uncertainty import RankingUncertainty, ranking_uncertainty

PROVINCES, YEARS, INDICATORS, NORMALISATIONS = 31, 14, 20, 4
SYSTEMS = np.repeat([0, 1], INDICATORS // 2)


def simulate(entities: int) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Normalised indicators with a common level per entity, entity and year of each row."""
    rng = np.random.default_rng(1)
    level = np.repeat(rng.uniform(0.1, 0.7, entities), YEARS)[:, None]
    matrices = [level + rng.uniform(0, 0.3, (entities * YEARS, INDICATORS)) for _ in range(NORMALISATIONS)]
    return matrices, np.repeat(np.arange(entities), YEARS), np.tile(np.arange(YEARS), entities)


def by_draw(matrices: list[np.ndarray], year: np.ndarray, choices: Choices, draws: int) -> np.ndarray:
    """(draws, n) ranks, one draw after the other."""
    rows = [np.flatnonzero(year == t) for t in np.unique(year)]
    ranks = np.empty((draws, len(year)), dtype=int)
    for b in range(draws):
        x, w = matrices[choices.normalisation[b]], choices.weights[b]
        first, second = x[:, SYSTEMS == 0] @ w[SYSTEMS == 0], x[:, SYSTEMS == 1] @ w[SYSTEMS == 1]
        c, t = 2 * np.sqrt(first * second) / (first + second), (first + second) / 2
        d = np.sqrt(c * t)
        for here in rows:
            ranks[b, here[np.argsort(-d[here])]] = np.arange(1, here.size + 1)
    return ranks


def run(entities: int, draws: int) -> tuple[float, float, RankingUncertainty]:
    """Best seconds of three, peak megabytes, and what came back."""
    matrices, entity, year = simulate(entities)

    def call() -> RankingUncertainty:
        return ranking_uncertainty(matrices, np.ones(INDICATORS), SYSTEMS, entity, year, rng=np.random.default_rng(1), draws=draws)

    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    tracemalloc.start()
    found = call()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return min(seconds), peak, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--loop", type=int, default=1_000, help="draws of the plain loop")
    given = parser.parse_args()
    print(f"{given.draws:,} draws, {YEARS} years, {INDICATORS} indicators, {NORMALISATIONS} normalisations")
    print(f"{'entities':>9}{'seconds':>9}{'peak MB':>9}{'loop s':>9}{'ratio':>7}{'ranks that differ':>19}")
    for entities in (PROVINCES, 300):
        seconds, peak, found = run(entities, given.draws)
        matrices, _, year = simulate(entities)
        start = time.perf_counter()
        ranks = by_draw(matrices, year, found.choices, given.loop)
        loop = (time.perf_counter() - start) * given.draws / given.loop
        differ = int((ranks != found.ranks[: given.loop]).sum())
        print(f"{entities:9}{seconds:9.2f}{peak:9.0f}{loop:9.1f}{loop / seconds:7.1f}{differ:19}")
    matrices, entity, year = simulate(PROVINCES)
    schemes = {str(s): np.random.default_rng(s).uniform(0.5, 1, INDICATORS) for s in range(6)}
    start = time.perf_counter()
    shares = ranking_sensitivity(dict(zip("abcd", matrices, strict=True)), schemes, SYSTEMS, entity, year)
    print(f"sensitivity, all {shares.d.combinations:,} combinations of choices: {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()

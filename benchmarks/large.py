"""Beyond memory: a two-way within regression clustered by firm on a Parquet file, against a plain DuckDB sum over the same columns.

    python benchmarks/large.py                        # 100,000, 1,000,000 and 5,000,000 rows
    python benchmarks/large.py --rows 100000000       # needs about 2.5 GB of disk

For each size: median seconds of a warm sum over the five columns and of the fit in the same process, runs alternating; their ratio; the
check of the keys, which a table does once; peak memory of the process. Spells of firms are contiguous, as in registers and surveys.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 3
YEARS = 20
FILE = 1_000_000  # firms


def simulate(rows: int, folder: Path, order: str) -> None:
    """About ``rows`` rows in files of a million firms at most: each firm is seen from its first to its last of 20 years.

    The truth is (0.5, -0.2). ``order`` is SQL by which each file is sorted.
    """
    import duckdb

    folder.mkdir()
    firms = max(rows * 2 // YEARS, 2)
    for part, first in enumerate(range(0, firms, FILE)):
        duckdb.connect(config={"memory_limit": "1GB", "temp_directory": str(folder.parent / "spill")}).execute(f"""
            COPY (SELECT firm, year, x1, x2, 0.5 * x1 - 0.2 * x2 + a + 0.1 * sin(year) + random() - 0.5 AS y
                  FROM (SELECT firm, 2000 + t AS year, a, a + random() AS x1, 2 * random() - 1 + 0.01 * t AS x2
                        FROM (SELECT i AS firm, hash(i) % 1000 / 1000.0 AS a, hash(i + 7) % {YEARS} AS one, hash(i + 77) % {YEARS} AS two
                              FROM range({first}, {min(first + FILE, firms)}) r(i)), range({YEARS}) s(t)
                        WHERE t BETWEEN least(one, two) AND greatest(one, two) OR t = one + 1)
                  ORDER BY {order}) TO '{folder}/{part:04d}.parquet' (FORMAT parquet)""")


def measure(path: Path) -> dict[str, float]:
    import duckdb

    from toolkit.estimate import fit
    from toolkit.estimate.large import LargeTable

    plain = duckdb.connect(config={"memory_limit": "1GB"})
    table = LargeTable(path, "firm", "year")
    started = time.perf_counter()
    rows = table.rows
    keys = time.perf_counter() - started
    sums, fits = [], []
    for _ in range(ROUNDS + 1):
        started = time.perf_counter()
        plain.execute(f"SELECT sum(firm), sum(year), sum(x1), sum(x2), sum(y) FROM '{path}'").fetchall()
        sums.append(time.perf_counter() - started)
        started = time.perf_counter()
        fit("y ~ x1 + x2 | firm + year", table)
        fits.append(time.perf_counter() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return {"rows": rows, "sum": statistics.median(sums[1:]), "keys": keys, "fit": statistics.median(fits[1:]), "peak": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="*", default=[100_000, 1_000_000, 5_000_000])
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.measure)))
        return
    print(f"{'rows':>12} {'sum s':>8} {'keys s':>8} {'fit s':>8} {'fit/sum':>8} {'peak GB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for rows in given.rows:
            path = Path(folder) / "firms.parquet"
            simulate(rows, path)
            done = subprocess.run([sys.executable, __file__, "--measure", str(path)], capture_output=True, text=True, check=True)
            m = json.loads(done.stdout)
            print(f"{m['rows']:>12} {m['sum']:>8.3f} {m['keys']:>8.2f} {m['fit']:>8.2f} {m['fit'] / m['sum']:>8.1f} {m['peak']:>8.2f}")


if __name__ == "__main__":
    main()

"""Beyond memory: a two-way within regression clustered by firm on Parquet files, against a plain DuckDB sum over the same columns.

    python benchmarks/large.py                              # 100,000, 1,000,000 and 10,000,000 rows
    python benchmarks/large.py --rows 100000000 --show      # needs about 3 GB of disk; prints, and leaves the files as they are

Each size is measured in a process of its own, in which sum and fit alternate, on files where the rows of each firm lie together and on
files where they are in no order. What a table does once is apart: the check of the keys, and the first fit, which sorts rows in no order.
"processor" are seconds of all cores together, on which a busy machine has less hold than on those of the clock. The model behind the
figure is a + b rows, fitted to the logarithms.

Other questions are asked of the rows of ten million that lie together. Written are ``docs/large.png`` and the tables in
``docs/large.md`` and ``docs/large.zh-CN.md``.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROUNDS = 5
YEARS = 20
FILE = 1_000_000  # firms
ORDERS = {"together": "firm, year", "no order": "hash(firm * 100 + year)"}
DOCS = Path(__file__).resolve().parents[1] / "docs"
ASKED = 10_000_000  # rows of which the other questions are asked
PLAIN = "firm, year, y, x1, x2"
TWO = "y ~ x1 + x2 | firm + year"
# English and Chinese, the columns that are read, and what is asked
QUESTIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "the table above": ("上表", PLAIN, {"formula": TWO}),
    "firm effects alone": ("仅企业效应", "firm, y, x1, x2", {"formula": "y ~ x1 + x2 | firm"}),
    "two-stage least squares": ("两阶段最小二乘", f"{PLAIN}, z", {"formula": "y ~ x2 | firm + year | x1 ~ z"}),
    "HC1": ("HC1", PLAIN, {"formula": TWO, "covariance": "HC1"}),
    "clustered by industry": ("按行业聚类", f"{PLAIN}, industry", {"formula": TWO, "cluster": "industry"}),
    "a logarithm": ("对数", PLAIN, {"formula": "y ~ log(x1) + x2 | firm + year"}),
    "no effects": ("无效应", "firm, y, x1, x2", {"formula": "y ~ x1 + x2"}),
    "weights": ("权重", f"{PLAIN}, w", {"formula": TWO, "weights": "w"}),
    "a filter (`where`)": ("筛选（`where`）", PLAIN, {"formula": TWO, "where": "x2 > -0.5"}),
    "a lag": ("滞后", PLAIN, {"formula": "y ~ L(x1, 1) + x2 | firm + year"}),
    "year effects alone": ("仅年份效应", PLAIN, {"formula": "y ~ x1 + x2 | year"}),
    "clustered by firm and year": ("按企业与年份聚类", PLAIN, {"formula": TWO, "cluster": ["firm", "year"]}),
    "a curve of 16 specifications": ("16个设定的曲线", f"{PLAIN}, w, z", {"controls": ["x2", "z", "w", "log(z)"]}),
    "effects of firm and industry^year": (
        "企业与industry^year效应",
        f"{PLAIN}, industry",
        {"formula": "y ~ x1 + x2 | firm + industry^year"},
    ),
}
HEAD = "| rows | order | sum, s | keys, s | first fit, s | fit, s | fit / sum | the same, processor | peak, GB |"
Measured = dict[str, float]


def simulate(rows: int, folder: Path, order: str) -> None:
    """About ``rows`` rows in files of a million firms at most: each firm is seen from its first to its last of 20 years.

    The truth is (0.5, -0.2). ``order`` is SQL by which each file is sorted.
    """
    import duckdb

    folder.mkdir(parents=True)
    firms = max(rows * 2 // YEARS, 2)
    for part, first in enumerate(range(0, firms, FILE)):
        duckdb.connect(config={"memory_limit": "1GB", "temp_directory": str(folder.parent / "spill")}).execute(f"""
            COPY (SELECT firm, year, x1, x2, 0.5 * x1 - 0.2 * x2 + a + 0.1 * sin(year) + random() - 0.5 AS y, industry, w,
                         x1 + 2 * random() AS z
                  FROM (SELECT firm, 2000 + t AS year, a, a + random() AS x1, 2 * random() - 1 + 0.01 * t AS x2,
                               CAST(hash(firm + 777) % 90 AS INTEGER) AS industry, 0.5 + random() AS w
                        FROM (SELECT i AS firm, hash(i) % 1000 / 1000.0 AS a, hash(i + 7) % {YEARS} AS one, hash(i + 77) % {YEARS} AS two
                              FROM range({first}, {min(first + FILE, firms)}) r(i)), range({YEARS}) s(t)
                        WHERE t BETWEEN least(one, two) AND greatest(one, two) OR t = one + 1)
                  ORDER BY {order}) TO '{folder}/{part:04d}.parquet' (FORMAT parquet)""")


def measure(folder: Path, columns: str, asked: dict[str, Any]) -> Measured:
    """Medians of the runs after the first, and the peak of the process."""
    import duckdb

    from toolkit.estimate import Choices, fit, specification_curve
    from toolkit.estimate.large import LargeTable

    plain = duckdb.connect(config={"memory_limit": "1GB"})
    table = LargeTable(folder, "firm", "year", where=asked.pop("where", ""))
    sums = ", ".join(f"sum({column})" for column in columns.split(", "))
    started = time.perf_counter()
    rows, keys = table.rows, time.perf_counter() - started
    runs: dict[str, list[float]] = {name: [] for name in ("sum", "sum_cpu", "fit", "fit_cpu")}

    def timed(name: str, call: object) -> None:
        before = time.perf_counter(), time.process_time()
        call()  # type: ignore[operator]
        runs[name].append(time.perf_counter() - before[0])
        runs[f"{name}_cpu"].append(time.process_time() - before[1])

    def answer() -> object:
        if "controls" in asked:
            return specification_curve(Choices("y", "x1", controls=asked["controls"], effects="firm + year"), table)
        return fit(data=table, **asked)

    for _ in range(ROUNDS + 1):
        timed("sum", lambda: plain.execute(f"SELECT {sums} FROM '{folder}/*.parquet'").fetchall())
        timed("fit", answer)
    return {"rows": rows, "keys": keys, "first": runs["fit"][0], "peak": peak()} | {
        name: statistics.median(each[1:]) for name, each in runs.items()
    }


def peak() -> float:
    """Largest memory of this process so far, in GB: what getrusage says begins with that of the process that started it."""
    status = Path("/proc/self/status")
    held = re.search(r"VmHWM:\s*(\d+)", status.read_text()) if status.exists() else None
    return (int(held[1]) if held else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024**2


def line(order: str, m: Measured) -> str:
    """One line of the table."""
    seconds = f"{m['sum']:.3f} | {m['keys']:.2f} | {m['first']:.2f} | {m['fit']:.2f}"
    return f"| {m['rows']:,.0f} | {order} | {seconds} | {m['fit'] / m['sum']:.1f} | {m['fit_cpu'] / m['sum_cpu']:.1f} | {m['peak']:.2f} |"


def apart(folder: Path, question: str = next(iter(QUESTIONS))) -> Measured:
    """The measure of a question in a process of its own."""
    command = [sys.executable, __file__, "--measure", str(folder), "--question", question]
    found: Measured = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def model(found: list[Measured]) -> tuple[float, float]:
    """(a, b) of processor seconds = a + b rows, by least squares in logarithms."""
    from scipy.optimize import least_squares

    rows, seconds = np.array([m["rows"] for m in found]), np.array([m["fit_cpu"] for m in found])
    start = np.log([0.1, seconds[-1] / rows[-1]])
    found_at = least_squares(lambda p: np.log(np.exp(p[0]) + np.exp(p[1]) * rows) - np.log(seconds), start).x
    return float(np.exp(found_at[0])), float(np.exp(found_at[1]))


def draw(found: dict[str, list[Measured]]) -> None:
    """Processor seconds against rows, both in logs, with the model as a line."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for order, runs in found.items():
        rows = [m["rows"] for m in runs]
        points = axes.loglog(
            rows, [m["fit_cpu"] for m in runs], "o", label=f"fit, rows of a firm {order}" if order == "together" else f"fit, {order}"
        )
        a, b = model(runs)
        axes.loglog(rows, [a + b * n for n in rows], "-", color=points[0].get_color(), label=f"{a:.2f} + {b * 1e9:.0f} rows / 10^9")
    longest = max(found.values(), key=len)
    axes.loglog([m["rows"] for m in longest], [m["sum_cpu"] for m in longest], "s--", color="grey", label="plain sum")
    axes.set(xlabel="rows", ylabel="processor seconds, warm")
    axes.legend(frameon=False)
    figure.savefig(DOCS / "large.png", dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="*", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--files", type=Path, help="where the files are made, and found again by the next run")
    parser.add_argument("--show", action="store_true", help="print, and leave the files as they are")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--question", default=next(iter(QUESTIONS)), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.measure, *QUESTIONS[given.question][1:])))
        return
    asked: list[tuple[str, str, Measured]] = []
    table, found = [HEAD, "|---:|---|---:|---:|---:|---:|---:|---:|---:|"], {order: list[Measured]() for order in ORDERS}
    with tempfile.TemporaryDirectory() as temporary:
        for rows in given.rows:
            for order, sql in ORDERS.items():
                folder = (given.files or Path(temporary)) / f"{rows}-{order.replace(' ', '-')}"
                if not folder.exists():
                    simulate(rows, folder, sql)
                found[order].append(apart(folder))
                table.append(line(order, found[order][-1]))
                print(table[-1], flush=True)
                if rows == ASKED and order == next(iter(ORDERS)):
                    asked = [(name, QUESTIONS[name][0], apart(folder, name)) for name in list(QUESTIONS)[1:]]
    for name, _, m in asked:
        print(f"| {name} | {m['fit_cpu'] / m['sum_cpu']:.1f} | {m['peak']:.2f} |")
    if given.show:
        return
    draw(found)
    for language, path in enumerate((DOCS / "large.md", DOCS / "large.zh-CN.md")):
        text = re.sub(r"(?m)^\| rows \| order .*\n(\|.*\n)+", "\n".join(table) + "\n", path.read_text(encoding="utf-8"))
        answers = ("; ", "；")[language].join(
            f"{each[language]} {each[2]['fit_cpu'] / each[2]['sum_cpu']:.1f} ({each[2]['peak']:.2f})" for each in asked
        )
        text = re.sub(r"(?m)^(\S.*\(peak, GB\)[:：] ?).*$", rf"\g<1>{answers}", text) if asked else text
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

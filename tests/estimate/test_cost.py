"""What a fit costs, counted and not timed: passes over the rows, and bytes; so that a slower way is seen on any machine."""

import subprocess
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import toolkit
from toolkit.estimate import fit, fit_dynamic
from toolkit.estimate.linear import least_squares, within
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.solve import kernels, omission
from toolkit.panel import Panel
from toolkit.threads import frugal, one_thread

FORMULA = "y ~ x1 + x2 + x3 | firm + year"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """An unbalanced panel of 12,500 firms and 20 years, in order; no firm is seen once."""
    rng = np.random.default_rng(1)
    firm = np.repeat(np.arange(12_500), rng.integers(2, 14, 12_500))
    year = np.concatenate([np.sort(rng.permutation(20)[:n]) for n in np.bincount(firm)])
    x = rng.normal(size=(3, len(firm))) + rng.normal(size=12_500)[firm]
    y = x.sum(axis=0) + rng.normal(size=12_500)[firm] + 0.1 * year + rng.normal(size=len(firm))
    return pd.DataFrame({"firm": firm, "year": 2000 + year, "y": y, "x1": x[0], "x2": x[1], "x3": x[2]})


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a column of rows was summed by group, spread, had its groups taken out, or was multiplied by the others."""
    counted: Counter[str] = Counter()

    def counting(name: str) -> None:
        plain = getattr(Grouping, name)

        def called(self: Grouping, values: np.ndarray, *rest: np.ndarray) -> np.ndarray:
            counted[name] += values.ndim == 1
            return plain(self, values, *rest)  # type: ignore[no-any-return]

        monkeypatch.setattr(Grouping, name, called)

    for name in ("sums", "spread", "subtract"):
        counting(name)
    plain = kernels.cross_products

    def products(columns: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        counted["products"] += len(columns)
        return plain(columns, weights)

    for module in (kernels, least_squares, within, omission):
        monkeypatch.setattr(module, "cross_products", products)
    return counted


def columns_allocated(call: Callable[[], object], rows: int) -> float:
    """The most memory held at once by a call, in columns of 8 bytes a row; the call is made once before, for what is loaded then."""
    call()
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / (8 * rows)


def test_a_column_is_summed_once_by_each_effect(frame: pd.DataFrame, passes: Counter[str]) -> None:
    fit(FORMULA, Panel(frame, "firm", "year"))
    # four columns by two effects, one look at what is left by each, three scores by cluster; the columns themselves are
    # multiplied twice, before and after
    assert passes == {"sums": 4 * 2 + 2 + 3, "subtract": 4 * 2, "products": 2 * 4}


def test_a_second_pass_is_made_only_where_the_first_leaves_more_than_rounding(frame: pd.DataFrame, passes: Counter[str]) -> None:
    fit("y ~ x1 | firm", Panel(frame.assign(y=10.0 * frame["firm"] + frame["y"]), "firm", "year"))
    assert passes["subtract"] <= 2 * 2


def test_memory_is_that_of_the_columns_and_a_few_more(frame: pd.DataFrame) -> None:
    panel = Panel(frame, "firm", "year")
    assert columns_allocated(lambda: fit(FORMULA, panel), len(frame)) < 15  # four columns, codes of three kinds, pairs and their table
    assert columns_allocated(lambda: fit(FORMULA, frame, cluster="firm"), len(frame)) < 15


def test_a_panel_in_order_is_not_copied_and_another_is_copied_once(frame: pd.DataFrame) -> None:
    columns = frame.shape[1]
    assert columns_allocated(lambda: Panel(frame, "firm", "year"), len(frame)) < 1
    shuffled = frame.sample(frac=1, random_state=1)
    assert columns_allocated(lambda: Panel(shuffled, "firm", "year"), len(frame)) < 2 * columns


def test_instruments_of_a_dynamic_panel_are_held_a_few_times(frame: pd.DataFrame) -> None:
    panel = Panel(frame, "firm", "year")
    instruments = 20  # of collapsed lags; the matrix, its copy carried to the levels and the scores are as large as it
    held = columns_allocated(lambda: fit_dynamic("y ~ L(y, 1) + x1", panel, gmm={"y": (2, 9)}, iv=("x1",)), len(frame))
    assert held < 16 * instruments


def test_the_table_of_pairs_stays_dense_as_long_as_it_is_no_larger_than_the_rows() -> None:
    large, small = Grouping(np.arange(1_000_000, dtype=np.intp) // 8, 125_000), Grouping(np.arange(1_000_000, dtype=np.intp) % 31, 31)
    assert isinstance(kernels.crossing_of(large, small, None), np.ndarray)


def test_small_problems_run_on_one_thread() -> None:
    from threadpoolctl import threadpool_info

    def threads(table: pd.DataFrame) -> int:
        return max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")

    outside, large = threads(pd.DataFrame()), pd.DataFrame({"x": np.zeros(1_000_000)})
    assert frugal(threads)(pd.DataFrame({"x": range(10)})) == 1
    assert frugal(threads)(large) == outside
    assert one_thread(threads)(large) == 1


FIT = """
import sys
import pandas as pd
from toolkit.estimate import fit
from toolkit.panel import Panel

numbers = {{"x": [3.0, 1, 4, 1, 5, 9, 2, 6], "y": [2.0, 7, 1, 8, 2, 8, 1, 8]}}
frame = pd.DataFrame({{"i": [1, 1, 1, 2, 2, 3, 3, 3], "t": [1, 2, 3, 1, 2, 1, 2, 3]}} | numbers)
found = fit({formula!r}, Panel(frame, "i", "t"), {errors})
print("scipy" in sys.modules, "f_p" in found.statistics, end=" ")
print(0 < found.statistics["f_p"] < 1, "scipy" in sys.modules)
"""


@pytest.mark.parametrize("formula", ["y ~ x", "y ~ x | i", "y ~ x | i + t"])
@pytest.mark.parametrize("errors", ["cluster='i'", "covariance='HC1'", "covariance='iid'"])
def test_a_fit_loads_scipy_where_a_p_value_is_read(formula: str, errors: str) -> None:
    code = FIT.format(formula=formula, errors=errors)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(toolkit.__file__).parents[1])
    assert done.stdout.split() == ["False", "True", "True", "True"]

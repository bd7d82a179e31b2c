"""The table of benchmarks: medians, ratios and differences from planted runs, and our own engine for real."""

from pathlib import Path

import pytest

from benchmarks.__main__ import lines_of, record, run, table
from benchmarks.within import simulate


def planted(seconds: float, beta: float, mb: float) -> list[dict[str, object]]:
    times = [10 * seconds, seconds, 3 * seconds, 2 * seconds]
    return [{"clock": times, "processor": times, "mb": mb, "numbers": [beta, 0.5], "version": "x 1"}]


def test_ratios_are_those_of_warm_medians() -> None:
    lines = lines_of(1000, {"toolkit": planted(1.0, 2.0, 10.0), "pyfixest": planted(4.0, 2.2, 30.0), "econhdfe": planted(3.0, 2.0, 50.0)})
    assert lines["toolkit"]["warm_clock"] == 2.0
    assert lines["toolkit"]["first_clock"] == 10.0
    assert lines["pyfixest"]["ratio"] == 4.0
    assert lines["pyfixest"]["differs"] == pytest.approx(0.1)
    quoted = record({1000: lines})["benchmarks"]["statements"]["speed"]  # type: ignore[index]
    assert (quoted["peer"], quoted["ratio"], quoted["ratio_pyfixest"], quoted["memory"]) == ("econhdfe", 3.0, 4.0, 3.0)
    assert "| 1,000 | pyfixest | 40.000 (40.000) | 8.000 (8.000) | 4.0 | 30 | 1e-01 |" in table({1000: lines}, ["x 1"])


def test_our_engine_runs_on_the_panel_of_the_benchmark(tmp_path: Path) -> None:
    simulate(5000, tmp_path / "panel.pkl")
    found = run("toolkit", tmp_path / "panel.pkl")
    assert found["numbers"][:3] == pytest.approx([1.0, -0.5, 0.25], abs=0.1)  # type: ignore[index]

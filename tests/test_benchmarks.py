"""The table of benchmarks: medians, ratios and differences from planted runs, and our own engine for real."""

import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import FORMS, lines_of, measured, record, run, table


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


@pytest.mark.parametrize("form", FORMS)
def test_our_engine_runs_on_the_panels_of_the_benchmark(tmp_path: Path, form: str) -> None:
    frame = FORMS[form](5000)
    frame.to_pickle(tmp_path / "panel.pkl")
    found = run("toolkit", tmp_path / "panel.pkl")
    assert found["numbers"][:3] == pytest.approx([1.0, -0.5, 0.25], abs=0.1)  # type: ignore[index]
    assert (frame["firm"].value_counts() == 1).any() == (form == "seen once")


def test_the_solver_for_three_effects_by_itself_gives_our_coefficients(tmp_path: Path) -> None:
    FORMS["three effects"](5000).to_pickle(tmp_path / "panel.pkl")
    found = {engine: [run(engine, tmp_path / "panel.pkl")] for engine in ("toolkit", "within_py")}
    assert len(found["within_py"][0]["numbers"]) == 3  # type: ignore[arg-type]
    assert lines_of(5000, found)["within_py"]["differs"] < 1e-10


def test_an_engine_that_gives_no_answer_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    FORMS["seen once"](1000).to_pickle(tmp_path / "panel.pkl")
    assert measured(sys.executable, tmp_path / "panel.pkl", ["toolkit"], limit=0.01) == {}
    assert "toolkit is left out" in capsys.readouterr().err

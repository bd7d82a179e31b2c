"""The table of benchmarks: medians, ratios and differences from planted runs, and our own engine for real."""

import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import CASES, EFFECTS, MAIN, lines_of, measured, record, run, table

ROWS = 5000


def planted(seconds: float, beta: float, mb: float) -> list[dict[str, object]]:
    times = [10 * seconds, seconds, 3 * seconds, 2 * seconds]
    return [{"clock": times, "processor": times, "mb": mb, "found": [beta], "errors": [0.5], "version": "x 1"}]


def test_ratios_are_those_of_warm_medians() -> None:
    lines = lines_of(1000, {"toolkit": planted(1.0, 2.0, 10.0), "pyfixest": planted(4.0, 2.2, 30.0), "econhdfe": planted(3.0, 2.0, 50.0)})
    assert lines["toolkit"]["warm_clock"] == 2.0
    assert lines["toolkit"]["first_clock"] == 10.0
    assert lines["pyfixest"]["ratio"] == 4.0
    assert lines["pyfixest"]["found_differ"] == pytest.approx(0.1)
    assert lines["pyfixest"]["errors_differ"] == 0
    large = lines_of(5000, {"toolkit": planted(2.0, 2.0, 10.0), "pyfixest": planted(10.0, 2.0, 30.0)})
    quoted = record({1000: lines, 5000: large})["benchmarks"]["statements"]  # type: ignore[index]
    speed, speed_large = quoted["speed"], quoted["speed_large"]
    assert (speed["rows"], speed["peer"], speed["ratio"], speed["ratio_pyfixest"], speed["memory"]) == (1000, "econhdfe", 3.0, 4.0, 3.0)
    assert (speed_large["rows"], speed_large["peer"], speed_large["ratio"]) == (5000, "pyfixest", 5.0)
    written = table({MAIN: {1000: lines}}, ["x 1"])
    assert "## Integers, in order" in written
    assert "| 1,000 | pyfixest | 40.000 (40.000) | 8.000 (8.000) | 4.0 | 30 | 1e-01 | 0e+00 |" in written


@pytest.mark.parametrize("case", [case for case in CASES if CASES[case].engines is EFFECTS])
def test_our_engine_runs_on_the_panels_of_the_benchmark(tmp_path: Path, case: str) -> None:
    frame = CASES[case].make(ROWS)
    frame.to_pickle(tmp_path / "panel.pkl")
    found = run(case, "toolkit", tmp_path / "panel.pkl")
    assert found["found"] == pytest.approx([1.0, -0.5, 0.25], abs=0.1)
    assert (frame["firm"].value_counts() == 1).any() == (case == "seen once")


PEERS = {"three effects": "within_py", "Poisson": "pyfixest", "random effects": "linearmodels", "reading": "pandas", "Theil": "floor"}
STOPPED = {"Poisson": 1e-5}  # pyfixest stops its iterations early


@pytest.mark.parametrize("case", PEERS)
def test_the_peer_gives_our_numbers(tmp_path: Path, case: str) -> None:
    CASES[case].make(ROWS).to_pickle(tmp_path / "panel.pkl")
    found = {engine: [run(case, engine, tmp_path / "panel.pkl")] for engine in ("toolkit", PEERS[case])}
    line = lines_of(ROWS, found)[PEERS[case]]
    assert line["found_differ"] < 1e-10
    assert not line["errors_differ"] > STOPPED.get(case, 1e-10)


def test_linearmodels_is_asked_for_our_convention(tmp_path: Path) -> None:
    CASES[MAIN].make(ROWS).to_pickle(tmp_path / "panel.pkl")
    found = {engine: [run(MAIN, engine, tmp_path / "panel.pkl")] for engine in ("toolkit", "linearmodels")}
    assert lines_of(ROWS, found)["linearmodels"]["errors_differ"] < 1e-10


def test_every_size_asks_engines_that_there_are() -> None:
    for case in CASES.values():
        assert all(engines[0] == "toolkit" and set(engines) <= set(case.engines) for engines in case.sizes.values())


def test_an_engine_that_gives_no_answer_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    CASES["seen once"].make(1000).to_pickle(tmp_path / "panel.pkl")
    assert measured("seen once", sys.executable, tmp_path / "panel.pkl", ["toolkit"], limit=0.01) == {}
    assert "toolkit is left out" in capsys.readouterr().err

"""Large files are read by columns: the same panel as in the usual way, within a bound of memory, and one sees how far it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.csv
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import toolkit.data.readers.large as large
import toolkit.data.readers.opened as opened
from toolkit.data import read_panel
from toolkit.errors import ToolkitError
from toolkit.panel import Panel

ROOT = Path(__file__).resolve().parents[2]
CELLS = [
    "1.5",
    "2",
    "-3.25",
    "1,000",
    "12,345.5",
    "",
    "-",
    "…",
    "007",
    "x",
    "1e3",
    "5%",
    "１２",
    "1234567890123456789",
    "0.1.2",
    " 7 ",
    "1.234",
]


def both_ways(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Panel | str]:
    """The panel, or the message, in the usual way and by columns."""
    found: list[Panel | str] = []
    for size, ends in ((2**40, 200), (0, 3)):
        monkeypatch.setattr(opened, "LARGE", size)
        monkeypatch.setattr(large, "_ENDS", ends)
        try:
            found.append(read_panel(path))
        except ToolkitError as error:
            found.append(str(error))
    return found


@given(
    st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(CELLS[:3]), st.sampled_from(CELLS)), min_size=12, max_size=30),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["", "表1\n", "\ufeff"]),
    st.sampled_from(["", "数据来源：国家统计局\n", "\n"]),
    st.sampled_from(["plain", "counted", "quoted", "blank line", "note inside", "windows"]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_ways_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, str, str]], sign: str, above: str, below: str, kind: str
) -> None:
    frame = pd.DataFrame(rows, columns=["a", "b", "c"])
    frame.insert(0, "firm", [f"企业{i}" for i in range(len(rows))])
    frame.insert(1, "year", 2020)
    text = frame.to_csv(index=kind == "counted", sep=sign, lineterminator="\n", quoting=1 if kind == "quoted" else 0)
    lines = text.splitlines(keepends=True)
    if kind in ("blank line", "note inside"):
        lines.insert(7, "\n" if kind == "blank line" else sign.join(["注：见附录", "2020", "1", "2", "3"]) + "\n")
    content = above + "".join(lines) + below
    path = tmp_path / "mine.csv"
    path.write_bytes(content.replace("\n", "\r\n" if kind == "windows" else "\n").encode())
    usual, columns = both_ways(path, monkeypatch)
    if isinstance(usual, str) or isinstance(columns, str):
        assert columns == usual
    else:
        pd.testing.assert_frame_equal(columns.frame, usual.frame)
        assert set(map(str, columns.notes)) == set(map(str, usual.notes))


def test_a_plain_file_is_read_by_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"firm": np.repeat(np.arange(2000), 5), "year": np.tile(np.arange(2015, 2020), 2000)})
    frame["x"] = np.random.default_rng(3).normal(size=len(frame))
    frame.loc[777, "x"] = np.nan
    frame.to_csv(tmp_path / "a.csv")

    def forbidden(*_: object) -> None:
        raise AssertionError("the whole file was decoded")

    monkeypatch.setattr(opened, "LARGE", 0)
    monkeypatch.setattr("toolkit.data.readers.grid.decode", forbidden)
    panel = read_panel(tmp_path / "a.csv")
    found = panel.frame.astype(frame.dtypes.to_dict()).sort_values(["firm", "year"], ignore_index=True)
    pd.testing.assert_frame_equal(found, frame)
    assert {found.key for found in panel.notes} == {"row_numbers", "missing_cells"}


def test_a_file_that_is_broken_far_inside(tmp_path: Path) -> None:
    rows = [f"F{i},2020,{i}.5" for i in range(60_000)]
    rows[31_234] = "F31234,2020,12;5"
    path = tmp_path / "a.csv"
    path.write_text("firm,year,x\n" + "\n".join(rows), encoding="utf-8")
    with pytest.raises(ToolkitError, match=r"row 31236, column x, firm F31234, year 2020"):
        read_panel(path)


MEASURE = """
import sys, time, threading
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import pandas, pyarrow.csv, pyarrow.compute
import toolkit as tk
import toolkit.data.readers.large as large
tk.read_panel(sys.argv[3])
large._WAIT = 0.0
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
before, peak, on = resident(), [0], [True]
def watch():
    while on[0]:
        peak[0] = max(peak[0], resident())
        time.sleep(0.005)
thread = threading.Thread(target=watch)
thread.start()
panel = tk.read_panel(sys.argv[1])
on[0] = False
thread.join()
print(len(panel), panel.frame["x0"].sum(), peak[0] - before)
"""


def measured(tmp_path: Path, rows: int, encoding: str) -> tuple[list[str], str, int]:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"firm": [f"企{i // 10:06d}" for i in range(rows)], "year": np.tile(np.arange(2010, 2020), rows // 10)})
    frame = frame.assign(**{f"x{j}": rng.normal(size=rows) for j in range(9)})
    path, small = tmp_path / "big.csv", tmp_path / "small.csv"
    table = pyarrow.Table.from_pandas(frame, preserve_index=False)
    pyarrow.csv.write_csv(table, path, pyarrow.csv.WriteOptions(quoting_style="none"))  # pandas takes ten times as long
    if encoding != "utf-8":
        path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    frame.head(20).to_csv(small, index=False)
    command = [sys.executable, "-c", MEASURE, str(path), str(ROOT), str(small)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.split(), done.stderr, path.stat().st_size


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is measured on Linux")
@pytest.mark.parametrize(("encoding", "most"), [("utf-8", 4), ("gb18030", 6)])
@pytest.mark.parametrize("rows", [100_000, pytest.param(1_050_000, marks=pytest.mark.slow)])
def test_memory_and_progress(tmp_path: Path, rows: int, encoding: str, most: int) -> None:
    """At most 64 MB and four times the size of the file, six where it is not UTF-8; files of 200 MB took 3.1 and 5.1 times."""
    (count, _, grown), shown, size = measured(tmp_path, rows, encoding)
    assert int(count) == rows
    assert size > rows * 180
    assert int(grown) < 2**26 + most * size
    assert "reading big.csv: 100%" in shown
    assert len(shown.splitlines()) <= 5

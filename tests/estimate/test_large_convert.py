"""A csv becomes Parquet with the types that all its rows have."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.cli import main
from toolkit.errors import DuplicateKey, MissingColumn, MissingKey

duckdb = pytest.importorskip("duckdb", reason="needs the extra [large]")

TEXT = "code,年份,rd,when,note,odd\n000001,2020,1.5,2020-01-31,甲,1\n000001,2021,NA,2021-01-31,,2\n600000,2020,3,2020-02-29,乙,约3\n"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-8-sig"])
def test_types_and_report(tmp_path: Path, capsys: pytest.CaptureFixture[str], encoding: str) -> None:
    (tmp_path / "firms.csv").write_bytes(TEXT.encode(encoding))
    assert main(["convert", str(tmp_path / "firms.csv"), "--entity", "code", "--time", "年份", "--memory", "200MB"]) == 0
    told = capsys.readouterr().out
    assert "3 rows" in told
    assert "one row per code and 年份" in told
    assert "1 of 3 values are no numbers, the first in order '约3'" in told
    rows = duckdb.sql(f"SELECT * FROM '{tmp_path}/firms.parquet' ORDER BY code, 年份")
    assert [str(t) for t in rows.types] == ["VARCHAR", "BIGINT", "DOUBLE", "DATE", "VARCHAR", "VARCHAR"]
    assert [row[:3] for row in rows.fetchall()] == [("000001", 2020, 1.5), ("000001", 2021, None), ("600000", 2020, 3.0)]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["firms.csv", "firms.parquet"]
    assert main(["convert", str(tmp_path / "firms.csv")]) == 1
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "entity", "error"),
    [("000001,2020,9,,,\n", "code", DuplicateKey), (",2022,9,,,\n", "code", MissingKey), ("", "firm", MissingColumn)],
)
def test_bad_keys_leave_no_file(tmp_path: Path, line: str, entity: str, error: type[Exception]) -> None:
    from toolkit.estimate.large.convert import convert

    (tmp_path / "firms.csv").write_text(TEXT + line, encoding="utf-8")
    with pytest.raises(error, match=r"firms\.csv"):
        convert(tmp_path / "firms.csv", entity=entity, time="年份")
    assert [p.name for p in tmp_path.iterdir()] == ["firms.csv"]


def test_rows_in_order_stay_in_order(tmp_path: Path) -> None:
    """Several blocks of text are read side by side; scans of rows in order are several times faster."""
    from toolkit.estimate.large import LargeTable
    from toolkit.estimate.large.convert import convert

    rows = "SELECT printf('%06d', i // 10) AS code, i % 10 AS year, sin(i) AS x FROM range(1500000) r(i)"
    duckdb.connect().execute(f"COPY ({rows}) TO '{tmp_path}/firms.csv' (HEADER)")
    assert convert(tmp_path / "firms.csv", entity="code", time="year").rows == 1_500_000
    assert LargeTable(tmp_path / "firms.parquet", "code", "year").ordered


def test_keys_of_rows_in_no_order_are_compared_in_portions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from toolkit.estimate.large.convert import convert

    monkeypatch.setattr("toolkit.estimate.large.convert._PORTION", 7)
    lines = [f"{i % 9},{2000 + i // 9}\n" for i in range(90)]
    (tmp_path / "firms.csv").write_text("firm,year\n" + "".join(lines), encoding="utf-8")
    assert convert(tmp_path / "firms.csv", entity="firm", time="year").rows == 90
    (tmp_path / "firms.parquet").unlink()
    (tmp_path / "firms.csv").write_text("firm,year\n" + "".join([*lines, lines[40]]), encoding="utf-8")
    with pytest.raises(DuplicateKey, match="firm 4, year 2004"):
        convert(tmp_path / "firms.csv", entity="firm", time="year")
    assert [p.name for p in tmp_path.iterdir()] == ["firms.csv"]

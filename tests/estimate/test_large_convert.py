"""A csv becomes Parquet with the types that all its rows have."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.cli import main
from toolkit.errors import DuplicateKey, MissingColumn, MissingKey, UnknownOption, UnreadableFile

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


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("sign", [";", "\t", ","])
def test_a_line_for_excel_is_no_header(tmp_path: Path, sign: str, end: str) -> None:
    from toolkit.estimate.large.convert import convert

    lines = [f"sep={sign}", *TEXT.replace(",", sign).splitlines()]
    (tmp_path / "firms.csv").write_bytes(("\ufeff" + end.join(lines) + end).encode())
    found = convert(tmp_path / "firms.csv", entity="code", time="年份")
    assert (found.rows, [name for name, *_ in found.columns]) == (3, ["code", "年份", "rd", "when", "note", "odd"])
    (tmp_path / "firms.parquet").unlink()
    (tmp_path / "firms.csv").write_text(end.join([*lines, "1"]), encoding="utf-8", newline="")
    with pytest.raises(UnreadableFile, match="Line: 6"):
        convert(tmp_path / "firms.csv")


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


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "rows.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b,c\n1,2,3\n4,5\n", "Line: 3; Original Line: 4,5; Expected Number of Columns: 3 Found: 2"),
        ("a,b\n1,2\n3,4,5\n", "Line: 3; Original Line: 3,4,5"),
        ("a,b\n" + "1,2\n" * 50_000 + "1,2,3\n", "Line: 50002"),
        ("firms of 2020\na,b\n1,2\n", "Line: 2"),
        ("a,b\n1,2\n数据来源：某某\n", "Line: 3"),
        ('a,b\n1,"open\n2,x\n', "Line: 2"),
        ("", "rows.csv is empty"),
        ("\n\n", "first line of rows.csv is empty"),
        ("a,b\n1,2\n".encode("utf-16"), "zero bytes"),
        ("年,b\n1,2\n".encode("utf-16-le"), "zero bytes"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    """No line is guessed to be the header, and none is passed over."""
    from toolkit.estimate.large.convert import convert

    with pytest.raises(UnreadableFile, match=rf"(?s)rows\.csv.*{said}|{said}"):
        convert(written(tmp_path, text))
    assert [p.name for p in tmp_path.iterdir()] == ["rows.csv"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["91110000000000000001", "91110000000000000002"], "VARCHAR"),
        (["911100000000000001", "1"], "BIGINT"),
        (["1_000", "2"], "VARCHAR"),
        (["2020-01-01 10:20:30", "2020-01-02 00:00:00"], "VARCHAR"),
        (["epoch", "infinity"], "VARCHAR"),
        (["2020/1/2", "2021-12-31"], "DATE"),
        (['"two\nlines"', '"x,y"'], "VARCHAR"),
        (["1e3", ".5"], "DOUBLE"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_no_digit_and_no_time_of_day_is_lost(tmp_path: Path, values: list[str], kind: str, end: str) -> None:
    from toolkit.estimate.large.convert import convert

    found = convert(written(tmp_path, f"a,b{end}" + "".join(f"{v},1{end}" for v in values)))
    assert [k for _, k, _, _ in found.columns] == [kind, "BIGINT"]
    if kind == "VARCHAR":
        rows = duckdb.sql(f"SELECT a FROM '{tmp_path}/rows.parquet'").fetchall()
        assert [a for (a,) in rows] == [v.strip('"') for v in values]


def test_many_columns_fit_into_memory(tmp_path: Path) -> None:
    from toolkit.estimate.large.convert import convert

    text = ",".join(f"c{j}" for j in range(150)) + "\n" + (",".join("1" * 150) + "\n") * 9
    found = convert(written(tmp_path, text), memory_limit="600MB")
    assert {kind for _, kind, _, _ in found.columns} == {"BIGINT"}
    assert found.rows == 9


def test_settings_and_places_that_are_none(tmp_path: Path) -> None:
    from toolkit.estimate.large.convert import convert

    path = written(tmp_path, "a,b\n1,2\n")
    for settings in ({"memory_limit": "x"}, {"memory_limit": "1KB"}, {"spill_folder": path}, {"spill_folder": path / "below"}):
        with pytest.raises(UnknownOption):
            convert(path, **settings)  # type: ignore[arg-type]
    (tmp_path / "rows.parquet.part").write_text("of someone")
    with pytest.raises(UnknownOption, match=r"rows\.parquet\.part is there already"):
        convert(path)
    assert (tmp_path / "rows.parquet.part").read_text() == "of someone"


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

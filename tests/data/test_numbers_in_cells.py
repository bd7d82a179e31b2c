"""Numbers as people write them: read when the column says what they are, refused with all their cells when it does not."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from toolkit.data import read_panel
from toolkit.data.readers.numbers import read_numbers
from toolkit.errors import NotNumeric
from toolkit.panel import Panel


def column(tmp_path: Path, cells: list[str], delimiter: str = ",", **options: str) -> Panel:
    """A panel whose column x holds the cells."""
    path = tmp_path / "x.csv"
    quote = '"{}"'.format
    lines = [delimiter.join(("firm", "year", "x")), *(delimiter.join((f"f{i:02}", "2020", quote(cell))) for i, cell in enumerate(cells))]
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_panel(path, entity="firm", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "values", "keys"),
    [
        (["1,000.50", "1,100.00", "９００", "1,000"], [1000.5, 1100, 900, 1000], ("thousands",)),
        (["1 000", "12 500,5", "900"], [1000, 12500.5, 900], ("decimal_comma", "thousands")),
        (["1\u202f000", "2\xa0000", "900"], [1000, 2000, 900], ("thousands",)),
        (["1'000.5", "1’000", "3"], [1000.5, 1000, 3], ("thousands",)),
        (["1，000", "２，５００．５", "1"], [1000, 2500.5, 1], ("full_width", "thousands")),
        (["−5.2", "－3", "–2", "+1"], [-5.2, -3, -2, 1], ("full_width",)),
        (["1,5", "2,25", "1.000,5"], [1.5, 2.25, 1000.5], ("decimal_comma", "thousands")),
        (["1,000", "0,461"], [1.0, 0.461], ("decimal_comma",)),
        (["45.0%", "46.1％", "0"], [45, 46.1, 0], ("full_width", "percent_signs")),
        (["4.5‰", "6‰"], [4.5, 6], ("per_mille_signs",)),
        (["12.3*", "12.4①", "12.5 ②", "12.6†", "7"], [12.3, 12.4, 12.5, 12.6, 7], ("footnote_marks",)),
        (["1,234", "900", "12"], [1234, 900, 12], ("thousands",)),
        (["1,234,567", "2,000"], [1234567, 2000], ("thousands",)),
        (["1e-3", ".5", "5.", "-2E+2"], [0.001, 0.5, 5, -200], ()),
        (["1.234", "5.678"], [1.234, 5.678], ()),
    ],
)
def test_numbers_and_what_is_noted(tmp_path: Path, cells: list[str], values: list[float], keys: tuple[str, ...]) -> None:
    panel = column(tmp_path, cells)
    assert panel.frame["x"].tolist() == values
    said = {found.key: found for found in panel.notes}
    said.pop("full_width" if "full_width" not in keys else "", None)  # spaces that are not plain ones
    assert set(said) == set(keys)
    for found in said.values():
        assert found.value("name") == "x"
        assert "x：" in found.to("zh")


def test_the_file_decides_where_the_column_is_silent(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("firm;year;a;b\nA;2020;1,5;1,000\nB;2020;2,5;2,000\n", encoding="utf-8")
    assert read_panel(path, entity="firm").frame["b"].tolist() == [1.0, 2.0]
    path.write_text("firm;year;a;b\nA;2020;1.5;1,000\nB;2020;2.5;2,000\n", encoding="utf-8")
    assert read_panel(path, entity="firm").frame["b"].tolist() == [1000.0, 2000.0]
    path.write_text("企业;年份;b\n甲;2020;1,000\n乙;2020;2,000\n", encoding="utf-8")
    assert sorted(read_panel(path, entity="企业", time="年份").frame["b"]) == [1000.0, 2000.0]


def test_a_thousand_or_one_is_asked(tmp_path: Path) -> None:
    cells = ["1,000", "2,500"]
    with pytest.raises(NotNumeric) as caught:
        column(tmp_path, cells, delimiter=";")
    for word in ("'1,000' may be 1000 or 1", "row 2", "row 3", "column x", "firm f00, year 2020", 'decimal="."'):
        assert word in str(caught.value)
    assert column(tmp_path, cells, delimiter=";", decimal=".").frame["x"].tolist() == [1000, 2500]
    assert column(tmp_path, cells, delimiter=";", decimal=",").frame["x"].tolist() == [1, 2.5]


@pytest.mark.parametrize(
    ("cells", "rows", "words"),
    [
        (["45.0%", "0.461", "50.0%", "0.52"], (3, 5), ("no % sign", "'45.0%'", "46.1%")),
        (["45.0%", "0.461", "0.52"], (2,), ("a % sign", "'0.461'")),
        (["45%", "4.5‰", "46%"], (3,), ("a ‰ sign",)),
        (["1.5", "2.5", "1,5"], (4,), ("'1,5' is no number where the decimal sign is '.'", "in one way")),
        (["1", "2", "(3)"], (4,), ("write -3 if the brackets",)),
        (["1", "2", "12万", "x", "3"], (4, 5), ("'12万'", "'x'", "without a unit")),
        (["1", "2", "1_000"], (4,), ("'1_000'",)),
        (["1", "2", "1e999"], (4,), ("'1e999'",)),
        (["1", "2", "1,00,000"], (4,), ("'1,00,000'",)),
        (["1", "2", "inf"], (4,), ("'inf'",)),
    ],
)
def test_all_cells_that_stand_in_the_way(tmp_path: Path, cells: list[str], rows: tuple[int, ...], words: tuple[str, ...]) -> None:
    with pytest.raises(NotNumeric) as caught:
        column(tmp_path, cells)
    message = str(caught.value)
    for word in (*words, "x.csv", "column x", *(f"row {row}," for row in rows), *(f"firm f{row - 2:02}, year 2020" for row in rows)):
        assert word in message, message
    assert message.count("row ") == len(rows), message


def test_ten_cells_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    with pytest.raises(NotNumeric) as caught:
        column(tmp_path, ["1"] * 20 + ["bad"] * 13)
    message = str(caught.value)
    assert message.startswith("13 cells cannot be read")
    assert message.count("column x, firm") == 10
    assert "row 22," in message
    assert "and 3 more" in message


def test_text_that_was_right_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "firm,year,stkcd,long,iso2,note,half\na,2020,000001,123456789012345678,NA,–,1\nb,2020,600000,1,ZA,fine,x\nc,2020,300750,2,AO,,y\n",
        encoding="utf-8",
    )
    panel = read_panel(path, entity="firm")
    frame = panel.frame
    assert frame["stkcd"].tolist() == ["000001", "600000", "300750"]
    assert frame["long"].tolist() == ["123456789012345678", "1", "2"]
    assert frame["iso2"].tolist() == ["NA", "ZA", "AO"]
    assert frame["note"].isna().tolist() == [True, False, True]
    said = {found.key: str(found) for found in panel.notes}
    assert said["missing_cells"] == "Missing cells: note: 2 (empty, –)."
    assert "half (numbers in 1 of 3 cells)" in said["text"]
    assert "stkcd" in said["codes"] or "long" in said["codes"]
    assert "iso2" in said["namibia"]


def test_missing_marks_are_counted(tmp_path: Path) -> None:
    marks = ["", "-", "–", "—", "…", "……", "NA", "N/A", "n.a.", "..", ".", "#N/A", "不详", "nan"]
    panel = column(tmp_path, [*marks, "1"])
    assert panel.frame["x"].isna().sum() == len(marks)
    missing = next(found for found in panel.notes if found.key == "missing_cells")
    assert f"x: {len(marks)} (" in str(missing)
    assert "不详" in str(missing)
    assert "空" in missing.to("zh")


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(finite, min_size=1, max_size=20))
def test_plain_numbers_come_back_to_the_last_digit(numbers: list[float]) -> None:
    assert read_numbers([repr(number) for number in numbers], "x").values.tolist() == numbers


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=20), st.sampled_from([",", " ", "'", "\xa0"]))
def test_grouped_numbers_come_back(numbers: list[int], sign: str) -> None:
    assume(sign != "," or any(abs(number) < 1000 and number for number in numbers) or any(abs(number) >= 10**6 for number in numbers))
    cells = [f"{number:,}".replace(",", sign) for number in numbers]
    assert read_numbers(cells, "x").values.tolist() == numbers


@given(st.lists(st.decimals(-(10**6), 10**6, places=2), min_size=1, max_size=20))
def test_decimal_commas_come_back(numbers: list[float]) -> None:
    cells = [f"{number:.2f}".replace(".", ",") for number in numbers]
    assert read_numbers(cells, "x").values.tolist() == [float(number) for number in numbers]


@given(st.lists(st.text(max_size=6), min_size=1, max_size=8))
def test_a_cell_is_a_number_or_named(cells: list[str]) -> None:
    read = read_numbers(cells, "x")
    unread = {cell.at for cell in read.unread}
    assert [i for i, value in enumerate(read.values) if math.isnan(value)] == sorted(unread)

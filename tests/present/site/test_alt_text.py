"""What stands in place of a picture says what its data say."""

from pathlib import Path

import pytest

from toolkit.present.site.gallery import in_words

DATA = "province,year,value,low,high\nBeijing,2020,6.44,6,7\nTibet,2021,0.28,0,1\nHebei,2021,,,\n"


def test_the_lowest_and_the_highest_value_are_named(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(DATA, encoding="utf-8")
    assert in_words(file, "en") == "Value: 2 values, lowest 0.28 (Tibet, 2021), highest 6.44 (Beijing, 2020)."
    assert in_words(file, "zh") == "数值：2个数值，最低0.28（西藏，2021），最高6.44（北京，2020）。"


def test_a_chinese_text_leaves_out_what_has_only_an_english_name(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("design,own_per_unit\ntwo way within,0.5\nlong difference,0.25\n", encoding="utf-8")
    assert in_words(file, "zh") == "数值：2个数值，介于0.25与0.5之间。"
    assert in_words(file, "en") == "own per unit: 2 values, lowest 0.25 (long difference), highest 0.5 (two way within)."


@pytest.mark.parametrize("text", ["", "province,class\nBeijing,A\n", "value\n"])
def test_data_without_a_measure_say_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.csv"
    assert in_words(file, "en") == ""
    file.write_text(text, encoding="utf-8")
    assert in_words(file, "en") == ""

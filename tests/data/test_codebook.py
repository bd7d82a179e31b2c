"""The codebook shows both languages and knows the years."""

from __future__ import annotations

import pytest

from toolkit import paths
from toolkit.data import codebook, codebook_markdown, codebook_rows, load_frame
from toolkit.errors import UnknownName
from toolkit.language import using_language
from toolkit.registry import registry


def test_an_entry_in_both_languages() -> None:
    text = repr(codebook("fiscal_sci_exp"))
    for word in (
        "Local general public budget",
        "地方财政科学技术支出",
        "100 million yuan",
        "亿元",
        "S04",
        "2010-2023 (31)",
        "2010年起同一分类口径",
    ):
        assert word in text
    html = codebook("fiscal_sci_exp")._repr_html_()
    assert "<table>" in html
    assert "S&amp;T" in html
    assert "亿元" in html


def test_an_entry_names_the_series_of_the_raw_files() -> None:
    """Against a count of the lines of the files; of a ratio, the series of its parts."""
    lines = (paths.DATA_RAW / "yearbook" / "yearbook_panel.csv").read_text(encoding="utf-8").splitlines()
    cells = sum(line.split(",")[2] == "fiscal_sci_exp_yearbook" for line in lines)
    assert cells > 400
    assert codebook("fiscal_sci_exp").raw[1] == f"data_raw/yearbook/yearbook_panel.csv: fiscal_sci_exp_yearbook ({cells})"
    assert codebook("fiscal_sci_exp").raw[0].startswith("data_raw/provincial/provincial_panel.csv: fiscal_sci_exp (")
    assert "原始文件" in repr(codebook("fiscal_sci_exp"))
    ratio = codebook("rd_enterprise_intensity").raw
    assert ratio == (*codebook("rd_funds_enterprise").raw, *codebook("gdp").raw)
    assert [name for table in registry().tables.values() for name in table.columns if not codebook(name).raw] == []


def test_weak_series_are_noted() -> None:
    assert "Weak series" in repr(codebook("urbanisation_rate"))
    assert "须谨慎使用" in repr(codebook("urbanisation_rate"))
    assert "Weak series" not in repr(codebook("gdp"))


def test_coverage_counts_provinces_by_year() -> None:
    entry = codebook("rd_basic")
    by_table = {c.table: dict(c.years) for c in entry.coverage}
    assert by_table["provincial_panel"] == dict.fromkeys(range(2010, 2024), 31)
    assert by_table["national_series"][2024] == 1
    panel = load_frame("provincial_panel")
    for name in ("tech_market_value", "trade_total_usd", "rd_intensity"):
        counted = panel.dropna(subset=[name]).groupby("year").size().to_dict()
        assert dict(codebook(name).coverage[0].years) == counted
    assert "2011-2014 (31), 2016-2024 (31)" in repr(codebook("trade_total_usd"))


def test_the_whole_codebook() -> None:
    frame = codebook()
    assert frame["variable"].is_unique
    assert set(frame["variable"]) == {name for table in registry().tables.values() for name in table.columns}
    with using_language("zh"):
        assert "亿元" in set(codebook()["unit"])
    assert {row["variable"] for row in codebook_rows("en", "provinces")} == set(registry().tables["provinces"].columns)


def test_markdown_tables_have_even_rows() -> None:
    for language in ("en", "zh"):
        block: list[int] = []
        for line in codebook_markdown(language).splitlines():
            if line.startswith("|"):
                block.append(line.replace(r"\|", "").count("|"))
                assert block[-1] == block[0]
            else:
                block = []


def test_unknown_variables_list_near_names() -> None:
    with pytest.raises(UnknownName, match="fiscal_sci_exp"):
        codebook("fiscal_sci_expenditure")
    with pytest.raises(UnknownName, match="urbanisation_rate"):
        codebook("城镇化率")

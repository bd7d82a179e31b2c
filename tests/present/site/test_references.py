"""The references of a chapter: what its code names, nothing that it does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.data import load_frame
from toolkit.present.site.references import data_section, references_of, references_section
from toolkit.registry import registry

NOTEBOOKS = sorted((Path(__file__).resolve().parents[3] / "notebooks").glob("*.ipynb"))


def code_of(name: str) -> list[str]:
    path = next(path for path in NOTEBOOKS if path.name.startswith(name))
    return ["".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


def test_the_chapter_on_subsidies_names_its_columns_sources_paper_and_methods() -> None:
    found = references_of(code_of("02"), registry())
    columns = {column.id for table, used in found.tables if table.id == "provincial_panel" for column in used}
    assert {"rd_intensity", "fiscal_sci_exp", "gdp_per_capita"} <= columns
    assert not columns & {"province", "year", "new_product_sales"}
    known = registry().variables
    assert {source.id for source in found.sources} >= {*known["fiscal_sci_exp"].sources, *known["gdp"].sources}
    assert any("He Mengxin" in paper.en and "和梦鑫" in paper.zh for paper in found.papers)
    assert any(cited.startswith("Arellano and Bond (1991)") for cited in found.methods)


def test_what_a_study_of_the_users_own_names_is_found_and_nothing_else() -> None:
    found = references_of(["import toolkit as tk\ntk.fit_cce('y ~ x', tk.read_panel('mine.xlsx'))"], registry())
    assert (found.tables, found.sources, found.papers, found.studies) == ([], [], [], [])
    assert [cited.split(",")[0] for cited in found.methods if cited.startswith("Pesaran")] == ["Pesaran (2006)"]
    assert references_section(references_of(["2 + 2"], registry()), "en") == data_section(found, "en") == ""


def test_the_data_of_a_chapter_are_its_tables_with_years_and_columns() -> None:
    found = references_of(
        ['tk.load("provincial_panel")', 'tk.fit("log(gdp) ~ population", panel)', 'tk.load_frame("provinces")'], registry()
    )
    years = load_frame("provincial_panel")["year"]
    shown = data_section(found, "en")
    assert f"{years.min()}–{years.max()}" in shown
    assert shown.count("<li>") == 2
    assert f"{registry().variables['gdp'].short.zh}；" in data_section(found, "zh")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_chapter_cites_something_in_both_languages(path: Path) -> None:
    found = references_of(code_of(path.name[:2]), registry())
    english, chinese = (references_section(found, language) for language in ("en", "zh"))
    assert found.sources or found.papers or found.studies
    assert english.count("<li>") == chinese.count("<li>") >= len(found.sources) + len(found.papers)

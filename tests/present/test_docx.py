from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn

from toolkit.errors import PresentationError
from toolkit.language import Language
from toolkit.present.tables.table import Cell, Row, Table
from toolkit.present.writers.word import write_docx

EIGHTHS_OF_A_POINT = 8


def a_table(columns: int, rows: int = 3, language: Language = "zh", number: str = "1") -> Table:
    head = Row((Cell("", "label"), *(Cell(f"({place + 1})") for place in range(columns))))
    body = tuple(Row((Cell("ln 研发强度 & <R&D>", "label"), *(Cell("−0.123", stars="***") for _ in range(columns)))) for _ in range(rows))
    return Table("研发强度", (head,), body, ("括号内为标准误。", "第二条。"), number, language)


def opened(table: Table, folder: Path) -> Any:
    write_docx(table, folder / "t.docx")
    return Document(str(folder / "t.docx"))


def borders(document: Any) -> dict[str, set[tuple[int, int]]]:
    """Edge -> (row, eighths of a point) of every border of a cell."""
    found: dict[str, set[tuple[int, int]]] = {}
    for place, row in enumerate(document.tables[0].rows):
        for cell in row._tr.tc_lst:
            for line in cell.iterfind(f".//{qn('w:tcBorders')}/*"):
                found.setdefault(line.tag.split("}")[1], set()).add((place, int(line.get(qn("w:sz")))))
    return found


@pytest.mark.parametrize("columns", [1, 4, 12])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_run_names_both_fonts(tmp_path: Path, columns: int, language: Language) -> None:
    document = opened(a_table(columns, language=language), tmp_path)
    runs = list(document.element.body.iter(qn("w:r")))
    assert len(runs) > columns
    for run in runs:
        fonts = run.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
        assert fonts.get(qn("w:eastAsia")) == "宋体"
        assert fonts.get(qn("w:ascii")) == fonts.get(qn("w:hAnsi")) == "Times New Roman"


def test_there_are_exactly_three_lines(tmp_path: Path) -> None:
    document = opened(a_table(4), tmp_path)
    assert borders(document) == {
        "top": {(0, 12)},
        "bottom": {(0, 6), (3, 12)},
    }
    assert document.tables[0]._tbl.tblPr.find(qn("w:tblBorders")) is None
    assert all(len(list(row._tr.tc_lst)) == 5 for row in document.tables[0].rows)


def test_a_spanning_head_has_a_thin_auxiliary_line(tmp_path: Path) -> None:
    plain = a_table(4)
    over = Row((Cell("", "label"), Cell("国有", span=2), Cell("非国有", span=2)))
    document = opened(Table("t", (over, *plain.header), plain.body), tmp_path)
    assert borders(document)["bottom"] == {(0, 4), (1, 6), (4, 12)}
    spans = [cell.tcPr.find(qn("w:gridSpan")) for cell in document.tables[0].rows[0]._tr.tc_lst]
    assert [None if span is None else int(span.get(qn("w:val"))) for span in spans] == [None, 2, 2]


def test_one_row_of_body_and_head_keeps_its_lines(tmp_path: Path) -> None:
    assert borders(opened(a_table(1, rows=1), tmp_path)) == {"top": {(0, 12)}, "bottom": {(0, 6), (1, 12)}}


@pytest.mark.parametrize(("language", "caption"), [("zh", "表 1  研发强度"), ("en", "Table 1. 研发强度")])
def test_caption_above_and_notes_below(tmp_path: Path, language: Language, caption: str) -> None:
    document = opened(a_table(2, language=language), tmp_path)
    kinds = [element.tag.split("}")[1] for element in document.element.body]
    assert kinds == ["p", "tbl", "p", "p", "sectPr"]
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts == [caption, ("注：" if language == "zh" else "Notes: ") + "括号内为标准误。", "第二条。"]


def test_caption_table_and_notes_stay_together_and_the_head_is_repeated(tmp_path: Path) -> None:
    document = opened(a_table(3), tmp_path)
    rows = document.tables[0].rows
    assert document.paragraphs[0].paragraph_format.keep_with_next
    assert all(cell.paragraphs[0].paragraph_format.keep_with_next for row in rows for cell in row.cells)
    flags = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in rows]
    assert flags == [True, False, False, False]
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in rows)


def test_a_long_table_may_break_but_not_after_its_head(tmp_path: Path) -> None:
    rows = opened(a_table(3, rows=60), tmp_path).tables[0].rows
    kept = [bool(row.cells[0].paragraphs[0].paragraph_format.keep_with_next) for row in rows]
    assert kept[:2] == [True, True]
    assert not any(kept[2:-2])
    assert kept[-2:] == [True, True]


@pytest.mark.parametrize(("columns", "landscape"), [(1, False), (4, False), (12, True)])
def test_the_table_fits_its_page(tmp_path: Path, columns: int, landscape: bool) -> None:
    document = opened(a_table(columns), tmp_path)
    section = document.sections[0]
    assert (section.orientation == WD_ORIENT.LANDSCAPE) == landscape
    assert (section.page_width > section.page_height) == landscape
    widths = [int(column.width) for column in document.tables[0].columns]
    assert sum(widths) <= section.page_width - section.left_margin - section.right_margin + 1
    assert len(widths) == columns + 1


def test_stars_are_raised_and_numbers_centred(tmp_path: Path) -> None:
    cell = opened(a_table(2), tmp_path).tables[0].rows[1].cells[1]
    assert [(run.text, run.font.superscript) for run in cell.paragraphs[0].runs] == [("−0.123", None), ("***", True)]
    assert cell.paragraphs[0].alignment == 1


def test_the_file_names_no_author_and_has_its_title(tmp_path: Path) -> None:
    document = opened(a_table(2), tmp_path)
    assert document.core_properties.author == ""
    assert document.core_properties.title == "表 1  研发强度"
    assert zipfile.ZipFile(tmp_path / "t.docx").testzip() is None
    assert [path.name for path in tmp_path.iterdir()] == ["t.docx"]


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PresentationError, match="no Word file"):
        write_docx(a_table(2), tmp_path / "t.doc")

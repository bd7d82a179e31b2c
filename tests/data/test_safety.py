"""Files made to do harm: each is refused by name and at once, or what it carries is named and left alone."""

from __future__ import annotations

import csv
import io
import random
import time
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest

from toolkit import read_panel
from toolkit.data.safety import awake, checked_zip, inert
from toolkit.errors import UnreadableFile

REFERENCE = Path(__file__).resolve().parents[1] / "reference"

SHEET = "xl/worksheets/sheet1.xml"


def workbook(path: Path, **parts: bytes) -> Path:
    """A workbook with a small panel and further or replaced parts, named with ``__`` for a slash."""
    book = openpyxl.Workbook()
    for row in (("province", "year", "rd"), ("Beijing", 2020, 1.5), ("Beijing", 2021, 2.5)):
        book.active.append(row)
    book.save(path)
    replaced = {name.replace("__", "/"): content for name, content in parts.items()}
    with ZipFile(path) as old:
        kept = {name: old.read(name) for name in old.namelist()}
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as new:
        for name, content in {**kept, **replaced}.items():
            new.writestr(name, content)
    return path


def archive(path: Path, name: str, content: bytes = b"x") -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as made:
        made.writestr(name, content)
    return path


def refused(path: Path, word: str) -> None:
    start = time.monotonic()
    with pytest.raises(UnreadableFile, match=word):
        read_panel(path)
    assert time.monotonic() - start < 3


def test_a_workbook_that_unpacks_to_300_megabytes_is_refused_at_once(tmp_path: Path) -> None:
    noise = random.Random(0).randbytes(12_000)
    part = noise + b"<c><v>1</v></c>" * 20_000  # 300 kB that pack to 13 kB, as a real sheet of equal cells might
    refused(workbook(tmp_path / "bomb.xlsx", **{"xl__worksheets__sheet1.xml": part * 1_000}), "unpacks to")


@pytest.mark.parametrize("name", ["bomb.xlsx", "bomb.ods"])
def test_a_part_that_is_packed_a_thousand_times_is_refused(tmp_path: Path, name: str) -> None:
    part = "content.xml" if name.endswith("ods") else SHEET
    path = archive(tmp_path / name, part, b"\0" * 30_000_000)
    assert path.stat().st_size < 100_000
    with pytest.raises(UnreadableFile, match="times its size"):
        checked_zip(path, name)


@pytest.mark.parametrize("name", ["../evil.csv", "a/../../evil.csv", "/etc/evil.csv", "..\\evil.csv", "C:\\evil.csv", "\\\\host\\evil.csv"])
def test_an_entry_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableFile, match="leaves the folder"):
        checked_zip(archive(tmp_path / "a.zip", name), "a.zip")


def test_an_archive_of_volumes_is_accepted(tmp_path: Path) -> None:
    assert checked_zip(archive(tmp_path / "a.zip", "FS_Combas/FS_Combas.csv", b"Stkcd,Accper\n" * 200), "a.zip") == ()


def test_half_an_archive_is_refused(tmp_path: Path) -> None:
    whole = archive(tmp_path / "a.zip", "a.csv").read_bytes()
    with pytest.raises(UnreadableFile, match="not a whole zip file"):
        checked_zip(whole[: len(whole) // 2], "a.zip")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_that_multiply_are_refused(tmp_path: Path, encoding: str) -> None:
    lines = ['<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">']
    lines += [f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(9)]
    text = "".join(lines) + "]><sst><si><t>&a9;</t></si></sst>"
    refused(workbook(tmp_path / "a.xlsx", **{"xl__sharedStrings.xml": text.encode(encoding)}), "entities")


def test_a_file_on_this_computer_is_not_fetched_into_a_cell(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    text = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{(tmp_path / "secret").as_uri()}">]><sst><si><t>&e;</t></si></sst>'
    refused(workbook(tmp_path / "a.xlsx", **{"xl__sharedStrings.xml": text.encode()}), "entities")


def test_a_cell_in_the_last_corner_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (("province", "year", "rd"), ("Beijing", 2020, 1.5)):
        book.active.append(row)
    book.active["XFD1048576"] = 1
    book.save(tmp_path / "a.xlsx")
    refused(tmp_path / "a.xlsx", "reaches to row 1,048,576")


def test_a_merged_block_over_the_whole_sheet_is_refused(tmp_path: Path) -> None:
    with ZipFile(workbook(tmp_path / "a.xlsx")) as book:
        sheet = book.read(SHEET)
    block = b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells><pageMargins'
    refused(workbook(tmp_path / "a.xlsx", **{"xl__worksheets__sheet1.xml": sheet.replace(b"<pageMargins", block)}), "cells are merged")


def test_macros_and_links_to_other_workbooks_are_named_and_left_alone(tmp_path: Path) -> None:
    parts = {"xl__vbaProject.bin": b"Sub Auto_Open()", "xl__externalLinks__externalLink1.xml": b"<externalLink/>"}
    panel = read_panel(workbook(tmp_path / "a.xlsx", **parts))
    assert panel.frame["rd"].tolist() == [1.5, 2.5]
    assert {"macros", "external_links"} <= {done.key for done in panel.notes}


def test_macros_of_an_old_workbook_are_named_and_left_alone(tmp_path: Path) -> None:
    content = bytearray((REFERENCE / "yearbook.xls").read_bytes())
    size, directory = 2 ** int.from_bytes(content[30:32], "little"), int.from_bytes(content[48:52], "little")
    entries = range((directory + 1) * size, (directory + 2) * size, 128)
    free = next(at for at in entries if content[at + 66] == 0)  # of the directory, as [MS-CFB] 2.6 lays it out
    name = "_VBA_PROJECT_CUR\0".encode("utf-16-le")
    content[free : free + len(name)] = name
    content[free + 64 : free + 67] = (*len(name).to_bytes(2, "little"), 1)
    (tmp_path / "a.xls").write_bytes(content)
    panel = read_panel(tmp_path / "a.xls", sheet="表1")
    assert panel.frame["经费"].tolist() == [10.25, 20.25]
    assert "macros" in {done.key for done in panel.notes}
    assert "macros" not in {done.key for done in read_panel(REFERENCE / "yearbook.xls", sheet="表1").notes}


def test_a_file_of_absurd_size_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as stream:
        stream.truncate(3 * 2**30)
    refused(path, "3,072 MB")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+1+1", "'+1+1"),
        ("-1+1", "'-1+1"),
        ("\t=1+1", "'\t=1+1"),
        ("＝1+1", "'＝1+1"),
        ("-3.5", "-3.5"),
        ("-1,234.5%", "-1,234.5%"),
        ("+2e-3", "+2e-3"),
        ("=", "="),
        ("log(x)", "log(x)"),
        ("", ""),
    ],
)
def test_formulas_become_text_and_numbers_stay(text: str, written: str) -> None:
    assert inert(text) == written
    assert awake(inert(text)) == text


def test_saved_numbers_hold_no_formula() -> None:
    import pandas as pd

    from toolkit.present.exhibit import csv_text

    frame = pd.DataFrame({"=HYPERLINK(1)": ["=1+1", "-x", "-0.5", None], "b": [-0.25, 1.0, 2.0, None], "c": pd.Categorical(list("abca"))})
    assert csv_text(frame) == "'=HYPERLINK(1),b,c\n'=1+1,-0.25,a\n'-x,1,b\n-0.5,2,c\n,,a\n"


def test_verdicts_as_csv_hold_no_formula_and_read_back(tmp_path: Path) -> None:
    from toolkit.audit.own import read_claims
    from toolkit.audit.run import Audit
    from toolkit.audit.verdicts import judge
    from toolkit.present.tables.claims import to_csv

    fields = {"id": "a", "paper": "p", "section": "1", "statement": "=cmd|' /C calc'!A0", "indicator": "@x", "kind": "statistic"}
    fields |= {"comparator": "=", "value": "-3", "unit": "%", "place": "China", "testability": "C"}
    given = tmp_path / "mine.csv"
    given.write_text(",".join(fields) + "\n" + ",".join(fields.values()) + "\n", encoding="utf-8")
    claims = read_claims(given)
    text = to_csv(Audit(tuple(judge(claim, ()) for claim in claims.values()), ()))
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert [cell for cell in cells if len(cell) > 1 and cell[0] in "=+-@" and cell not in ("-3", "-3 %", "-3%")] == []
    again = tmp_path / "again.csv"
    again.write_text(text, encoding="utf-8")
    assert read_claims(again)["a"].statement.en == "=cmd|' /C calc'!A0"

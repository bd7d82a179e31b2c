from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit import paths
from toolkit.errors import PresentationError
from toolkit.language import Text, using_language
from toolkit.present.exhibit import Drawing, FigureExhibit, TableExhibit, csv_text, save
from toolkit.present.record import statement
from toolkit.present.tables.table import Cell, Row, Table


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "TABLES", tmp_path / "reports" / "tables")
    monkeypatch.setattr(paths, "FIGURES", tmp_path / "reports" / "figures")
    monkeypatch.delenv("TOOLKIT_RECORD", raising=False)
    return tmp_path


def a_table() -> TableExhibit:
    row = Row((Cell("x", "label"), Cell("−0.333", stars="**")))
    return TableExhibit(
        lambda language: Table(Text("Title", "标题").to(language), (row,), (row,), ("a note",), "1", language),
        pd.DataFrame({"term": ["x"], "value": [-1 / 3]}),
    )


def a_figure() -> FigureExhibit:
    def painter(language: str) -> Drawing:
        from toolkit.present.style import new_figure, styled

        with styled():
            figure = new_figure("one", 1.0)
            figure.subplots().plot([0, 1], [0, 1])
        return Drawing(figure, pd.DataFrame({"x": [0, 1]}), "Line" if language == "en" else "直线")

    return FigureExhibit(painter)


def test_a_table_is_saved_in_both_languages_with_its_data(reports: Path) -> None:
    exhibit = a_table()
    assert repr(save(exhibit, "02_baseline")) == repr(exhibit)
    names = sorted(path.name for path in (reports / "reports" / "tables").iterdir())
    assert names == sorted(
        ["02_baseline.csv", *(f"02_baseline.{language}.{kind}" for language in ("en", "zh") for kind in ("html", "tex", "docx", "md"))]
    )
    assert "标题" in (reports / "reports/tables/02_baseline.zh.md").read_text(encoding="utf-8")
    assert (reports / "reports/tables/02_baseline.csv").read_text(encoding="utf-8") == "term,value\nx,-0.333333\n"


def test_a_figure_is_saved_alike_on_every_run(reports: Path) -> None:
    save(a_figure(), "line")
    folder = reports / "reports" / "figures"
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(first) == ["line.csv", "line.en.png", "line.en.svg", "line.zh.png", "line.zh.svg"]
    save(a_figure(), "line")
    assert first == {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_was_saved_and_stated_is_recorded(reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = reports / "record.json"
    monkeypatch.setenv("TOOLKIT_RECORD", str(target))
    save(a_table(), "t1")
    save(a_figure(), "f1")
    statement("elasticity", "It is {b:.2f} in {n:,} rows of {place}.", b=np.float64(0.5), n=np.int64(1234), place=Text("China", "中国"))
    found = json.loads(target.read_text(encoding="utf-8"))
    assert set(found["exhibits"]) == {"t1", "f1"}
    entry = found["exhibits"]["t1"]
    assert (entry["kind"], entry["title_en"], entry["title_zh"]) == ("table", "Title", "标题")
    assert "reports/tables/t1.en.docx" in entry["files"]
    assert all((reports / name).is_file() for name in entry["files"])
    assert entry["csv_sha256"] == hashlib.sha256((reports / "reports/tables/t1.csv").read_bytes()).hexdigest()
    text = {"en": "It is 0.50 in 1,234 rows of China.", "zh": "It is 0.50 in 1,234 rows of 中国."}
    assert found["statements"] == {"elasticity": {"text": text, "b": 0.5, "n": 1234, "place": {"en": "China", "zh": "中国"}}}
    assert [path.name for path in reports.iterdir() if path.name.startswith(".")] == []


def test_every_word_of_an_exhibit_is_recorded(reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = reports / "record.json"
    monkeypatch.setenv("TOOLKIT_RECORD", str(target))
    save(a_table(), "t1")
    save(a_figure(), "f1")
    found = {name: entry["text"] for name, entry in json.loads(target.read_text(encoding="utf-8"))["exhibits"].items()}
    assert found["t1"] == {
        "en": ["**Table 1. Title**", "| x | −0.333\\*\\* |", "| :-- | :-: |", "| x | −0.333\\*\\* |", "*Notes:* a note"],
        "zh": ["**表 1  标题**", "| x | −0.333\\*\\* |", "| :-- | :-: |", "| x | −0.333\\*\\* |", "*注：* a note"],
    }
    for language in ("en", "zh"):
        lines = (reports / f"reports/tables/t1.{language}.md").read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line] == found["t1"][language]
    assert found["f1"]["zh"] == ["**直线**", "| 0.0 | 0.2 | 0.4 | 0.6 | 0.8 | 1.0 | 0.0 | 0.5 | 1.0 |"]


def with_value(value: float, shown: str, note: str = "a note") -> TableExhibit:
    row = Row((Cell("x", "label"), Cell(shown)))
    return TableExhibit(
        lambda language: Table("Title", (row,), (row,), (note,), "1", language), pd.DataFrame({"term": ["x"], "value": [value]})
    )


def committed(reports: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (reports / "reports" / "tables").iterdir() if path.suffix in {".md", ".csv"}}


def test_another_machine_changes_no_committed_file_and_records_what_stands_in_it(reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = reports / "record.json"
    monkeypatch.setenv("TOOLKIT_RECORD", str(target))
    save(with_value(0.38449999999, "0.384"), "t1")
    before, recorded = committed(reports), json.loads(target.read_text(encoding="utf-8"))
    save(with_value(0.38450000001, "0.385"), "t1")  # what another processor may give
    assert committed(reports) == before
    assert json.loads(target.read_text(encoding="utf-8")) == recorded


@pytest.mark.parametrize(
    "changed",
    [
        with_value(0.3846, "0.385"),  # another result
        with_value(0.38450000001, "0.385", "another note"),  # the same cells, other words
        with_value(0.38449999999, "0.3850"),  # the same cells, another format
        with_value(0.38449999999, "0.386"),  # the same cells, another number
    ],
)
def test_a_changed_result_word_or_format_is_written(reports: Path, changed: TableExhibit) -> None:
    save(with_value(0.38449999999, "0.384"), "t1")
    save(changed, "t1")
    text = (reports / "reports/tables/t1.en.md").read_text(encoding="utf-8")
    assert f"| {changed.table('en').body[0].cells[1].text} |" in text
    assert (changed.table("en").notes[0] in text) is True


def painted(colour: str, right: float = 1.0) -> FigureExhibit:
    def painter(language: str) -> Drawing:
        from toolkit.present.style import new_figure, styled

        with styled():
            figure = new_figure("one", 1.0)
            figure.set_layout_engine(None)
            figure.add_axes((0.0, 0.0, right, 1.0)).set_facecolor(colour)
        return Drawing(figure, pd.DataFrame({"x": [0, 1]}), "Area")

    return FigureExhibit(painter)


@pytest.mark.parametrize(
    ("now", "kept"),
    [
        (painted("#808180"), True),  # one level of 256, as between processors; nobody sees it
        (painted("#848080"), False),  # a changed colour
        (painted("#808080", 0.99), False),  # a moved edge
    ],
)
def test_a_picture_is_replaced_when_it_looks_different(reports: Path, now: FigureExhibit, kept: bool) -> None:
    save(painted("#808080"), "area")
    file = reports / "reports/figures/area.en.png"
    before = file.read_bytes()
    save(now, "area")
    assert (file.read_bytes() == before) is kept


def test_a_broken_picture_is_replaced(reports: Path) -> None:
    save(painted("#808080"), "area")
    file = reports / "reports/figures/area.en.png"
    before = file.read_bytes()
    for broken in (b"", before[:200], b"no picture"):
        file.write_bytes(broken)
        save(painted("#808080"), "area")
        assert file.read_bytes() == before


def test_without_a_record_file_nothing_is_recorded(reports: Path) -> None:
    save(a_table(), "t1")
    assert [path.name for path in reports.iterdir()] == ["reports"]


@pytest.mark.parametrize("name", ["", "a b", "../up", "a/b", "a.b", "表1", "a\n"])
def test_names_of_exhibits_are_checked(reports: Path, name: str) -> None:
    with pytest.raises(PresentationError, match="letters, digits"):
        save(a_table(), name)
    assert list(reports.iterdir()) == []


def test_exhibits_show_themselves_in_the_current_language() -> None:
    with using_language("zh"):
        assert "表 1  标题" in a_table()._repr_html_()
        assert a_table().table().title == "标题"
        assert a_figure()._repr_png_().startswith(b"\x89PNG")
    assert "Table 1. Title" in repr(a_table())


def test_csv_has_line_feeds_and_empty_cells_for_missing() -> None:
    assert csv_text(pd.DataFrame({"a": [1e-9, np.nan], "b": ["研发", ""]})) == "a,b\n1e-09,研发\n,\n"


def test_statement_fills_both_languages_with_true_minus() -> None:
    found = statement("k", Text("falls by {b:.1%}", "下降{b:.1%}"), b=-0.123)
    assert found.text == Text("falls by −12.3%", "下降−12.3%")
    with using_language("zh"):
        assert found._repr_markdown_() == "下降−12.3%"


@pytest.mark.parametrize(
    ("template", "values", "words"),
    [
        ("the elasticity is 0.38", {}, "digit '0' typed"),
        (Text("fine {b}", "弹性为０.38 {b}"), {"b": 1.0}, "typed into its text"),
        ("{b:.2f}", {}, "placeholder {b}"),
        ("{b.real}", {"b": 1.0}, "placeholder {b.real}"),
        ("text", {"b": 1.0}, "does not use it"),
        ("{b:.2f}", {"b": float("nan")}, "value of 'b' is nan"),
        ("{b:.2q}", {"b": 1.0}, "cannot be shown"),
    ],
)
def test_statement_refuses(template: str | Text, values: dict[str, float], words: str) -> None:
    with pytest.raises(PresentationError) as caught:
        statement("k", template, **values)
    assert words in str(caught.value)
    assert caught.value.remedy


def test_tables_are_counted_in_the_order_in_which_they_are_first_saved(reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.present.exhibit._PLACES", {})
    row = Row((Cell("x", "label"), Cell("1")))

    def exhibit(number: str = "") -> TableExhibit:
        return TableExhibit(lambda language: Table("Means", (row,), (row,), number=number, language=language), pd.DataFrame({"x": [1]}))

    first, named, second, again = (save(exhibit(number), name) for name, number in (("a", ""), ("b", "A1"), ("c", ""), ("a", "")))
    assert [shown.table("en").caption for shown in (first, named, second, again)] == [
        "Table 1. Means",
        "Table A1. Means",
        "Table 3. Means",
        "Table 1. Means",
    ]

"""Results show themselves through one report with one text writer and one HTML writer."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import toolkit
from toolkit.language import Text, note, using_language
from toolkit.report import (
    Fields,
    PValue,
    Report,
    ReportMixin,
    ReportTable,
    as_html,
    as_text,
    number,
    p_equation,
    p_number,
    report_table,
    warned,
)

LIBRARY = Path(toolkit.__file__).parent
FEW = note("few", Text("Only {n} rows & no more.", "仅{n}行。"), n=3)


class Read(HTMLParser):
    """Cells and tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_text_has_the_first_column_left_and_the_others_right() -> None:
    table = ReportTable(("", "b", "p"), (("long name", "-0.5", "<0.001"), ("x", "12.25", "")))
    shown = as_text(Report("Title", (table,), ("said", FEW)))
    assert shown == (
        "Title\n"
        "               b       p\n"
        "long name   -0.5  <0.001\n"
        "x          12.25\n"
        "said\n"
        "Only 3 rows & no more."
    )  # fmt: skip


def test_a_blank_line_stands_between_tables_and_above_reports_below() -> None:
    table = ReportTable(("a",), (("1",),))
    assert as_text(Report("T", (table, table), ("l",), (Report("U"), Report(lines=("v", ""))))) == "T\na\n1\n\na\n1\nl\n\nU\n\nv"
    assert as_text(Report()) == as_html(Report()) == ""


@pytest.mark.parametrize("where", ["title", "head", "name", "cell", "line", "below"])
def test_markup_never_leaves_as_markup(where: str) -> None:
    evil = '<script>alert("&")</script>'
    texts = dict.fromkeys(("title", "head", "name", "cell", "line", "below"), "x") | {where: evil}
    table = ReportTable(("", texts["head"]), ((texts["name"], texts["cell"]),))
    read = Read(as_html(Report(texts["title"], (table,), (texts["line"],), (Report(texts["below"]),))))
    assert "script" not in read.tags
    assert evil in "".join(read.texts)


def test_notes_are_english_whatever_the_language() -> None:
    with using_language("zh"):
        assert as_text(Report(lines=(FEW,))) == "Only 3 rows & no more."
        assert "Only 3 rows &amp; no more." in as_html(Report(lines=(FEW,)))
        assert warned([FEW]) == ("Note: Only 3 rows & no more.",)


def test_the_type_of_a_field_says_that_it_is_a_p_value() -> None:
    @dataclass(frozen=True, repr=False)
    class Found(Fields):
        cap_p: float
        analytic: PValue

    assert repr(Found(1e-9, 1e-9)).splitlines()[2:] == ["cap_p     1.000e-09", "analytic     <0.001"]


@pytest.mark.parametrize(
    ("p", "cell", "sentence"),
    [
        (0.0, "<0.001", "p < 0.001"),
        (1e-300, "<0.001", "p < 0.001"),
        (0.000999, "<0.001", "p < 0.001"),
        (0.001, "0.001", "p = 0.001"),
        (1.0, "1.000", "p = 1.000"),
    ],
)
def test_a_p_value_is_never_zero(p: float, cell: str, sentence: str) -> None:
    assert p_number(p) == cell
    assert p_equation(p) == sentence


def test_frames_become_rows() -> None:
    frame = pd.DataFrame(
        {
            "term": ["x", None],
            "estimate": [0.12345, np.nan],
            "p_value": [0.0, np.nan],
            "cap_p": [0.0, 1e-9],
            "rows": pd.array([8, pd.NA], dtype="Int64"),
            "kept": [True, False],
        }
    )
    table = report_table(frame)
    assert table.heads == ("term", "estimate", "p_value", "cap_p", "rows", "kept")
    assert table.cells == (("x", "0.1235", "<0.001", "0", "8", "True"), ("", "", "", "1.000e-09", "", "False"))
    assert report_table(frame[["estimate"]], shown=lambda value: f"{value:.1f}").cells == (("0.1",), ("",))
    assert number(float("-inf")) == "-inf"


def shown_classes() -> set[type[ReportMixin]]:
    for module in pkgutil.walk_packages(toolkit.__path__, "toolkit."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: set[type[ReportMixin]] = set()
    rest = [ReportMixin]
    while rest:
        below = rest.pop().__subclasses__()
        found |= set(below)
        rest += below
    return found


def test_no_result_has_a_display_of_its_own() -> None:
    """A dataclass without repr=False writes a __repr__ in place of the report."""
    classes = {each for each in shown_classes() if each.__module__.startswith("toolkit.")}
    assert len(classes) > 15
    wrong = [c.__name__ for c in classes if c.__repr__ is not ReportMixin.__repr__ or c._repr_html_ is not ReportMixin._repr_html_]
    assert wrong == []
    written = {p.relative_to(LIBRARY).as_posix() for p in LIBRARY.rglob("*.py") if "def _repr_html_" in p.read_text(encoding="utf-8")}
    assert written == {"report.py", "present/exhibit.py"}


def test_measures_show_their_fields_side_by_side() -> None:
    import toolkit as tk

    found = tk.measure.decompose_gini([1.0, 2.0, 4.0, 8.0], ["East", "East", "West", "West"])
    shown = repr(found)
    assert shown.splitlines()[0] == "DagumDecomposition"
    assert f"{found.total:.4f}" in shown
    assert "East" in shown
    assert "<table>" in found._repr_html_()
    assert "array(" not in shown

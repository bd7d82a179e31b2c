"""Names come from other people's files: line breaks, pipes, tabs and markup must not break a table in any format."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.present.tables.table import Cell, Row, Table, on_one_line
from toolkit.present.writers import WRITERS, to_html, to_latex, to_markdown, to_text
from toolkit.present.writers.latex import escape

# name as it stands in a file -> the same on one line
NAMES = {
    "研发投入\n(万元)": "研发投入 (万元)",
    "R&D\r\nexpenditure": "R&D expenditure",
    "tab\there": "tab here",
    "a | b || c": "a | b || c",
    "x<y & z>w": "x<y & z>w",
    "<script>alert('1')</script>": "<script>alert('1')</script>",
    "share_of_%_total_": "share_of_%_total_",
    "cost ($) of $x_1$": "cost ($) of $x_1$",
    "\\frac{a}{b}^2~#1": "\\frac{a}{b}^2~#1",
    "*bold* _it_ `code` [link](http://a.b)": "*bold* _it_ `code` [link](http://a.b)",
    "&amp; &#38; &lt;": "&amp; &#38; &lt;",
    "bell\x07null\x00escape\x1b[31m": "bellnullescape[31m",
    "line\u2028separator\x85next": "line separator next",
    "- not a list": "- not a list",
    "1. not a list": "1. not a list",
    "# no head -- no dash --- none": "# no head -- no dash --- none",
    "''quoted'' ``ticks`` ?`": "''quoted'' ``ticks`` ?`",
    "  blanks  ": "blanks",
}


def a_table(name: str) -> Table:
    head = Row((Cell(name, "label"), Cell(name), Cell("(2)")))
    over = Row((Cell("", "label"), Cell(name, span=2)))
    body = (Row((Cell(name, "group", span=3),)), Row((Cell(name, "label"), Cell("−0.1", stars="**"), Cell("x"))))
    return Table(name, (over, head), body, ("first", name), language="en")


class Cells(HTMLParser):
    """Rows of cells as a browser sees them, and every tag that occurs."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.inside = True
        if tag == "br" and self.inside:
            self.rows[-1][-1] += "\n"

    def handle_endtag(self, tag: str) -> None:
        self.inside &= tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def read(page: str) -> Cells:
    cells = Cells()
    cells.feed(page)
    return cells


@pytest.mark.parametrize(("name", "shown"), NAMES.items())
def test_html(name: str, shown: str) -> None:
    found = read(to_html(a_table(name)))
    assert [row[0] for row in found.rows[1:4]] == [shown] * 3
    assert found.tags <= {"table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "em", "br", "span", "sup"}


@pytest.mark.parametrize(("name", "shown"), NAMES.items())
def test_markdown_as_a_reader_of_markdown_sees_it(name: str, shown: str) -> None:
    mistune = pytest.importorskip("mistune")
    text = to_markdown(a_table(name))
    page = mistune.create_markdown(escape=False, plugins=["table"])(text)
    found = read(page)
    assert [len(row) for row in found.rows] == [3, 3, 3]
    assert [row[0].strip() for row in found.rows] == [shown] * 3
    assert found.rows[0][1] == f"{shown}\n{shown}"
    assert not found.tags & {"script", "a", "code", "ul", "ol", "h1", "hr"}
    assert re.search(r"(?<!\\)(\\\\)*\$", text) is None  # no viewer reads a formula


@pytest.mark.parametrize(("name", "shown"), NAMES.items())
def test_latex_rows_have_their_columns_and_no_open_command(name: str, shown: str) -> None:
    source = to_latex(a_table(name))
    rows = [line for line in source.splitlines() if line.endswith(r" \\")]
    separators = [len(re.findall(r"(?<!\\)&", row)) for row in rows]
    assert separators == [1, 2, 0, 2]
    text = escape(on_one_line(name).strip())
    assert "--" not in text.replace("-{}-", "")
    bare = re.sub(r"\$[^$]*\$|\\text\w+\{(?:\$-\$|\d)?\}|\\[&%$#_{}]|\{\}", "", text)
    assert not set(bare) & set('\\&%$#_{}~^<>|"`'), bare
    assert source.count("\n\n") == 0


@pytest.mark.parametrize(("name", "shown"), NAMES.items())
def test_plain_text_keeps_one_line_for_each_row(name: str, shown: str) -> None:
    lines = to_text(a_table(name)).splitlines()
    assert len(lines) == 10
    assert lines[0] == shown
    assert [line.startswith(shown) for line in (lines[3], lines[5], lines[6])] == [True] * 3


@pytest.mark.parametrize(("name", "shown"), NAMES.items())
def test_word(name: str, shown: str, tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    WRITERS["docx"](a_table(name), tmp_path / "table.docx")
    document = docx.Document(str(tmp_path / "table.docx"))
    rows = document.tables[0].rows
    assert [rows[place].cells[0].text for place in (1, 2, 3)] == [shown] * 3
    assert document.paragraphs[0].text == shown


@pytest.mark.parametrize("name", ["研发投入\n(万元)", "a | b", "R&D <5%> {x}_1", "cost ($) of $x_1$", "a\tb"])
def test_from_a_column_to_every_format(name: str, tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    frame = pd.DataFrame({"firm": np.repeat(np.arange(20), 5), "year": np.tile(np.arange(2001, 2006), 20)})
    frame[name] = draw.normal(size=100)
    frame["y"] = frame[name] + draw.normal(size=100)
    panel = tk.Panel(frame, "firm", "year")
    heads = {name: name, "kind": name}
    result = pd.DataFrame({name: [1.0, 2.0], "kind": [name, "x"]})
    exhibits = (tk.describe(panel, name), tk.correlations(panel, [name, "y"]), tk.frame_table(result, heads, notes=name))
    for exhibit in exhibits:
        for suffix, write in WRITERS.items():
            write(exhibit.table("zh"), tmp_path / f"table.{suffix}")
        lines = to_markdown(exhibit.table("en")).splitlines()
        table = [line for line in lines if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1


@pytest.mark.parametrize("name", ["cost ($) of $x_1$", "a$b", "$\\frac$", "研发投入\n(万元)", "x_1 & <b>"])
def test_a_figure_reads_no_formula_in_a_name(name: str) -> None:
    frame = pd.DataFrame({"t": [1, 2, 3], name: [1.0, 3.0, 2.0], "z": [2.0, 1.0, 4.0], "g": name})
    for exhibit in (
        tk.scatter_with_fit(frame, name, "z", group="g"),
        tk.trend_lines(frame, "t", name, "g"),
        tk.lorenz_curve(frame, name, weight="z"),
        tk.forest_plot(pd.DataFrame({"g": [name], "estimate": 1.0, "low": 0.0, "high": 2.0}), "g"),
    ):
        assert exhibit._repr_png_()[:4] == b"\x89PNG"

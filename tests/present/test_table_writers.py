from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import PresentationError
from toolkit.language import Language
from toolkit.present.tables.table import Cell, Row, Table
from toolkit.present.words import formats
from toolkit.present.writers import to_html, to_latex, to_markdown, to_text
from toolkit.present.writers.latex import escape

NASTY = r"R&D_share < 5% #1 {a} $x$ ~ ^ \ | 研发（强度） −0.1 R² × Δ — “q”"
VOID = {"br"}


def a_table(columns: int = 2, text: str = "x", language: Language = "en", title: str = "Means") -> Table:
    head = Row((Cell("", "label"), *(Cell(f"({place + 1})") for place in range(columns))))
    over = [Row((Cell("", "label"), Cell(text, span=columns)))] if columns > 1 else []
    body = Row((Cell(text, "label"), *(Cell("−0.123", stars="**") for _ in range(columns))))
    last = Row((Cell(text, "label"), *(Cell("Yes") for _ in range(columns))), gap=True)
    return Table(title, (*over, head), (Row((Cell(text, "group", span=columns + 1),)), body, last), (text, "second"), "3", language)


class Balanced(HTMLParser):
    """Collects the tags, the text, and whether each tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.widths: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.widths.append(0)
        if tag in ("td", "th"):
            self.widths[-1] += int(dict(attrs).get("colspan") or 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("columns", [1, 2, 12])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_html_is_whole_and_keeps_every_character(columns: int, language: Language) -> None:
    page = to_html(a_table(columns, NASTY, language))
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []
    assert parser.text.count(NASTY) == (4 if columns == 1 else 5)
    assert set(parser.widths) == {columns + 1}
    assert page.count("pt solid currentColor") == (3 if columns == 1 else 4)
    assert "http" not in page
    assert "<script" not in page
    assert ("表 3  Means" if language == "zh" else "Table 3. Means") in page


def test_html_does_not_let_a_name_become_a_tag() -> None:
    assert "<b>" not in to_html(a_table(2, "<b>bold</b>"))


@pytest.mark.parametrize("columns", [1, 2, 12])
def test_latex_environments_are_balanced_and_rows_are_full(columns: int) -> None:
    text = to_latex(a_table(columns, NASTY, "zh"))
    open_environments: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if kind == "begin":
            open_environments.append(name)
        else:
            assert open_environments.pop() == name
    assert open_environments == []
    assert text.count(r"\toprule[1.5pt]") == text.count(r"\midrule[0.75pt]") == text.count(r"\bottomrule[1.5pt]") == 1
    body = text[text.index(r"\toprule") : text.index(r"\end{tabular}")]
    for line in body.splitlines():
        if line.endswith(r"\\"):
            spans = sum(int(n) - 1 for n in re.findall(r"\\multicolumn\{(\d+)\}", line))
            assert len(re.findall(r"(?<!\\)&", line)) + spans == columns
    assert re.search(r"(?<!\\)[%#]", text.partition("\n")[2]) is None
    assert ("sidewaystable" in text) == (columns == 12)
    assert "ctex" in text.splitlines()[0]
    assert "表 3" not in text  # LaTeX numbers the table


def test_latex_escapes_what_it_would_read_as_a_command() -> None:
    assert escape("a_b & 5% #1 {x} $y$ \\ ~ ^") == r"a\_b \& 5\% \#1 \{x\} \$y\$ \textbackslash{} \textasciitilde{} \textasciicircum{}"
    assert escape("−0.1 R² 10⁻³ 研发") == r"$-$0.1 R\textsuperscript{2} 10\textsuperscript{$-$}\textsuperscript{3} 研发"


def test_latex_interval_after_a_line_break_is_no_argument() -> None:
    row = Row((Cell("[0.1, 0.2]", "label"), Cell("[0.1, 0.2]")))
    assert r"\\" + "\n[" not in to_latex(Table("t", (row,), (row, row)))


@pytest.mark.parametrize("columns", [1, 12])
def test_markdown_rows_have_one_width(columns: int) -> None:
    lines = [line for line in to_markdown(a_table(columns, "a|b_c*<d>")).splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {columns + 2}
    assert r"\*\*" in lines[3]
    assert "<br>" in lines[0] or columns == 1
    assert re.search(r"(?<!\\)<d>", "".join(lines)) is None


def test_plain_text_lines_up_chinese_and_latin() -> None:
    from toolkit.report import width

    lines = to_text(a_table(3, "研发强度")).splitlines()
    yes = next(line for line in lines if "Yes" in line)
    number = next(line for line in lines if "0.123" in line)
    assert width(yes[: yes.index("Yes") + 1]) == pytest.approx(width(number[: number.index("0")]) + 3, abs=2)


@pytest.mark.parametrize(
    ("title", "language", "caption"),
    [
        ("Means", "en", "Table 3. Means"),
        ("Table 3: Means", "en", "Table 3. Means"),
        ("Table 12. Means", "en", "Table 3. Means"),
        ("表 2 均值", "zh", "表 3  均值"),
        ("表2：均值", "zh", "表 3  均值"),
        ("Tables of means", "en", "Table 3. Tables of means"),
        ("表示法", "zh", "表 3  表示法"),
    ],
)
def test_the_number_is_never_doubled(title: str, language: Language, caption: str) -> None:
    assert a_table(1, "x", language, title).caption == caption


def test_a_table_without_number_has_its_title_as_caption() -> None:
    row = Row((Cell("x", "label"),))
    assert Table("表 2 均值", (row,), (row,), language="zh").caption == "表 2 均值"


def test_uneven_or_empty_tables_are_refused() -> None:
    one, two = Row((Cell("x"),)), Row((Cell("x"), Cell("y")))
    with pytest.raises(PresentationError, match=r"row 1 of the body .* covers 2 columns"):
        Table("t", (one,), (two,))
    with pytest.raises(PresentationError, match="no body"):
        Table("t", (one,), ())


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (0.12345, 3, "0.123"),
        (-0.0005, 3, "−0.001"),
        (-0.0004, 3, "−0.00040"),
        (0.0, 3, "0.000"),
        (-0.0, 2, "0.00"),
        (1234.5678, 2, "1,234.57"),
        (123456.789, 3, "123,456.8"),
        (2.5e9, 3, "2.50×10⁹"),
        (-3.14159e-12, 3, "−3.1×10⁻¹²"),
        (0.5, 0, "0.50"),
        (7.0, 0, "7"),
    ],
)
def test_numbers(value: float, digits: int, shown: str) -> None:
    assert formats.number(value, digits) == shown


@settings(deadline=None, max_examples=200)
@given(st.floats(allow_nan=False, allow_infinity=False, width=64), st.integers(1, 6))
def test_a_number_that_is_not_zero_is_never_printed_as_zero(value: float, digits: int) -> None:
    shown = formats.number(value, digits)
    assert "-" not in shown
    assert bool(re.search("[1-9]", shown.partition("×")[0])) == (value != 0)
    assert shown.startswith("−") == (value < 0)


@pytest.mark.parametrize(
    ("p", "stars"), [(0.1, ""), (0.0999, "*"), (0.05, "*"), (0.0499, "**"), (0.01, "**"), (0.0099, "***"), (0.0, "***"), (1.0, "")]
)
def test_a_star_needs_a_p_value_below_its_level(p: float, stars: str) -> None:
    assert formats.stars_for(p, (0.1, 0.05, 0.01)) == stars


def test_p_values() -> None:
    assert formats.p_value(0.00099) == "<0.001"
    assert formats.p_value(0.001) == "0.001"
    assert formats.p_value(0.0) == "<0.001"


def test_a_number_that_does_not_exist_is_refused() -> None:
    with pytest.raises(PresentationError, match="nan cannot be printed"):
        formats.number(float("nan"))


def test_latex_sets_greek_and_infinity_in_mathematics_and_shrinks_what_is_too_wide() -> None:
    row = Row((Cell("χ²(2), β = τ", "label"), Cell("(−∞, ∞)")))
    text = to_latex(Table("Table", (row,), (row,)))
    assert r"$\chi$" in text
    assert r"($-$$\infty$, $\infty$)" in text
    assert text.isascii()
    assert text.index(r"\begin{adjustbox}{max width=\linewidth}") < text.index(r"\begin{threeparttable}")
    assert "% packages: adjustbox, booktabs, threeparttable" in text


def test_a_label_that_is_a_sentence_breaks_into_lines() -> None:
    sentence = Cell("A label of more than forty-eight signs has to break into lines.", "label")
    shown = to_html(Table("A", (Row((Cell("Reason", "label"),)),), (Row((sentence,)), Row((Cell("short", "label"),)))))
    assert shown.count("white-space:normal;min-width:14em") == 1
    assert shown.count("white-space:nowrap") == 1

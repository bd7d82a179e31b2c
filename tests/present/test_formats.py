"""How numbers are printed, against literals: what a reader would write by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import toolkit as tk
from toolkit.errors import MissingColumn, NotNumeric, PresentationError
from toolkit.language import Text
from toolkit.present.tables.column import Column, Convention
from toolkit.present.tables.regression import regression_table
from toolkit.present.words import formats


@pytest.mark.parametrize(
    ("p", "digits", "shown"),
    [
        (0.001, 3, "0.001"),
        (0.00099999, 3, "<0.001"),
        (0.0010001, 3, "0.001"),
        (0.0, 3, "<0.001"),
        (1e-300, 3, "<0.001"),
        (0.01, 2, "0.01"),
        (0.0099, 2, "<0.01"),
        (0.0499, 3, "0.050"),
        (0.05, 3, "0.050"),
        (0.1, 1, "0.1"),
        (0.0999, 1, "<0.1"),
        (0.99996, 3, "1.000"),
        (1.0, 3, "1.000"),
        (0.0001, 4, "0.0001"),
        (0.00005, 4, "<0.0001"),
    ],
)
def test_p_values(p: float, digits: int, shown: str) -> None:
    assert formats.p_value(p, digits) == shown


def test_a_p_value_that_does_not_exist_is_refused() -> None:
    with pytest.raises(PresentationError, match="missing p-value"):
        formats.p_value(math.nan)


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (-0.0, 3, "0.000"),
        (-1e-320, 3, "−1.0×10⁻³²⁰"),
        (-0.00049, 3, "−0.00049"),
        (0.00051, 3, "0.001"),
        (999.9996, 3, "1,000.000"),
        (-999.9996, 3, "−1,000.000"),
        (99999.94, 1, "99,999.9"),
        (99999.99, 3, "99,999.990"),
        (100000.0, 3, "100,000.0"),
        (100000.0, 0, "100,000"),
        (999999999.0, 2, "999,999,999.0"),
        (1e9, 3, "1.00×10⁹"),
        (1e9, 1, "1.0×10⁹"),
        (-1.5e12, 4, "−1.500×10¹²"),
        (1e-6, 3, "0.0000010"),
        (9.99e-7, 3, "1.0×10⁻⁶"),
        (12, 0, "12"),
        (1000000, 0, "1,000,000"),
    ],
)
def test_numbers(value: float, digits: int, shown: str) -> None:
    assert formats.number(value, digits) == shown


@pytest.mark.parametrize(
    ("values", "digits", "shown"),
    [
        ((1.6e9, 9.09e7, -2.5e3, 0.0), 4, ["1.600×10⁹", "9.090×10⁷", "−2.500×10³", "0"]),
        ((123456.7, 12.345, 0.0), 3, ["123,456.7", "12.3", "0.0"]),
        ((123456.7, 0.01234), 3, ["123,456.7", "0.012"]),
        ((1234.5, 0.5), 3, ["1,234.500", "0.500"]),
        ((5.0, 2e-9), 3, ["5.000", "2.0×10⁻⁹"]),
    ],
)
def test_numbers_of_one_row_are_printed_alike(values: tuple[float, ...], digits: int, shown: list[str]) -> None:
    largest = formats.largest(values)
    assert [formats.number(value, digits, largest) for value in values] == shown


@settings(deadline=None, max_examples=150)
@given(st.lists(st.floats(1e-5, 1e14), min_size=1, max_size=6), st.integers(1, 5))
def test_either_all_numbers_of_a_row_are_in_powers_of_ten_or_none(values: list[float], digits: int) -> None:
    shown = [formats.number(value, digits, formats.largest(values)) for value in values]
    assert len({"×10" in text for text in shown}) == 1
    back = [float(text.replace(",", "").split("×10")[0]) for text in shown]
    assert all(number > 0 for number in back)


@pytest.mark.parametrize(
    ("value", "digits", "shown"), [(-0.0004, 3, "0.000"), (-0.0, 0, "0"), (-1234.56, 1, "−1,234.6"), (0.06, 1, "0.1"), (-0.06, 1, "−0.1")]
)
def test_cells_of_figures_have_no_negative_zero(value: float, digits: int, shown: str) -> None:
    assert formats.fixed(value, digits) == shown


@pytest.mark.parametrize(
    ("low", "high", "digits", "shown"),
    [
        (-0.0012686, 0.193948, 2, "[−0.001, 0.194]"),  # includes zero
        (0.00381902, 0.399365, 2, "[0.004, 0.399]"),  # does not
        (-0.3, -0.0004, 1, "[−0.3000, −0.0004]"),
        (-0.0049, 0.2, 2, "[−0.005, 0.200]"),
        (-0.0051, 0.2, 2, "[−0.01, 0.20]"),
        (0.0, 0.2, 2, "[0.00, 0.20]"),
        (1e-12, 0.2, 2, "[0.00, 0.20]"),
        (-math.inf, 0.0012, 2, "[−∞, 0.001]"),
    ],
)
def test_an_end_of_an_interval_shows_its_side_of_zero(low: float, high: float, digits: int, shown: str) -> None:
    assert formats.interval(low, high, digits) == shown


def test_what_is_missing_or_infinite_is_shown_as_such() -> None:
    assert [formats.shown(value) for value in (math.nan, math.inf, -math.inf, 0.5)] == ["—", "∞", "−∞", "0.500"]


def a_column(outcome: str = "y", estimate: float = 0.5, std_error: float = 0.1) -> Column:
    one = np.array([estimate])
    half = 1.96 * std_error
    return Column("toolkit", "pooled", outcome, ("x",), one, np.array([std_error]), one / std_error, one * 0 + 0.02, one - half, one + half,
                  Convention("iid"), statistics={"rows": 10})  # fmt: skip


def heads(groups: object, outcomes: str = "yyyy") -> list[tuple[str, int]]:
    table = regression_table([a_column(outcome) for outcome in outcomes], groups=groups).table("en")  # type: ignore[arg-type]
    row = table.header[1 if groups else 0]
    return [(cell.text, cell.span) for cell in row.cells[1:]]


def test_an_outcome_spans_its_columns_up_to_the_edge_of_a_group() -> None:
    assert heads(()) == [("y", 4)]
    assert heads([("A", 4)]) == [("y", 4)]
    assert heads([("A", 1), ("B", 3)]) == [("y", 1), ("y", 3)]
    assert heads([("A", 1), ("B", 2), ("C", 1)]) == [("y", 1), ("y", 2), ("y", 1)]
    assert heads([("A", 3), ("B", 1)]) == [("y", 3), ("y", 1)]
    assert heads([("A", 2), ("B", 2)], "yzzz") == [("y", 1), ("z", 1), ("z", 2)]
    assert heads([("A", 1)] * 4, "yyzz") == [("y", 1), ("y", 1), ("z", 1), ("z", 1)]
    assert heads((), "yzyy") == [("y", 1), ("z", 1), ("y", 2)]


def test_an_estimate_and_its_bracket_are_printed_alike() -> None:
    def cells(brackets: str, estimate: float, std_error: float) -> list[str]:
        table = regression_table(a_column("y", estimate, std_error), brackets=brackets).table("en")  # type: ignore[arg-type]
        return [row.cells[1].text for row in table.body[:2]]

    assert cells("std_error", 1.6e9, 9.09e7) == ["1.60×10⁹", "(9.09×10⁷)"]
    assert cells("std_error", 9.09e7, 1.6e9) == ["9.09×10⁷", "(1.60×10⁹)"]
    assert cells("std_error", 123456.7, 12.345) == ["123,456.7", "(12.3)"]
    assert cells("interval", 1e9, 5e8) == ["1.00×10⁹", "[2.00×10⁷, 1.98×10⁹]"]
    assert cells("std_error", 0.5, 0.0001234) == ["0.50000", "(0.00012)"]


def test_one_where_several_may_stand() -> None:
    frame = pd.DataFrame({"id": np.repeat(np.arange(20), 5), "t": np.tile(np.arange(5), 20)})
    draw = np.random.default_rng(0)
    frame["x"], frame["z"] = draw.normal(size=100), draw.normal(size=100)
    frame["y"] = frame["x"] + draw.normal(size=100)
    estimate = tk.fit("y ~ x + z | id", tk.Panel(frame, "id", "t"))
    note = Text("a note", "说明")
    one = regression_table(estimate, columns="OLS", groups=("All", 1), keep="x", stars=0.05, statistics="rows", notes=note)
    several = regression_table(
        [estimate], columns=["OLS"], groups=[("All", 1)], keep=["x"], stars=[0.05], statistics=["rows"], notes=[note]
    )
    for language in ("en", "zh"):
        assert one.table(language) == several.table(language)  # type: ignore[arg-type]
    assert tk.describe(frame, "x").data.equals(tk.describe(frame, ["x"]).data)
    assert tk.correlations(frame, ["x", "z"], stars=0.1).table("en") == tk.correlations(frame, ["x", "z"], stars=[0.1]).table("en")
    alone, listed = (tk.coefficient_plot(given, "x").draw("en").data for given in (estimate, [estimate]))
    assert alone.equals(listed)
    wild = tk.wild_tests(estimate, tk.Panel(frame, "id", "t"), ["x"], rng=np.random.default_rng(1), draws=99)
    assert regression_table(estimate, wild=wild).table("en") == regression_table([estimate], wild=[wild]).table("en")


def test_infinite_values_are_counted_as_infinite() -> None:
    frame = pd.DataFrame({"i": list("aabbcc"), "t": [1, 2] * 3, "x": [1.0, np.inf, -np.inf, 4.0, np.nan, 7.0], "z": [2.0, 1, 4, 3, 6, 5]})
    exhibit = tk.describe(frame, ["x", "z"])
    assert exhibit.data.set_index("variable")["infinite"].to_dict() == {"x": 2, "z": 0}
    assert exhibit.data.set_index("variable").loc["x", "rows"] == 3
    panel = tk.Panel(frame, "i", "t")
    for found in (exhibit, tk.describe_within(panel, ["x"]), tk.correlations(frame, ["x", "z"])):
        assert "Infinite values, left out as well: x (2)." in found.table("en").notes
        assert "无穷大取值同样剔除：x（2个）。" in found.table("zh").notes
    assert not any("nfinite" in note for note in tk.describe(frame, ["z"]).table("en").notes)
    assert "infinite" not in tk.describe(frame, ["z"]).data
    by = tk.describe(frame, ["x"], by="i").data.set_index("group")["infinite"]
    assert by.to_dict() == {"a": 1, "b": 1, "c": 0}


def test_the_name_of_a_column_says_nothing_about_its_format() -> None:
    frame = pd.DataFrame(
        {
            "cap_p": [0.0001, 1234.5],
            "p": [0.0001, 0.5],
            "q": [0.0001, 0.5],
            "year": [2001, 12345],
            "when": [2001, 2002],
            "since": [2001.0, np.nan],
        }
    )
    frame["since"] = [2001.0, np.nan]
    shown = tk.frame_table(
        frame,
        {
            "cap_p": "Capital per head",
            "p": "Pressure",
            "q": tk.Head("p", "p_value"),
            "year": "Years of service",
            "when": tk.Head(Text("Year", "年份"), "year"),
            "since": tk.Head("Since", "year"),
        },
    )
    rows = [[cell.text for cell in row.cells] for row in shown.table("zh").body]
    assert rows == [["0.00010", "0.00010", "<0.001", "2,001", "2001", "2001"], ["1,234.500", "0.500", "0.500", "12,345", "2002", "—"]]
    assert shown.table("zh").header[0].cells[4].text == "年份"


def test_columns_with_missing_values_of_every_type() -> None:
    frame = pd.DataFrame({"n": pd.array([1, None], "Int64"), "b": pd.array([True, None], "boolean"), "x": [np.inf, -2e9], "s": ["a", None]})
    shown = tk.frame_table(frame, {name: name for name in frame})
    assert [[cell.text for cell in row.cells] for row in shown.table("en").body] == [["1", "yes", "∞", "a"], ["—", "—", "−2.00×10⁹", "—"]]


def test_the_text_of_an_estimate_shows_no_p_value_of_zero() -> None:
    frame = pd.DataFrame({"x": np.arange(50.0)})
    frame["y"] = 2 * frame["x"] + np.sin(frame["x"])
    text = str(tk.fit_pooled("y ~ x", frame))
    assert "<0.001" in text
    assert " 0.000 " not in text


def test_describe_still_names_what_is_no_number() -> None:
    with pytest.raises(NotNumeric):
        tk.describe(pd.DataFrame({"x": ["a", "b"]}), "x")
    with pytest.raises(MissingColumn):
        tk.describe(pd.DataFrame({"x": [1.0]}), "xx")

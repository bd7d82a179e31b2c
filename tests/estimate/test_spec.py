"""Formulas are parsed into one spelling, and what cannot be read is pointed at."""

import pytest

from toolkit.errors import FormulaError
from toolkit.estimate.spec import parse, parse_clusters


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("log(y)~x+I(x^2)|province+year", "log(y) ~ x + I(x^2) | province + year"),
        ("y~x^2", "y ~ x^2"),
        ("y ~ x**2 + I(x ** 3)", "y ~ x^2 + I(x^3)"),
        ("y ~ I((x-z)**2) + I(2*x) + I(x*z)", "y ~ I((x - z)^2) + I(2 * x) + I(x * z)"),
        ("log(y**2) ~ L(x**2, 1)", "log(y^2) ~ L(x^2, 1)"),
        ("y ~ a*b", "y ~ a + b + a:b"),
        ("y ~ a*b*c", "y ~ a + b + c + a:b + a:c + b:c + a:b:c"),
        ("y ~ L(x,1:3)", "y ~ L(x, 1) + L(x, 2) + L(x, 3)"),
        ("y ~ L(x, 0:1):z", "y ~ x:z + L(x, 1):z"),
        ("y ~ F(x)", "y ~ F(x, 1)"),
        ("D(log(y)) ~ D(x, 2)", "D(log(y)) ~ D(x, 2)"),
        ("y ~ L(log(x),1) + D(L(x))", "y ~ L(log(x), 1) + D(L(x, 1))"),
        ("y ~ C(g,ref='East') + x", 'y ~ C(g, ref="East") + x'),
        ("y ~ C(year, ref=2016):treat", "y ~ C(year, ref=2016):treat"),
        ("y ~ x - 1", "y ~ x + 0"),
        ("y ~ 0 + x", "y ~ x + 0"),
        ("y ~ 1", "y ~ 1"),
        ("研发强度 ~ log(补助) | 省份 + 年份", "研发强度 ~ log(补助) | 省份 + 年份"),
        ("y ~ `R&D intensity`", "y ~ `R&D intensity`"),
        ("y ~ I(-(a+b)/3*c)", "y ~ I(-(a + b) / 3 * c)"),
        ("y ~ x | province^year + firm", "y ~ x | province^year + firm"),
        ("y ~ x | firm | d ~ z1 + z2", "y ~ x | firm | d ~ z1 + z2"),
        ("y ~ x | d ~ z", "y ~ x | d ~ z"),
        ("y ~ x + x + log(x) + log( x )", "y ~ x + log(x)"),
    ],
)
def test_a_formula_has_one_spelling_that_parses_to_itself(written: str, spelled: str) -> None:
    spec = parse(written)
    assert spec.formula == spelled
    assert parse(spec.formula) == spec


def test_a_spec_names_every_raw_column_once() -> None:
    spec = parse("log(rd) ~ log(sub) + L(I(a / b), 1) + C(g):x | province^year + firm | d ~ z")
    assert spec.variables == ("rd", "sub", "a", "b", "g", "x", "d", "z", "province", "year", "firm")
    assert spec.outcome == "log(rd)"
    assert spec.absorb == ("province^year", "firm")


@pytest.mark.parametrize(
    ("marked", "message"),  # the mark ^^ stands before the place that the caret must show
    [
        ("y ~ ^^__import__('os')", "not a name of a column"),
        ("y ~ x^^.mean()", "attributes"),
        ("y ~ ^^eval(x)", "not a function of formulas"),
        ("y ~ ^^'x'", "text cannot stand here"),
        ("y ~ log(a^^/b)", r"I\(a / b\)"),
        ("y ~ ^^lag(x)", "did you mean L"),
        ("y ~ ^^ln(x)", "did you mean log"),
        ("y ~ x^^[0]", "cannot stand here"),
        ("y ~ x^^{0}", "cannot stand in a formula"),
        ("y ~ x * ^^* 2", "is expected"),
        ("y ~ ^^(a + b):c", "parentheses are for functions only"),
        ("y ~ log(^^L(x, 1:2))", "range of lags"),
        ("y ~ L(x, ^^1.5)", "whole number"),
        ("y ~ L(x, ^^3:1)", "no range of lags"),
        ("y ^^+ z ~ x", "'~' is expected"),
        ("y ~ log ^^x", "cannot stand here"),
        ("y ~ x | ^^f(g)", "name of a column"),
        ("y ~ log(x^^", r"'\)' is expected"),
        ("y ~ x |^^", "name of a column"),
        ("y ~ x | a^^*b", "cannot stand here"),
        ("y ~ C(^^log(x))", "name of a column"),
        ("log(^^C(g)) ~ x", "category"),
        ("y ~ x - ^^z", "only the intercept"),
        ("研发 ~ ^^（x)", r"type '\('"),
        ("y ~ ^^`x", "never closed"),
        ("y ~ ^^x + y", "also a regressor"),
        ("^^", "is expected"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(marked: str, message: str) -> None:
    formula, place = marked.replace("^^", ""), marked.index("^^")
    with pytest.raises(FormulaError, match=message) as caught:
        parse(formula)
    assert caught.value.where.startswith(f"character {place + 1}\n")
    assert caught.value.remedy


def test_the_caret_stands_under_wide_characters() -> None:
    with pytest.raises(FormulaError) as caught:
        parse("研发强度 ~ x.y")
    caret = caught.value.where.splitlines()[2]
    assert caret.index("^") == 4 + 4 * 2 + 4  # indent, four wide characters, " ~ x"


@pytest.mark.parametrize("formula", ["y ~ I(" + "(" * 3000 + "x" + ")" * 3001, "y ~ I(" + "-" * 3000 + "x)"])
def test_deep_nesting_is_refused(formula: str) -> None:
    with pytest.raises(FormulaError, match="nested too deeply"):
        parse(formula)


def test_a_formula_must_be_text() -> None:
    with pytest.raises(FormulaError, match="a formula is a text"):
        parse(3)  # type: ignore[arg-type]


def test_cluster_names() -> None:
    assert [c.columns for c in parse_clusters("province + year")] == [("province",), ("year",)]
    assert [c.columns for c in parse_clusters("`a b`+a^ c")] == [("a b",), ("a", "c")]
    with pytest.raises(FormulaError, match="cannot stand here"):
        parse_clusters("province, year")

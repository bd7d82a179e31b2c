"""Terms are evaluated by the calendar, and each value that cannot be used has its reason."""

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import MissingColumn, NotNumeric, PanelError
from toolkit.estimate import fit, fit_pooled
from toolkit.estimate.formula.spec import parse
from toolkit.estimate.rows.columns import INFINITE, MISSING, NO_PERIOD, NOT_POSITIVE, TermValues, evaluate
from toolkit.estimate.rows.source import Source, source_of
from toolkit.panel import Panel


def values(term: str, source: Source) -> TermValues:
    return evaluate(parse(f"y ~ {term}").terms[0], source)


@pytest.fixture
def gaps() -> Source:
    frame = pd.DataFrame(
        {"id": ["a", "a", "a", "b", "b"], "t": [2000, 2001, 2003, 2001, 2002], "x": [1.0, 4.0, 16.0, 0.0, np.nan], "y": 0.0}
    )
    return source_of(Panel(frame, "id", "t"))


def test_a_lag_looks_at_the_calendar_not_at_the_previous_row(gaps: Source) -> None:
    lag = values("L(x, 1)", gaps)
    assert lag.why is not None
    assert lag.why.tolist() == [NO_PERIOD, 0, NO_PERIOD, NO_PERIOD, 0]
    assert lag.numbers[[1, 4]].tolist() == [1.0, 0.0]
    two = values("L(x, 2)", gaps)
    assert two.why is not None
    assert two.why.tolist() == [NO_PERIOD, NO_PERIOD, 0, NO_PERIOD, NO_PERIOD]
    assert two.numbers[2] == 4.0


def test_a_lead_is_the_lag_seen_from_the_other_side(gaps: Source) -> None:
    lead = values("F(x, 1)", gaps)
    assert lead.why is not None
    assert lead.why.tolist() == [0, NO_PERIOD, NO_PERIOD, MISSING, NO_PERIOD]
    assert lead.numbers[0] == 4.0


def test_differences_nest_with_logs(gaps: Source) -> None:
    change = values("D(log(x))", gaps)
    assert change.why is not None
    assert change.why.tolist() == [NO_PERIOD, 0, NO_PERIOD, NOT_POSITIVE, MISSING]
    assert change.numbers[1] == pytest.approx(np.log(4))


def test_lags_equal_pandas_shift_on_a_balanced_panel(tidy_panel: Panel) -> None:
    source = source_of(tidy_panel)
    grouped = tidy_panel.frame.groupby("firm")["x"]
    for steps, shift in ((1, 1), (3, 3)):
        lag = values(f"L(x, {steps})", source)
        expected = grouped.shift(shift)
        assert lag.why is not None
        np.testing.assert_array_equal(lag.why == 0, expected.notna())
        np.testing.assert_array_equal(lag.numbers[lag.why == 0], expected.dropna())
    np.testing.assert_array_equal(values("D(x, 2)", source).numbers, grouped.diff(2))


def test_functions_and_arithmetic(tidy_panel: Panel) -> None:
    source, frame = source_of(tidy_panel), tidy_panel.frame
    x, z = frame["x"].to_numpy(), frame["z"].to_numpy()
    expected = {
        "asinh(x)": np.arcsinh(x),
        "exp(x)": np.exp(x),
        "abs(x)": np.abs(x),
        "sqrt(positive)": np.exp(x / 2),
        "log1p(positive)": np.log1p(np.exp(x)),
        "x^2": x**2,
        "I(x - z * 2 / (1 + x^2))": x - z * 2 / (1 + x**2),
        "I(-x^2)": -(x**2),
        "x:z": x * z,
    }
    for term, numbers in expected.items():
        np.testing.assert_allclose(values(term, source).numbers, numbers, rtol=1e-14, err_msg=term)


def test_undefined_arithmetic_has_a_reason() -> None:
    source = Source(pd.DataFrame({"x": [0.0, 1.0, np.inf, -4.0, 1000.0]}))
    for term, reasons in {
        "I(1 / x)": [INFINITE, 0, INFINITE, 0, 0],
        "exp(x)": [0, 0, INFINITE, 0, INFINITE],
        "log(x)": [NOT_POSITIVE, 0, INFINITE, NOT_POSITIVE, 0],
        "sqrt(x)": [0, 0, INFINITE, NOT_POSITIVE, 0],
    }.items():
        found = values(term, source)
        assert found.why is not None
        assert found.why.tolist() == reasons, term


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, 2, None], dtype="Int64"),
        pd.Series([1.0, 2.0, None], dtype="Float64"),
        pd.Series([1, 2, None], dtype=object),
        pd.Series([True, None, False], dtype="boolean"),
        pd.Series([1.0, 2.0, np.nan], dtype="float32"),
    ],
    ids=lambda c: str(c.dtype),
)
def test_numbers_of_every_kind_are_numbers(column: pd.Series) -> None:
    found = values("x", Source(pd.DataFrame({"x": column})))
    assert found.numbers.dtype == np.float64
    assert found.why is not None
    assert (found.why == MISSING).sum() == 1


@pytest.mark.parametrize(
    ("column", "remedy"),
    [
        (pd.Series(["a", "b"]), r"C\(x\)"),
        (pd.Series(["1.5", "2"]), "pd.to_numeric"),
        (pd.Series(["a", "b"], dtype="category"), r"C\(x\)"),
        (pd.to_datetime(pd.Series(["2020-01-01", "2021-01-01"])), r"C\(x\)"),
        (pd.Series([1 + 2j, 3j]), r"C\(x\)"),
        (pd.Series([[1], [2]]), r"C\(x\)"),
    ],
    ids=["text", "digits", "category", "date", "complex", "lists"],
)
def test_text_as_a_number_is_a_named_error(column: pd.Series, remedy: str) -> None:
    with pytest.raises(NotNumeric, match=remedy) as caught:
        values("log(x)", Source(pd.DataFrame({"x": column})))
    assert "x is not a column of numbers" in caught.value.what


def test_a_missing_column_lists_near_matches(tidy_panel: Panel) -> None:
    with pytest.raises(MissingColumn, match="did you mean positive"):
        values("log(postive)", source_of(tidy_panel))
    with pytest.raises(MissingColumn, match="2 columns named 'x'"):
        values("x", Source(pd.DataFrame([[1.0, 2.0]], columns=["x", "x"])))


def test_a_cross_section_has_no_lags() -> None:
    with pytest.raises(PanelError, match="Panel\\(frame, entity, time\\)"):
        values("L(x, 1)", Source(pd.DataFrame({"x": [1.0]})))
    with pytest.raises(PanelError, match="the data are a list"):
        source_of([1.0])  # type: ignore[arg-type]


def test_powers_and_sums_written_out(tidy_panel: Panel) -> None:
    x, z = (tidy_panel.frame[name].to_numpy() for name in ("x", "z"))
    written = {
        "x^2": x**2,
        "x**2": x**2,
        "I(x**2)": x**2,
        "I(x + z)": x + z,
        "I(x*z)": x * z,
        "I(x/z)": x / z,
        "I((x - z)^2)": (x - z) ** 2,
        "I((x - z)**2 / 2)": (x - z) ** 2 / 2,
        "I(2*x)": 2 * x,
        "I(1 + x + x**2 - x**3)": 1 + x + x**2 - x**3,
        "I(-x**2)": -(x**2),
        "I(2**x)": 2**x,
        "I(x**2**1)": x**2,
        "log(abs(x)**0.5)": np.log(np.abs(x)) / 2,
    }
    source = source_of(tidy_panel)
    for text, expected in written.items():
        np.testing.assert_allclose(evaluate(parse(f"y ~ {text}").terms[0], source).numbers, expected, rtol=1e-12)


def test_a_term_times_itself_is_its_square(tidy_panel: Panel) -> None:
    """Stata's c.x#c.x; R drops the second x."""
    squared = tidy_panel.assign(square=lambda frame: frame["x"] ** 2)
    found = fit("y ~ x:x + x*x | firm", tidy_panel)
    expected = fit("y ~ square + x | firm", squared)
    assert found.terms == ("x:x", "x")
    np.testing.assert_allclose(found.beta, expected.beta, rtol=1e-12)


def test_a_boolean_times_a_category_is_a_number_times_a_category(tidy_panel: Panel) -> None:
    panel = tidy_panel.assign(late=lambda frame: frame["year"] >= 2003)
    frame = panel.frame
    alone = fit_pooled("y ~ late:C(region)", panel)
    assert alone.terms == ("Intercept", "late:C(region)[East]", "late:C(region)[North]", "late:C(region)[West]")
    columns = [np.ones(len(frame)), *((frame["late"] & (frame["region"] == r)).to_numpy(dtype=float) for r in ("East", "North", "West"))]
    np.testing.assert_allclose(alone.beta, np.linalg.lstsq(np.column_stack(columns), frame["y"], rcond=None)[0], rtol=1e-10)
    beside = fit_pooled("y ~ late + late:C(region)", panel)
    assert beside.terms == ("Intercept", "late", "late:C(region)[North]", "late:C(region)[West]")
    np.testing.assert_allclose(beside.beta, [alone.beta[0], alone.beta[1], *(alone.beta[2:] - alone.beta[1])], rtol=1e-9)


def test_a_difference_over_two_periods_is_not_the_second_difference() -> None:
    """x = t^2 in 2000..2006 without 2003: D(x, 2) = 4t - 4 where t - 2 is there, D(D(x)) = 2 where t - 1 and t - 2 are."""
    years = np.array([2000, 2001, 2002, 2004, 2005, 2006])
    panel = Panel(pd.DataFrame({"id": 1, "t": years, "x": (years - 2000.0) ** 2}), "id", "t")
    source = source_of(panel)
    long, second = (evaluate(parse(f"y ~ {text}").terms[0], source) for text in ("D(x, 2)", "D(D(x))"))
    np.testing.assert_array_equal(np.where(long.why == 0, long.numbers, np.nan), [np.nan, np.nan, 4, 12, np.nan, 20])
    np.testing.assert_array_equal(np.where(second.why == 0, second.numbers, np.nan), [np.nan, np.nan, 2, np.nan, np.nan, 2])

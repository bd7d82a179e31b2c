"""What counts as the same result: numbers within 1e-6, words exactly. The limits are written out here, so that they cannot move unseen."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.agreement import difference_in_languages, difference_of_csv, difference_of_statement, difference_of_text, same

TABLE = [
    "**Table 1. R&D intensity**",
    "|  | (1) | (2) |",
    "| :-- | :-: | :-: |",
    "| Subsidy (log) | 0.114\\*\\* | −0.052 |",
    "|  | (0.041) | (0.060) |",
    "| Observations | 1,234 | 620 |",
    "*Notes:* Standard errors clustered by province. Only 31 clusters by province: with so few, t tests reject too often.",
    "\\* p < 0.10, \\*\\* p < 0.05.",
]


@settings(deadline=None, max_examples=60)
@given(st.floats(min_value=1.0, max_value=1e12), st.sampled_from([-1, 1]))
def test_numbers_agree_to_one_part_in_a_million(value: float, sign: int) -> None:
    # noise between processors stays below 1e-8 (measured on GMM); a printed table shows at most five digits
    assert same(sign * value, sign * value * (1 + 0.9e-6))
    assert not same(sign * value, sign * value * (1 + 1.1e-6))


def test_a_difference_that_a_table_could_show_is_never_the_same() -> None:
    assert not same(1.0, 1.00001)
    assert not same(0.38, 0.3801)
    assert not same(0.0, 1e-8)
    assert same(0.0, 9e-10)  # rounding residue of an exact zero
    assert same(1, 1 + 1e-9)  # a whole number on one machine need not be one on another
    assert not same(0.5, "0.5")
    assert not same(3_000_000, 3_000_001)  # a count is right or wrong


def test_cells_of_a_csv_follow_the_same_limits() -> None:
    assert difference_of_csv("a\n1.5\n", "a\n1.50001\n") == ""  # one unit of the sixth digit
    assert difference_of_csv("a\n1.5\n", "a\n1.50002\n") == "row 1, column a: recorded 1.5, now 1.50002"
    assert difference_of_csv("a\n99999.9\n", "a\n100000\n") == ""
    assert difference_of_csv("a\n12345\n", "a\n12346\n") != ""  # counts are whole
    assert difference_of_csv("a\n0\n", "a\n0.00001\n") != ""


@pytest.mark.parametrize("numbers", ["exact", "rounded"])
@pytest.mark.parametrize(
    ("line", "old", "new", "part"),
    [
        (6, "Only 31", "Only 30", "note"),
        (6, " Only 31 clusters by province: with so few, t tests reject too often.", "", "note"),
        (3, "0.114\\*\\*", "0.114\\*", "row"),
        (3, "Subsidy (log)", "Subsidy", "row"),
        (1, "(2)", "(3)", "row"),
        (0, "intensity", "expenditure", "title"),
        (5, "620", "621", "row"),
        (3, "−0.052", "0.052", "row"),
        (3, "0.114", "0.116", "row"),
        (3, "0.114", "0.1140", "row"),
        (7, "0.05", "0.01", "note"),
    ],
)
def test_words_stars_labels_heads_and_counts_are_exact(numbers: str, line: int, old: str, new: str, part: str) -> None:
    changed = [*TABLE]
    changed[line] = changed[line].replace(old, new)
    assert changed != TABLE
    detail = difference_of_text(TABLE, changed, numbers)  # type: ignore[arg-type]
    assert detail.startswith(f"{part}: recorded '")
    if new == "":
        assert detail.endswith("now nothing")
        assert "Only 31 clusters by province" in detail


def test_the_finding_quotes_the_words_with_what_stands_beside_them() -> None:
    changed = [line.replace("Only 31", "Only 30") for line in TABLE]
    assert difference_of_text(TABLE, changed, "exact") == (
        "note: recorded '…tered by province. Only 31 clusters by province: w…', now '…tered by province. Only 30 clusters by province: w…'"
    )
    assert difference_of_text(TABLE, TABLE[:-1], "exact") == "note: recorded '\\\\* p < 0.10, \\\\*\\\\* p < 0.05.', now nothing"
    assert difference_of_text(TABLE[:-1], TABLE, "exact").startswith("note: recorded nothing, now ")
    assert difference_of_text(TABLE, TABLE[:5] + TABLE[6:], "exact") == "row: recorded '| Observations | 1,234 | 620 |', now nothing"
    assert difference_of_text(TABLE, TABLE[1:], "exact") == "title: recorded '**Table 1. R&D intensity**', now nothing"
    assert difference_of_text([], ["| x |"], "exact") == "row: recorded nothing, now '| x |'"
    eighty, longer = ("a" * 80, "a" * 81)
    assert difference_of_text([eighty], [], "exact") == f"note: recorded '{eighty}', now nothing"
    assert difference_of_text([longer], [], "exact") == f"note: recorded '{eighty}…', now nothing"
    chinese = (["注：按省份聚类仅31组。"], ["注：按省份聚类仅30组。"])
    assert difference_of_text(*chinese, "exact") == "note: recorded '注：按省份聚类仅31组。', now '注：按省份聚类仅30组。'"


def test_a_printed_number_may_round_to_its_neighbour_only_where_the_data_differ_in_their_last_digits() -> None:
    changed = [line.replace("0.114", "0.115").replace("−0.052", "−0.051") for line in TABLE]
    assert difference_of_text(TABLE, changed, "rounded") == ""
    assert "0.115" in difference_of_text(TABLE, changed, "exact")
    assert difference_of_text(["| −0.000 |"], ["| 0.000 |"], "rounded") == ""
    assert difference_of_text(["| 1,234.5 |"], ["| 1,234.6 |"], "rounded") == ""


@given(st.integers(-99999, 99999), st.integers(-3, 3), st.integers(1, 4))
def test_one_unit_of_the_last_printed_digit(units: int, step: int, decimals: int) -> None:
    old, new = (f"| {value / 10**decimals:.{decimals}f} |".replace("-", "−") for value in (units, units + step))
    assert (difference_of_text([old], [new], "rounded") == "") == (abs(step) <= 1)


def test_each_language_is_compared() -> None:
    old, new = {"en": ["A note."], "zh": ["一条注。"]}, {"en": ["A note."], "zh": []}
    assert difference_in_languages(old, new, "exact") == "zh note: recorded '一条注。', now nothing"
    assert difference_in_languages(old, {"en": ["A note."]}, "exact") == "zh note: recorded '一条注。', now nothing"
    assert difference_in_languages(old, old, "exact") == ""


def test_a_statement_is_its_values_and_its_words() -> None:
    old = {"b": 0.4649999999, "text": {"en": "It is 0.46 in 31 provinces.", "zh": "31个省份为0.46。"}}
    near = {"b": 0.4650000001, "text": {"en": "It is 0.47 in 31 provinces.", "zh": "31个省份为0.47。"}}
    assert difference_of_statement(old, near) == ""
    assert difference_of_statement(old, {**near, "b": old["b"]}).startswith("en note: recorded")
    assert difference_of_statement(old, {**near, "b": 0.466}).startswith("b: recorded")
    worded = {**old, "text": {**old["text"], "zh": "30个省份为0.46。"}}  # type: ignore[dict-item]
    assert difference_of_statement(old, worded) == "zh note: recorded '31个省份为0.46。', now '30个省份为0.46。'"
    assert difference_of_statement(old, {"text": old["text"]}) == "b: recorded 0.4649999999, now None"


def test_infinity_in_a_csv_is_a_word() -> None:
    assert difference_of_csv("a\ninf\n", "a\ninf\n") == ""
    assert difference_of_csv("a\ninf\n", "a\n-inf\n") != ""

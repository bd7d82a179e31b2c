"""Relations between claims: hand cases, brute force over members, and errors that point at the place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.audit.checks import relation
from toolkit.audit.interval import Interval
from toolkit.audit.printed import PrintedClaim
from toolkit.audit.relations import can_hold, evaluate
from toolkit.audit.tables import Tables
from toolkit.errors import FormulaError, UnknownName

Make = Callable[..., PrintedClaim]


@pytest.fixture
def lookup(stated: Make) -> Callable[[str], PrintedClaim]:
    known = {
        "a": stated("a", "10"),
        "b": stated("b", "4"),
        "share": stated("share", "2/5", unit="share"),
        "grown": stated("grown", comparator="range", low="1.5万", high="4.7万", unit="firms"),
        "over": stated("over", "6.8", ">"),
    }
    return lambda name: known[name]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("b / a = share", True),
        ("b / a = 1/2", False),
        ("b < a", True),
        ("b > a", False),
        ("b * 2 >= a - 2", True),
        ("grown.high / grown.low = 3.13", True),
        ("grown.high / grown.low = 3.5", False),
        ("3 < grown.high / grown.low < 3.3", True),
        ("over = 7", True),
        ("over = 6.8", False),
        ("over.truncated = 6.85", True),
        ("over.truncated = 7", False),
        ("over.rounded = 6.8", True),
        ("-(a - b) = 2 - 2**3", True),
    ],
)
def test_hand_cases(lookup: Callable[[str], PrintedClaim], text: str, holds: bool) -> None:
    assert evaluate(text, lookup).holds is holds


def test_decimals_in_the_text_are_exact(lookup: Callable[[str], PrintedClaim]) -> None:
    assert evaluate("0.1 + 0.2 = 0.3", lookup).holds


def test_the_shown_relation_has_printed_numbers_in_both_languages(lookup: Callable[[str], PrintedClaim]) -> None:
    held = evaluate("grown.high / a = 4700", lookup)
    assert (held.shown.en, held.shown.zh) == ("47,000 / 10 = 4700", "4.7万 / 10 = 4700")
    assert held.claims == ("grown", "a")


SMALL = st.integers(0, 6)
SIGNS = {
    "=": lambda x, y: x == y,
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
}


@given(SMALL, SMALL, SMALL, SMALL, st.sampled_from(sorted(SIGNS)))
def test_can_hold_is_whether_some_pair_of_members_does(a: int, b: int, c: int, d: int, sign: str) -> None:
    left, right = Interval.of(min(a, b), max(a, b)), Interval.of(min(c, d), max(c, d))
    members = [n / 2 for n in range(13)]
    expected = any(SIGNS[sign](x, y) for x in members if x in left for y in members if y in right)
    assert can_hold(left, sign, right) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a + b", "needs one of"),
        ("a = ", "something is missing at the end"),
        ("a != b", "'!' cannot be read"),
        ("abs(a) = 3", "'abs' is no function"),
        ("a.__class__ = 3", "is not allowed"),
        ("a ** b = 3", "is not allowed"),
        ("'a' = 3", "cannot be read"),
        ("a % 2 = 0", "'%' cannot be read"),
        ("__import__('os') = 1", "is no function"),
    ],
)
def test_what_is_no_relation_is_refused(lookup: Callable[[str], PrintedClaim], text: str, words: str) -> None:
    with pytest.raises(FormulaError) as caught:
        evaluate(text, lookup)
    assert words in str(caught.value)
    assert "^" in str(caught.value)


def test_an_unknown_id_is_named_with_near_ones() -> None:
    with pytest.raises(UnknownName, match="chen2025_hte_463k"):
        evaluate("chen2025_hte_463 = 1", Tables().claim)


def test_an_incoherent_relation_names_the_other_claims(stated: Make) -> None:
    first, second = stated("first", "10", unit="firms"), stated("second", "30", unit="firms")
    tables = Tables({"first": first.claim, "second": second.claim})
    check = relation(first, "first = second", tables)
    assert (check.result, check.evidence, check.claims) == ("incoherent", "papers", ("second",))
    assert "no rounding lets both hold" in check.sentence.en

"""Verdicts from several checks at once: what decides, what stands behind it, and what is kept for the reader."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from toolkit.audit.checks import Check
from toolkit.audit.printed import PrintedClaim
from toolkit.audit.verdicts import judge
from toolkit.language import Text

Make = Callable[..., PrintedClaim]


def checks(*pairs: tuple[str, str]) -> list[Check]:
    """Checks with the given (result, evidence), told apart by their sentences."""
    return [
        Check(Text("x", "某"), result, Text("1", "1"), Text(f"{result} by {evidence}.", "果。"), evidence)  # type: ignore[arg-type]
        for result, evidence in pairs
    ]


def test_all_checks_are_kept_the_deciding_ones_first(stated: Make) -> None:
    given = checks(("related", "papers"), ("contradicts", "official"), ("agrees", "papers"), ("contradicts", "papers"))
    verdict = judge(stated("a", "1").claim, given)
    assert verdict.checks == (given[1], given[3], given[0], given[2])


def test_one_official_figure_among_the_deciding_checks_makes_grade_a(stated: Make) -> None:
    claim = stated("a", "1").claim
    assert judge(claim, checks(("contradicts", "papers"), ("contradicts", "official"))).grade == "A"
    assert judge(claim, checks(("contradicts", "papers"), ("related", "official"))).grade == "P"


@pytest.mark.parametrize(
    ("pairs", "holds"),
    [
        ([("agrees", "papers")], True),
        ([("related", "papers"), ("agrees", "papers")], True),
        ([("agrees", "papers"), ("related", "secondary")], True),
        ([("related", "papers")], False),
        ([("related", "papers"), ("related", "secondary")], False),
        ([], False),
    ],
)
def test_the_arithmetic_of_the_papers_is_said_to_hold_when_some_check_of_it_does(
    stated: Make, pairs: list[tuple[str, str]], holds: bool
) -> None:
    verdict = judge(stated("a", "1").claim, checks(*pairs))
    assert verdict.word == "not_tested"
    assert ("arithmetic of the papers is right" in verdict.sentence.en) is holds
    assert ("自身的算术成立" in verdict.sentence.zh) is holds

"""Every claim of the list is there, stands somewhere, is computed or says why not, and speaks two languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from audited import whole

from toolkit.audit.printed import PrintedClaim
from toolkit.audit.registered import computations, registered_ids
from toolkit.registry import registry

REQUIRED = (Path(__file__).resolve().parents[1] / "reference" / "claim_ids.txt").read_text(encoding="utf-8").split()
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_all_required_claims_are_there() -> None:
    assert sorted(set(REQUIRED) - set(registry().claims)) == []


@pytest.mark.parametrize("claim", list(registry().claims.values()), ids=lambda claim: claim.id)
def test_a_claim_stands_somewhere_and_is_computed_or_says_why_not(claim) -> None:
    assert claim.paper in registry().papers
    assert claim.id.startswith(claim.paper + "_")
    assert claim.section
    assert claim.test or computations(claim.id) or claim.untested.en
    for text in (claim.statement, claim.indicator, claim.place, claim.settle):
        assert text.en, claim.id
        assert CHINESE.search(text.zh) or text.zh == text.en, text
        assert not CHINESE.search(text.en), text
    if claim.comparator != "none":
        assert PrintedClaim(claim).interval
        assert claim.unit.en


def test_computations_belong_to_claims() -> None:
    assert sorted(set(registered_ids()) - set(registry().claims)) == []


@pytest.mark.parametrize("name", list(registry().claims))
def test_every_claim_has_a_verdict_with_a_sentence(name: str) -> None:
    verdict = whole().of(name)
    assert verdict.sentence.en
    assert CHINESE.search(verdict.sentence.zh)
    for check in verdict.checks:
        assert check.code, check
        assert check.sentence.en
        assert CHINESE.search(check.sentence.zh)
        assert "{" not in check.sentence.en + check.sentence.zh
        assert set(check.sources) <= set(registry().sources) | set(registry().official)
    if verdict.word == "not_tested":
        assert verdict.claim.settle.en, "name the public source"
    if verdict.grade == "A":
        assert verdict.sources

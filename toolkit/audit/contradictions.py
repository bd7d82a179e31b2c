"""Statements that cannot be true together: different numbers for one quantity, and equations that fail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from toolkit.audit.checks import Check
from toolkit.audit.stated import Stated
from toolkit.audit.units import convert
from toolkit.errors import UnitMismatch
from toolkit.language import Text
from toolkit.registry import Claim

TWO_NUMBERS = Text(
    "{first} ({first_id}) and {second} ({second_id}) are given for the same quantity.",
    "同一指标有两个数：{first}（{first_id}）与{second}（{second_id}）。",
)
SAME_QUANTITY = Text("two numbers for one quantity", "同一指标的两个数")


@dataclass(frozen=True)
class Contradiction:
    """Claims that cannot all be true, or only under one definition of their words, and why.

    Attributes
    ----------
    claims : ids, sorted.
    always : whether no definition reconciles them.
    sentence : why.
    code : the function that found it.
    """

    claims: tuple[str, ...]
    always: bool
    sentence: Text
    code: str


def disagreeing(claims: Iterable[Claim]) -> dict[str, list[Check]]:
    """Pairs with the same indicator, place and period whose printed numbers exclude each other, as checks by claim.

    Numbers in units that do not convert are not compared; neither are claims without a number or without a period.
    """
    groups: dict[tuple[str, str, str], list[Stated]] = {}
    for claim in claims:
        if claim.comparator != "none":
            groups.setdefault((claim.indicator.en.lower(), claim.place.en.lower(), claim.period), []).append(Stated(claim))
    found: dict[str, list[Check]] = {}
    for group in groups.values():
        for first, second in combinations(group, 2):
            if not _can_agree(first, second):
                for one, other in ((first, second), (second, first)):
                    found.setdefault(one.id, []).append(_check(first, second, other.id))
    return found


def _can_agree(first: Stated, second: Stated) -> bool:
    try:
        return first.interval.overlaps(convert(second.interval, second.unit.en, first.unit.en))
    except UnitMismatch:
        return True


def _check(first: Stated, second: Stated, other: str) -> Check:
    sentence = TWO_NUMBERS.filled(first=first.printed, first_id=first.id, second=second.printed, second_id=second.id)
    return Check(SAME_QUANTITY, "incoherent", first.printed, sentence, "papers", claims=(other,), code=f"{__name__}.disagreeing")


def spread(checks: Mapping[str, list[Check]]) -> dict[str, list[Check]]:
    """Every incoherence also among the checks of the other claims that take part in it: arithmetic cannot say which of them is wrong."""
    out = {name: list(own) for name, own in checks.items()}
    for name, own in checks.items():
        for check in own:
            if check.result != "incoherent":
                continue
            for other in check.claims:
                if other in out and check.sentence not in [c.sentence for c in out[other]]:
                    others = tuple(c for c in (name, *check.claims) if c != other)
                    out[other].append(replace(check, claims=others))
    return out


def contradictions(checks: Mapping[str, list[Check]]) -> tuple[Contradiction, ...]:
    """Each incoherence once, and behind them the pairs that only one definition reconciles."""
    found: dict[tuple[tuple[str, ...], Text], Contradiction] = {}
    for name, own in checks.items():
        for check in own:
            if check.result == "incoherent" or (check.result == "depends" and check.claims):
                ids = tuple(sorted({name, *check.claims}))
                always = check.result == "incoherent"
                found.setdefault((ids, check.sentence), Contradiction(ids, always, check.sentence, check.code))
    return tuple(sorted(found.values(), key=lambda one: not one.always))

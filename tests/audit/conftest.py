"""A way to write down a claim in a line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from toolkit.audit.printed import PrintedClaim
from toolkit.registry.claims import make_claim

MakeClaim = Callable[..., PrintedClaim]


@pytest.fixture
def stated() -> MakeClaim:
    """Makes a claim from its id, its number and further fields."""

    def make(name: str, value: str = "", comparator: str = "=", unit: str = "%", **fields: object) -> PrintedClaim:
        both = {"en": name, "zh": "论断"}
        entry: dict[str, object] = {
            "paper": "me2025",
            "section": "1",
            "statement": both,
            "indicator": {"en": f"indicator of {name}", "zh": "指标"},
            "kind": "statistic",
            "comparator": comparator,
            "unit": {"en": unit, "zh": unit},
            "period": "2024",
            "place": {"en": "China", "zh": "全国"},
            "testability": "A",
            "priority": "must",
        }
        entry |= {"value": value} if value else {}
        return PrintedClaim(make_claim(name, entry | fields))

    return make

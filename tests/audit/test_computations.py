"""Every registered computation runs, and says what it found in both languages."""

from __future__ import annotations

import re
from functools import cache

import pytest

from toolkit.audit.printed import PrintedClaim
from toolkit.audit.registered import Computation, computations
from toolkit.audit.tables import Tables
from toolkit.registry import registry

COMPUTED = [(name, function) for name in registry().claims for function in computations(name)]


@cache
def tables() -> Tables:
    return Tables()


def test_there_are_computations() -> None:
    assert len({name for name, _ in COMPUTED}) > 50


@pytest.mark.parametrize(("name", "function"), COMPUTED, ids=lambda value: getattr(value, "__name__", value))
def test_computations_run_and_speak_two_languages(name: str, function: Computation) -> None:
    assert function.__doc__
    found = function(PrintedClaim(registry().claims[name]), tables())
    for one in found if isinstance(found, list) else [found]:
        assert one.value.en
        assert one.sentence.en.endswith(".")
        assert re.search(r"[\u4e00-\u9fff].*。$", one.sentence.zh, flags=re.DOTALL)
        assert not re.search(r"[\u4e00-\u9fff]|\bnan\b|[{}]", one.sentence.en)
        assert not re.search(r"\bnan\b|[{}]", one.sentence.zh)

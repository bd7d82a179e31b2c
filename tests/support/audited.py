"""The audit of the claims of the registry, which nothing changes: once for all tests of a process."""

from __future__ import annotations

from functools import cache

from toolkit.audit.run import Audit, audit


@cache
def whole() -> Audit:
    """The verdicts on every claim."""
    return audit()

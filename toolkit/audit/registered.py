"""Computations registered for claims: every module of the folder computations is read once."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from inspect import getmodule

from toolkit.audit.checks import Check
from toolkit.audit.printed import PrintedClaim
from toolkit.audit.tables import Tables

Computation = Callable[[PrintedClaim, Tables], Check | Sequence[Check]]
_FOUND: dict[str, list[Computation]] = {}


def computes(*claims: str) -> Callable[[Computation], Computation]:
    """Register a function as the computation that tests the claims with these ids.

    The function gets the claim with its admitted numbers and the loaded tables, and returns one or several :class:`Check`. Its docstring
    says in a line what is computed.

    Examples
    --------
    >>> from toolkit.audit.api import compare
    >>> @computes("an_example_of_the_documentation")
    ... def share(claim, tables):
    ...     "Share of basic research in the bulletin."
    ...     return compare(claim, tables.national("basic_share", 2024))
    >>> computations("an_example_of_the_documentation") == (share,)
    True
    >>> del _FOUND["an_example_of_the_documentation"]
    """

    def register(function: Computation) -> Computation:
        for claim in claims:
            _FOUND.setdefault(claim, []).append(function)
        return function

    return register


@cache
def _load() -> None:
    package = import_module("toolkit.audit.computations")
    for module in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
        import_module(f"{package.__name__}.{module}")


def computations(claim: str) -> tuple[Computation, ...]:
    """The functions registered for a claim."""
    _load()
    return tuple(_FOUND.get(claim, ()))


def registered_ids() -> tuple[str, ...]:
    """All claims with a registered computation."""
    _load()
    return tuple(_FOUND)


def reference(function: Callable[..., object]) -> str:
    """Module and name of a function, as a reader can look it up.

    >>> reference(reference)
    'toolkit.audit.registered.reference'
    """
    module = getmodule(function)
    return f"{module.__name__ if module else '?'}.{function.__name__}"

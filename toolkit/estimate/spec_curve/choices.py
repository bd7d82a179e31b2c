"""The choices of a specification curve, declared as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import UnknownOption
from toolkit.estimate.options import one_of

Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
Rows = Literal["common", "own"]


@dataclass(frozen=True)
class Condition:
    """A rule that rows must meet; a row where the column is missing does not meet it.

    Examples
    --------
    >>> Condition("year", ">=", 2015).text
    'year >= 2015'
    >>> Condition("province", "not in", ("Beijing", "Shanghai")).text
    'province not in (Beijing, Shanghai)'
    """

    column: str
    operator: Operator
    value: object

    def __post_init__(self) -> None:
        one_of("operator", self.operator, get_args(Operator))
        if self.operator in ("in", "not in") and (isinstance(self.value, str) or not isinstance(self.value, Sequence | set | frozenset)):
            raise UnknownOption(f"{self.operator!r} takes several values, not {self.value!r}", remedy='("a", "b"), or the operator "=="')

    @property
    def values(self) -> tuple[object, ...]:
        """The value or values to compare with."""
        return (
            tuple(self.value) if isinstance(self.value, Sequence | set | frozenset) and not isinstance(self.value, str) else (self.value,)
        )

    @property
    def text(self) -> str:
        """The rule as it is read."""
        shown = f"({', '.join(map(str, self.values))})" if self.operator in ("in", "not in") else str(self.value)
        return f"{self.column} {self.operator} {shown}"


Rule = Condition | tuple[Condition, ...] | NDArray[np.bool_] | pd.Series | None


@dataclass(frozen=True)
class Choices:
    """What can be chosen in good faith; the curve has one cell for each combination.

    Attributes
    ----------
    outcomes, treatments : terms of a formula. Lags and forms are terms: ``("log(rd)", "L(log(rd), 1)")``.
    controls : candidates, of which all subsets are taken (2^q); or a mapping name -> controls, of which each set is taken as it is.
        ``"a + b"`` enters together.
    always : controls in every model.
    effects : absorbed effects of each variant, ``"province + year"``; ``""`` absorbs none and has an intercept.
    samples : name -> rule: a :class:`Condition`, several that must all hold, a mask over the rows of the panel, or None for all rows.
        A rule chooses rows of the estimation; lags still look at the rows outside, as with Stata's ``if``.
    weights : columns of analytic weights; None for no weights.

    Examples
    --------
    >>> choices = Choices("log(rd)", ["subsidy", "L(subsidy, 1)"], ["size", "age", "debt"], effects=["firm", "firm + year"])
    >>> choices.cells
    32
    """

    outcomes: Sequence[str]
    treatments: Sequence[str]
    controls: Sequence[str] | Mapping[str, Sequence[str]] = ()
    always: Sequence[str] = ()
    effects: Sequence[str] = ("",)
    samples: Mapping[str, Rule] = field(default_factory=lambda: {"all rows": None})
    weights: Sequence[str | None] = (None,)

    def __post_init__(self) -> None:
        for name in ("outcomes", "treatments", "always", "effects", "weights"):
            given = getattr(self, name)
            listed = (given,) if given is None or isinstance(given, str) else tuple(given)
            object.__setattr__(self, name, tuple(dict.fromkeys(listed)))
        if isinstance(self.controls, Mapping):
            sets = {name: (one,) if isinstance(one, str) else tuple(one) for name, one in self.controls.items()}
            object.__setattr__(self, "controls", sets)
        else:
            listed = (self.controls,) if isinstance(self.controls, str) else tuple(self.controls)
            object.__setattr__(self, "controls", tuple(dict.fromkeys(listed)))
        object.__setattr__(self, "samples", dict(self.samples))

    @property
    def control_sets(self) -> int:
        """How many sets of controls there are."""
        return len(self.controls) if isinstance(self.controls, Mapping) else 2 ** len(self.controls)

    @property
    def cells(self) -> int:
        """How many models there are."""
        lists = (self.outcomes, self.treatments, self.samples, self.effects, self.weights)
        return int(np.prod([len(one) for one in lists], dtype=object)) * self.control_sets

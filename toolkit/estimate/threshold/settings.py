"""The settings of the search and of the bootstrap, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from toolkit.errors import UnknownOption
from toolkit.estimate.options import one_of

Bootstrap = Literal["hansen", "wild"]
BOOTSTRAPS: tuple[Bootstrap, ...] = ("hansen", "wild")


@dataclass(frozen=True)
class ThresholdSettings:
    """How thresholds are searched and tested.

    Attributes
    ----------
    thresholds : 1, 2 or 3.
    trim : least share of the rows in each regime.
    draws : bootstrap draws of each test; 0 gives F without a p value.
    method : "hansen" resamples whole entities of residuals, "wild" gives each entity's residuals a random sign.
    grid : most values of q that are tried (evenly spaced quantiles); None tries every distinct value.
    level : of the confidence sets of the thresholds.

    Raises
    ------
    UnknownOption

    Examples
    --------
    >>> ThresholdSettings(thresholds=2).trim
    0.05
    """

    thresholds: Literal[1, 2, 3] = 1
    trim: float = 0.05
    draws: int = 300
    method: Bootstrap = "hansen"
    grid: int | None = None
    level: float = 0.95

    def __post_init__(self) -> None:
        one_of("method", self.method, BOOTSTRAPS)
        if self.thresholds not in (1, 2, 3):
            raise UnknownOption(f"thresholds={self.thresholds!r} is not a choice", remedy="choices: 1, 2, 3")
        if not 0 <= self.trim * (self.thresholds + 1) < 1:
            raise UnknownOption(
                f"trim={self.trim:g} leaves no room for {self.thresholds + 1} regimes",
                remedy=f"trim is the least share of the rows in each regime: at least 0, and well below {1 / (self.thresholds + 1):.2f}",
            )
        if not _whole(self.draws, 0):
            raise UnknownOption(f"draws={self.draws!r} cannot be used", remedy="a whole number such as 300, or 0 for no test")
        if self.grid is not None and not _whole(self.grid, 2):
            raise UnknownOption(f"grid={self.grid!r} cannot be used", remedy="a whole number from 2, or None for every value of q")
        if not 0 < self.level < 1:
            raise UnknownOption(f"level={self.level!r} is no confidence level", remedy="a number between 0 and 1, such as 0.95")


def _whole(value: float, least: int) -> bool:
    return not isinstance(value, bool) and value == int(value) and value >= least

"""One to three thresholds, one after the other, and the confidence set of each."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.threshold.model import Model
from toolkit.estimate.threshold.search import Search, search
from toolkit.estimate.threshold.settings import ThresholdSettings

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Threshold:
    """One estimated threshold with its confidence set.

    Attributes
    ----------
    value : the estimate: the regime below holds the rows with q <= value.
    intervals : the confidence set {g : LR(g) <= critical} as intervals of q; their ends are tried values.
    level : its level.
    critical : c = -2 log(1 - sqrt(level)).
    tried : (c,) values of q that were tried.
    rss : (c,) residual sum of squares at each.
    lr : (c,) likelihood ratio (rss - least rss) df / least rss.
    at_edge : whether the estimate borders on values that the least regime size excludes.
    """

    value: float
    intervals: tuple[tuple[float, float], ...]
    level: float
    critical: float
    tried: Floats = field(repr=False)
    rss: Floats = field(repr=False)
    lr: Floats = field(repr=False)
    at_edge: bool

    def __post_init__(self) -> None:
        for array in (self.tried, self.rss, self.lr):
            array.setflags(write=False)


def critical_value(level: float) -> float:
    """c = -2 log(1 - sqrt(level)), the quantile of Hansen's limit of the likelihood ratio; level = 1 - alpha.

    Examples
    --------
    >>> [round(critical_value(level), 2) for level in (0.90, 0.95, 0.99)]
    [5.94, 7.35, 10.59]
    """
    return float(-2 * np.log(1 - np.sqrt(level)))


def sequence(model: Model, settings: ThresholdSettings) -> tuple[list[Search], list[Search]]:
    """The searches that added the first, second and third threshold, and the last search of each.

    After a threshold is added, each earlier one is searched again with the others given, in the order they were found (Hansen 1999 for
    two thresholds; Bai 1997). The residual sum of squares cannot rise by that.
    """
    added: list[Search] = []
    found: list[Search] = []
    for _ in range(settings.thresholds):
        added.append(search(model, tuple(s.value for s in found), settings))
        found.append(added[-1])
        for place in range(len(found) - 1):
            others = tuple(s.value for i, s in enumerate(found) if i != place)
            found[place] = search(model, others, settings)
    return added, found


def confident(found: Search, model: Model, level: float) -> Threshold:
    """The threshold of a search with its confidence set: values whose likelihood ratio is at most the critical value."""
    critical = critical_value(level)
    lr = (found.rss - found.least) * model.df / found.least if found.least > 0 else np.where(found.rss > 0, np.inf, 0.0)
    return Threshold(found.value, _intervals(found.values, lr <= critical), level, critical, found.values, found.rss, lr, found.at_edge)


def _intervals(values: Floats, inside: NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    """Runs of values inside as (first, last)."""
    steps = np.diff(np.concatenate(([0], inside.astype(np.int8), [0])))
    firsts, lasts = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1
    return tuple((float(values[a]), float(values[b])) for a, b in zip(firsts, lasts, strict=True))

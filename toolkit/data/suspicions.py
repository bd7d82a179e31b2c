"""What looks wrong in the numbers of a panel though every cell can be read: units that change, and values unlike the history beside them.

All of it is a warning: only the owner of the data knows. Sizes are compared in powers of ten, within an entity, so that a large province
and a small one are held to the same standard.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from toolkit.data.finding import Finding
from toolkit.language import Note, Text, note
from toolkit.panel import Panel

LEAST = np.log10(3)  # a change by less than a factor of three is never called an outlier
ROBUST = 8 * 1.4826  # robust standard deviations of the changes of the column
NEAR = 0.3  # decades, a factor of two: how near a jump must be to a power of ten that divides two units
FEWEST = 8  # changes (or entities) from which "usual" has a meaning
VOLATILE = 0.5  # decades; a column whose usual change is larger has no history to speak of
APART = 1.7  # decades between the usual size of an entity and that of all others from which it may be in another unit
UNDOUBTED = 3.5  # decades; a step looked at also where there are too few to know what is usual
MOST = 200  # steps of a column that are told, the largest ones
UNITS = {
    2: Text("percent beside fractions", "百分数与小数混用"),
    4: Text("yuan beside 10,000 yuan, or 10,000 beside 100 million", "元与万元、或万元与亿元混用"),
    8: Text("yuan beside 100 million yuan", "元与亿元混用"),
}
_JUMP = Text(
    "{before:g} in {earlier}, {after:g} in {later}: a factor of about {factor:,}; {units}?",
    "{earlier}为{before:g}，{later}为{after:g}，相差约{factor:,}倍；是否{units}？",
)
_LEVEL = Text(
    "its usual size is that of the others only in a unit that differs by {factor:,}: {units}?",
    "其数值须换算{factor:,}倍才与其他个体处于同一水平；是否{units}？",
)
_OUTLIER = Text(
    "{after:g} in {later}, {before:g} in {earlier}: {times:,.1f} times, where it usually changes by {usual:.0%}",
    "{later}为{after:g}，{earlier}为{before:g}，相差{times:,.1f}倍，而通常的变动为{usual:.0%}",
)


def suspicions(panel: Panel, column: str) -> list[Finding]:
    """Units and outliers of one column of numbers.

    Parameters
    ----------
    panel : its row labels are rows of the file.
    column : its name.

    Examples
    --------
    >>> years, firms = range(2010, 2020), ("a", "b")
    >>> rows = [(firm, year, 100.0 + year % 7) for firm in firms for year in years]
    >>> frame = pd.DataFrame(rows, columns=["firm", "year", "sales"])
    >>> frame.loc[4, "sales"] = 1040000.0
    >>> [found.note.key for found in suspicions(Panel(frame, "firm", "year"), "sales")]
    ['unit_jump']
    """
    frame = panel.frame
    values = frame[column].astype(float).to_numpy()
    sizes = np.full(len(values), np.nan)
    filled = np.isfinite(values) & (values != 0)
    sizes[filled] = np.log10(np.abs(values[filled]))
    if (values[filled] < 0).any() and (values[filled] > 0).any():  # a rate that changes its sign has no size to compare
        return []
    return [*_between(panel, column, sizes), *_within(panel, column, values, sizes)]


def _within(panel: Panel, column: str, values: np.ndarray, sizes: np.ndarray) -> Iterator[Finding]:
    """Steps from one observed value of an entity to its next, against those of the column and its own; a spike is told once."""
    kept = np.flatnonzero(np.isfinite(sizes))
    entities = panel.frame[panel.entity].to_numpy()[kept]
    same = entities[1:] == entities[:-1]
    steps = np.where(same, np.diff(sizes[kept]), 0.0)
    if not same.any():
        return
    usual, few = float(np.median(np.abs(steps[same]))), same.sum() < FEWEST
    if usual > VOLATILE and not few:
        return
    own = pd.Series(np.where(same, np.abs(steps), np.nan)).groupby(entities[1:]).transform("median").fillna(usual).to_numpy()
    large = np.abs(steps) > (UNDOUBTED if few else np.maximum(LEAST, ROBUST * np.maximum(usual, own)))
    if large.sum() > MOST:
        large &= np.abs(steps) >= np.sort(np.abs(steps[large]))[-MOST]
    for at in np.flatnonzero(large):
        back = at > 0 and large[at - 1] and abs(steps[at - 1] + steps[at]) < NEAR
        if back:  # the way down from a spike
            continue
        spike = at + 1 < len(steps) and large[at + 1] and abs(steps[at + 1] + steps[at]) < NEAR
        first = at == 0 or not same[at - 1]
        odd = kept[at] if first and not spike else kept[at + 1]
        yield _step(panel=panel, column=column, before=kept[at], after=kept[at + 1], odd=odd, values=values, usual=float(own[at]))


def _step(*, panel: Panel, column: str, before: int, after: int, odd: int, values: np.ndarray, usual: float) -> Finding:
    frame, (low, high) = panel.frame, sorted(abs(values[[before, after]]))
    times = frame[panel.time]
    said = {"before": values[before], "after": values[after], "earlier": str(times.iloc[before]), "later": str(times.iloc[after])}
    power = _power(low, high)
    if power:
        told = note("unit_jump", _JUMP, **said, factor=10**power, units=UNITS[power])
    else:
        told = note("outlier", _OUTLIER, **said, times=high / low, usual=10**usual - 1)
    return _finding(panel, column, odd, told)


def _between(panel: Panel, column: str, sizes: np.ndarray) -> Iterator[Finding]:
    """Entities whose usual size lies far from that of all others, and near to them when it is taken to another unit."""
    levels = pd.Series(sizes).groupby(panel.frame[panel.entity].to_numpy()).median().dropna().sort_values()
    if len(levels) < FEWEST:
        return
    steps = levels.diff().to_numpy()[1:]
    at = int(steps.argmax()) + 1
    below, above = levels.iloc[:at], levels.iloc[at:]
    odd, usual = (below, above) if len(below) < len(above) else (above, below)
    if steps.max() < APART or len(odd) > len(usual) / 4:
        return
    for entity, level in odd.items():
        way = -1 if level > usual.iloc[-1] else 1
        low, high = sorted((10 ** float(level), 10 ** (float(level) + way * 2)))
        near = [power for power in UNITS if usual.iloc[0] - APART / 2 <= level + way * power <= usual.iloc[-1] + APART / 2]
        fitting = [power for power in near if power != 2 or _percent(low, high)]
        if fitting:
            power = min(fitting, key=lambda power: abs(level + way * power - usual.median()))
            told = note("unit_level", _LEVEL, factor=10**power, units=UNITS[power])
            yield Finding("warning", told, column=column, place=str(entity))


def _power(low: float, high: float) -> int:
    """The power of ten between two units that lies between two sizes; 0 if none. Percent and fractions lie on two sides of one."""
    size = float(np.log10(high / low))
    power = next((power for power in UNITS if abs(size - power) <= NEAR), 0)
    return 0 if power == 2 and not _percent(low, high) else power


def _percent(low: float, high: float) -> bool:
    """Whether one of two sizes can be a fraction and the other a percentage."""
    return low <= 1 < high <= 200


def _finding(panel: Panel, column: str, at: int, told: Note) -> Finding:
    row = panel.frame.iloc[at]
    label = panel.frame.index[at]
    place = f"{row[panel.entity]} {row[panel.time]}"
    row_of_file = int(label) if isinstance(label, int | np.integer) else None
    return Finding(level="warning", note=told, row=row_of_file, column=column, place=place)

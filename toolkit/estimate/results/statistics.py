"""Statistics of an estimate by name; the p value of an F statistic is computed where it is read, so that a fit alone loads no SciPy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np


def f_tail(statistic: float, df1: float, df2: float) -> float:
    """P(F(df1, df2) > statistic); with infinite df2, df1 F is chi-squared.

    Examples
    --------
    >>> round(f_tail(4.0, 2.0, 30.0), 4), round(f_tail(4.0, 2.0, float("inf")), 4)
    (0.0288, 0.0183)
    """
    from scipy.special import chdtrc, fdtrc

    return float(chdtrc(df1, df1 * statistic) if np.isinf(df2) else fdtrc(df1, df2, statistic))


def f_statistic(name: str, statistic: float, df1: float, df2: float) -> dict[str, float]:
    """An F statistic and its degrees of freedom under keys that start with ``name``; :class:`Statistics` adds the p value.

    Examples
    --------
    >>> f_statistic("f", 4.0, 2.0, 30.0)
    {'f': 4.0, 'f_df1': 2.0, 'f_df2': 30.0}
    """
    return {name: statistic, f"{name}_df1": df1, f"{name}_df2": df2}


class Statistics(Mapping[str, float]):
    """Numbers by name; after the degrees of freedom ``name_df2`` of an F statistic stands its p value, ``name_p``.

    Examples
    --------
    >>> found = Statistics({"r2": 0.5} | f_statistic("f", 4.0, 2.0, 30.0))
    >>> list(found), round(found["f_p"], 4)
    (['r2', 'f', 'f_df1', 'f_df2', 'f_p'], 0.0288)
    """

    def __init__(self, given: Mapping[str, float]) -> None:
        self._given: dict[str, float] = dict(given._given if isinstance(given, Statistics) else given)

    def __getitem__(self, name: str) -> float:
        if name in self._given:
            return self._given[name]
        tested = name.removesuffix("_p")
        if tested == name or f"{tested}_df2" not in self._given:
            raise KeyError(name)
        return f_tail(self._given[tested], self._given[f"{tested}_df1"], self._given[f"{tested}_df2"])

    def __iter__(self) -> Iterator[str]:
        for name in self._given:
            yield name
            if name.endswith("_df2") and (p := f"{name.removesuffix('_df2')}_p") not in self._given:
                yield p

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in tuple(self)

    def __repr__(self) -> str:
        return repr(dict(self))

"""The result of :func:`toolkit.estimate.equality.compare_groups`."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import pandas as pd

from toolkit.estimate.result import Coefficient, Estimate
from toolkit.estimate.show import convention, number, p_equation
from toolkit.estimate.wald import WaldTest

_COLUMNS = ["estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"]


@dataclass(frozen=True)
class GroupCoefficient:
    """The coefficient in one group, with its rows, entities and clusters."""

    group: str
    coefficient: Coefficient
    rows: int
    entities: int
    clusters: int


@dataclass(frozen=True)
class PairComparison:
    """The difference of the coefficients of two groups (first less second).

    Attributes
    ----------
    difference : with its test and interval from the stacked fit.
    permutation_p : p value of the permutation test, None if none was asked for.
    permutations : draws behind it in which both coefficients exist.
    """

    first: str
    second: str
    difference: Coefficient
    permutation_p: float | None = None
    permutations: int = 0


@dataclass(frozen=True, eq=False, repr=False)
class GroupComparison:
    """A coefficient by group, and tests that it is the same.

    Attributes
    ----------
    term, by : the coefficient, and the column that makes the groups.
    groups : one entry per group, in order.
    equality : Wald test that all groups have the same coefficient.
    pairs : every two groups.
    estimate : the stacked fit with all interactions.
    unit : what the permutation exchanges ("" if there is none).
    """

    term: str
    by: str
    groups: tuple[GroupCoefficient, ...]
    equality: WaldTest
    pairs: tuple[PairComparison, ...]
    estimate: Estimate
    unit: str = ""

    def tidy(self) -> pd.DataFrame:
        """One row per group: group, estimate, std_error, statistic, p_value, conf_low, conf_high, rows, entities, clusters."""
        rows = [(g.group, *_numbers(g.coefficient), g.rows, g.entities, g.clusters) for g in self.groups]
        return pd.DataFrame(rows, columns=["group", *_COLUMNS, "rows", "entities", "clusters"])

    def pairs_frame(self) -> pd.DataFrame:
        """One row per pair: first, second, difference, std_error, statistic, p_value, conf_low, conf_high; permutation_p if asked for."""
        frame = pd.DataFrame(
            [(p.first, p.second, *_numbers(p.difference)) for p in self.pairs], columns=["first", "second", "difference", *_COLUMNS[1:]]
        )
        return frame.assign(permutation_p=pd.Series([p.permutation_p for p in self.pairs])) if self.unit else frame

    def _head(self) -> list[str]:
        lines = [f"{self.term} by {self.by}: {self.estimate.spec.formula}"]
        test = self.equality
        lines.append(f"Equal in all groups: F({test.df1:g}, {test.df2:g}) = {number(test.statistic)}, {p_equation(test.p_value)}")
        return lines

    def _foot(self) -> list[str]:
        exchanged = [f"Permutation: groups exchanged among {self.unit}, {self.pairs[0].permutations} draws" if self.unit else ""]
        return [convention(self.estimate), *filter(None, exchanged), *(f"Note: {w}" for w in self.estimate.warnings)]

    def __repr__(self) -> str:
        tables = [frame.round(4).to_string(index=False) for frame in (self.tidy(), self.pairs_frame())]
        return "\n".join([*self._head(), *tables, *self._foot()])

    def _repr_html_(self) -> str:
        tables = "".join(frame.round(4).to_html(index=False) for frame in (self.tidy(), self.pairs_frame()))
        head, foot = ("<br>".join(escape(line) for line in lines) for lines in (self._head(), self._foot()))
        return f'<p>{head}</p>{tables}<p style="font-size:smaller">{foot}</p>'


def _numbers(c: Coefficient) -> tuple[float, ...]:
    return c.estimate, c.std_error, c.statistic, c.p_value, c.low, c.high

"""Group comparisons by permutation: groups exchanged among units, refits by cross-products."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate.formula.spec import Spec
from toolkit.estimate.linear.refit import Refit
from toolkit.estimate.results.derived import WaldTest
from toolkit.estimate.results.estimate import Coefficient, Estimate
from toolkit.estimate.results.show import convention
from toolkit.estimate.rows.grouping import Grouping, crossed
from toolkit.estimate.rows.options import Options
from toolkit.estimate.rows.sample import Sample, select_with_singletons
from toolkit.estimate.spec_curve.crossproducts import UnitMoments, slopes, unit_moments
from toolkit.numerics import SAME_DRAW, Floats
from toolkit.report import Report, ReportMixin, number, p_equation, report_table, warned

_FEWEST = 0.5  # share of draws in which both coefficients must exist


def permutation_p(
    rows: Refit, spec: Spec, by: str, term: str, members: tuple[NDArray[np.bool_], NDArray[np.bool_]], units: Grouping,
    observed: float, rng: np.random.Generator, draws: int,
) -> tuple[float, int]:  # fmt: skip
    """The share of permutations with a difference at least as large as the observed one, and how many draws there were.

    Parameters
    ----------
    rows : the stacked fit.
    spec : the formula without interactions.
    term : text of the coefficient in it.
    members : (n,) rows of the first and of the second group.
    units : what is exchanged; the group never changes inside one.
    observed : difference of the coefficients.

    Raises
    ------
    UnknownOption, NotEstimable
    """
    if draws < 1:
        raise UnknownOption(f"draws={draws} is no number of permutations", remedy="a whole number such as 999")
    first, second = members
    inside = first | second
    chosen = units.take(inside)
    belongs = np.zeros(chosen.levels, dtype=bool)
    belongs[chosen.codes[first[inside]]] = True
    plain = _plain(rows, spec)
    moments = unit_moments(
        columns=plain.matrix[:, inside],
        effects=_effects(rows, spec, by, inside),
        units=chosen,
        weights=None if rows.weights is None else rows.weights[inside],
        purpose="the permutation test",
    )
    differences = _differences(moments=moments, belongs=belongs, position=plain.names.index(term), rng=rng, draws=draws)
    if len(differences) < _FEWEST * draws:
        raise NotEstimable(
            f"both coefficients of {term} exist in only {len(differences)} of {draws} permutations",
            where=f"{int(belongs.sum())} and {int((~belongs).sum())} units in the two groups",
            remedy="leave rng out, or join groups",
        )
    extreme = int((np.abs(differences) >= abs(observed) * (1 - SAME_DRAW)).sum())
    return (1 + extreme) / (1 + len(differences)), len(differences)


def _plain(rows: Refit, spec: Spec) -> Sample:
    """Outcome and regressors without interactions, on the rows of the stacked fit."""
    sample = select_with_singletons(
        spec, rows.source, Options(covariance="iid", clusters=(), small_sample="none", weights=rows.estimate.weights, bandwidth=None)
    )
    return replace(sample, matrix=sample.matrix[:, np.searchsorted(sample.positions, rows.sample.positions)])


def _effects(rows: Refit, spec: Spec, by: str, inside: NDArray[np.bool_]) -> list[Grouping]:
    """The absorbed effects of one group on the rows ``inside``: ``by`` itself is a constant there."""
    found = []
    for effect in spec.effects:
        names = [name for name in effect.columns if name != by]
        if names:
            found.append(crossed([rows.grouping(name).take(inside) for name in names]))
    if not found and (spec.intercept or spec.effects):
        found.append(Grouping(np.zeros(int(inside.sum()), dtype=np.intp), 1))
    return found


def _differences(moments: UnitMoments, belongs: NDArray[np.bool_], position: int, rng: np.random.Generator, draws: int) -> Floats:
    """(usable draws,) differences of the coefficient of regressor ``position``, the units dealt out at random."""
    regressors = range(1, moments.columns)
    found = []
    for start in range(0, draws, moments.block):
        dealt = rng.permuted(np.tile(belongs, (min(moments.block, draws - start), 1)), axis=1).astype(np.float64)
        first, ok = slopes(moments.combined(dealt), 0, regressors)
        second, also = slopes(moments.combined(1.0 - dealt), 0, regressors)
        found.append((first - second)[ok & also, position])
    return np.concatenate(found)


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
class GroupComparison(ReportMixin):
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

    def _report(self) -> Report:
        test = self.equality
        lines = [f"Equal in all groups: F({test.df1:g}, {test.df2:g}) = {number(test.statistic)}, {p_equation(test.p_value)}"]
        if self.unit:
            lines.append(f"Permutation: groups exchanged among {self.unit}, {self.pairs[0].permutations} draws")
        lines += [convention(self.estimate.covariance), *warned(self.estimate.warnings)]
        tables = (report_table(self.tidy()), report_table(self.pairs_frame(), ("p_value", "permutation_p")))
        return Report(f"{self.term} by {self.by}: {self.estimate.spec.formula}", tables, tuple(lines))


def _numbers(c: Coefficient) -> tuple[float, ...]:
    return c.estimate, c.std_error, c.statistic, c.p_value, c.low, c.high

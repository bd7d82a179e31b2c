"""A composite index of one or more systems on a panel: normalise, weigh, score, couple."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError, UnknownName
from toolkit.language import Note, Text, note
from toolkit.measure.composite.closeness import Obstacles, obstacle_degrees
from toolkit.measure.composite.coupling import GRADES, Coupling, Form, checked_form, coupling, grade
from toolkit.measure.composite.guards import Guard, constant_guard, level_guard, weight_guard
from toolkit.measure.composite.matrix import Normalisation, checked_importance, normalise
from toolkit.measure.composite.rows import Layout, Missing, SchemeLike, Structure, layout_of, rows_of
from toolkit.measure.composite.weights import COMBINED, Weighting, combination_amounts, weights_by
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.report import Report, ReportMixin, number, report_table, warned

_TOLD = 0.005  # amounts that two decimals show


NEGATIVE_AMOUNT = Text(
    "Combined weights of {system}: the amount of {method} is negative ({amount}) and enters by its absolute value.",
    "“{system}”的组合赋权：{method}的组合系数为负（{amount}），取其绝对值。",
)
ONE_SYSTEM = note(
    "one_system",
    Text(
        "There is one system: C is one by construction and D is the square root of the score; read T.",
        "只有一个系统：C恒等于1，D为得分的平方根；应以T为准。",
    ),
)
ZERO_SCORES = Text(
    "Rows where a system scores exactly zero, so that D is zero: {rows}; an offset, such as offset=0.01, keeps them apart.",
    "某一系统得分恰为零、因而D为零的行：{rows}行；可设偏移量（如offset=0.01）加以区分。",
)


@dataclass(frozen=True, eq=False, repr=False)
class CompositeIndex(ReportMixin):
    r"""Scores and coupling of k systems, from m indicators, on n entity-years.

    Attributes
    ----------
    keys : (n, 2) entity and time of each row, sorted.
    layout : dimension, system, direction and name of each indicator.
    values : (n, m) indicators in their units, with what was interpolated.
    normalised : (n, m) in [0, 1], 1 the best.
    weights : (m,) over all indicators; sums to one. Inside a system they sum to its ``importance``.
    importance : (k,) weight of each system in T; sums to one.
    scores : (n, k) U of each system, in [0, 1]: the weighted mean of its indicators.
    c, t, d : (n,) coupling, development and coupling coordination.
    grade : (n,) position in ``GRADES``, 0 the lowest.
    weighting, normalisation, offset, form : the conventions used.
    notes : what was dropped, filled or assumed, in both languages.
    """

    keys: pd.DataFrame
    layout: Layout
    values: pd.DataFrame
    normalised: pd.DataFrame
    weights: pd.Series
    importance: pd.Series
    scores: pd.DataFrame
    c: Floats
    t: Floats
    d: Floats
    grade: np.ndarray
    weighting: str
    normalisation: Normalisation
    offset: float
    form: Form
    notes: tuple[Note, ...] = field(repr=False)

    @property
    def entity(self) -> str:
        """Name of the column of entities."""
        return str(self.keys.columns[0])

    @property
    def time(self) -> str:
        """Name of the column of time."""
        return str(self.keys.columns[1])

    def to_frame(self) -> pd.DataFrame:
        """One row per entity-year: the keys, the score of each system by its id, c, t, d and grade (in the current language)."""
        labels = [GRADES[g].to() for g in self.grade]
        return pd.concat([self.keys, self.scores], axis=1).assign(c=self.c, t=self.t, d=self.d, grade=labels)

    def wide(self, name: str = "d") -> pd.DataFrame:
        """Entities by years of a score or of c, t, d or grade (its position); missing where a row was left out.

        Raises
        ------
        UnknownName
            When there is no such column.
        """
        frame = self.to_frame().assign(grade=self.grade)
        if name not in [*self.scores.columns, "c", "t", "d", "grade"]:
            choices = ", ".join([*self.scores.columns, "c", "t", "d", "grade"])
            raise UnknownName(f"the index has no column {name!r}", remedy=f"one of {choices}")
        return frame.pivot(index=self.entity, columns=self.time, values=name)

    def weight_table(self) -> pd.DataFrame:
        """One row per indicator: system, dimension, indicator (ids), direction, weight in the system, weight overall."""
        home = pd.Series(self.layout.system)
        return pd.DataFrame(
            {
                "system": home,
                "dimension": pd.Series(self.layout.dimension),
                "indicator": self.weights.index,
                "direction": pd.Series(self.layout.direction),
                "within_system": self.weights / home.map(self.importance),
                "weight": self.weights,
            },
        ).reset_index(drop=True)

    def alternatives(self, *methods: Normalisation) -> list[pd.DataFrame]:
        """The normalised matrix of this index, then one (n, m) matrix per other method: what the draws of a ranking start from.

        ``ranking_uncertainty(found.alternatives("z-score", "rank"), found.weights, found.system_labels, ..., alpha=found.importance)``
        takes them as they are. The draws scale the weights inside each system, so that the importance of the systems must be passed along:
        without ``alpha`` all systems count the same in T.
        """
        times = self.keys[self.time]
        others = [normalise(self.values, self.layout.direction, m, times=times, offset=self.offset) for m in methods]
        return [self.normalised, *others]

    @property
    def system_labels(self) -> list[str]:
        """(m,) id of the system of each indicator."""
        return [self.layout.system[name] for name in self.weights.index]

    def guards(self) -> tuple[Guard, ...]:
        """What to beware of: D against T, one heavy indicator, nearly constant indicators.

        Raises
        ------
        MeasureError
            On fewer than three rows, or when D or T is the same everywhere.
        """
        names: dict[object, str | Text] = dict(self.layout.names.items())
        return (
            level_guard(self.d, self.t),
            weight_guard(self.weights, self.system_labels, names),
            constant_guard(self.values, names),
        )

    def obstacles(self) -> Obstacles:
        """Obstacle degrees of the indicators, in percent; ``.by_group(index.layout.system)`` sums them by system."""
        return obstacle_degrees(self.normalised, self.weights)

    def _report(self) -> Report:
        counts = self.keys.nunique()
        size = f"{len(self.keys)} rows, {counts[self.entity]} x {self.entity}, {counts[self.time]} x {self.time}"
        home = pd.Series(self.layout.system)
        table = pd.DataFrame(
            {
                "system": self.scores.columns,
                "indicators": [int((home == system).sum()) for system in self.scores.columns],
                "importance": self.importance[self.scores.columns].to_numpy(),
                "mean score": self.scores.mean().to_numpy(),
            }
        )
        means = ", ".join(f"{name} {number(float(values.mean()))}" for name, values in (("C", self.c), ("T", self.t), ("D", self.d)))
        how = f"Weights {self.weighting}, normalisation {self.normalisation}, form {self.form}, offset {self.offset:g}"
        return Report(f"Composite index: {size}", (report_table(table),), (f"Means: {means}", how, *warned(self.notes)))


def composite_index(
    data: Panel | pd.DataFrame,
    scheme: SchemeLike | Structure,
    *,
    weights: Weighting | Mapping[str, float] | pd.Series = "entropy",
    normalisation: Normalisation = "min-max",
    offset: float = 0.0,
    importance: Mapping[str, float] | ArrayLike | None = None,
    form: Form = "standard",
    missing: Missing = "refuse",
    interpolate: int = 0,
    entity: str | None = None,
    time: str | None = None,
) -> CompositeIndex:
    r"""Score each system of a scheme on every row of a panel, and couple the systems.

    Indicators are normalised over all rows, so that years compare; weights are found inside each system, so that the number of its
    indicators does not make a system important. With importance :math:`\alpha_s`,

    .. math:: U_{is} = \sum_{j \in s} \omega_j z_{ij}, \quad \sum_{j \in s} \omega_j = 1, \quad w_j = \alpha_{s(j)} \omega_j, \quad
        T_i = \sum_s \alpha_s U_{is} = \sum_j w_j z_{ij}, \quad D_i = \sqrt{C_i T_i}

    Parameters
    ----------
    data : a Panel, or a frame together with ``entity`` and ``time``; one year is enough.
    scheme : from ``toolkit.load_scheme``, or a mapping over columns such as ``{"science": ["rd"], "industry": {"energy": "negative"}}``.
    weights : a method, found from all rows, or one weight per indicator (scaled to sum to one inside each system).
    normalisation, offset : see :func:`normalise`.
    importance : (k,) of the systems, by id or in order, positive; equal when omitted.
    form : of C, see :func:`coupling`.
    missing : "refuse" names the first missing cell; "drop_rows" leaves such rows out and counts them.
    interpolate : longest gap, in periods, that is bridged linearly between two observed values of an entity; nothing is extrapolated.
    entity, time : columns of a plain frame.

    Raises
    ------
    MeasureError
        On a missing cell, a constant indicator, a system of no importance, or weights that do not fit; each named.
    UnknownOption
        On a method, normalisation, form or treatment of missing cells that there is not.
    MissingColumn
        When the data lack a column; names file and line of the scheme.

    References
    ----------
    OECD and JRC (2008), Handbook on Constructing Composite Indicators.

    Examples
    --------
    >>> frame = pd.DataFrame({"p": ["a", "b", "c"], "year": 2023, "rd": [1.0, 2.0, 3.0], "sales": [10.0, 30.0, 20.0]})
    >>> found = composite_index(frame, {"science": ["rd"], "industry": ["sales"]}, entity="p", time="year")
    >>> found.to_frame()[["p", "science", "industry", "c", "t", "d"]].round(3)
       p  science  industry      c     t      d
    0  a      0.0       0.0  0.000  0.00  0.000
    1  b      0.5       1.0  0.943  0.75  0.841
    2  c      1.0       0.5  0.943  0.75  0.841
    """
    checked_form(form)
    layout = layout_of(scheme)
    systems = pd.Index(layout.systems)
    alpha = checked_importance(np.ones(len(systems)) if importance is None else importance, systems, "the importance of the systems")
    if not alpha.all():
        name = alpha.index[int(alpha.to_numpy().argmin())]
        remedy = "give it some, or leave the system out of the scheme: without a part in T it would still move C"
        raise MeasureError(f"the system {name!r} has an importance of zero", remedy=remedy)
    rows = rows_of(data, scheme, layout, missing=missing, interpolate=interpolate, roles=(entity, time))
    for name in systems.intersection(rows.keys.columns):
        raise MeasureError(f"the system {name!r} has the name of a column of the keys", remedy="give it another id")
    z = normalise(rows.values, layout.direction, normalisation, times=rows.keys.iloc[:, 1], offset=offset)
    inside = _inside(z, layout, weights)
    scores = pd.DataFrame({s: z[layout.of(s)].to_numpy() @ inside[layout.of(s)].to_numpy() for s in systems}).clip(0.0, 1.0)
    found, notes = _coupled(scores, alpha, form)
    return CompositeIndex(
        keys=rows.keys,
        layout=layout,
        values=rows.values,
        normalised=z,
        weights=(inside * alpha[[layout.system[name] for name in inside.index]].to_numpy()).rename("weight"),
        importance=alpha.rename("importance"),
        scores=scores,
        c=found.c,
        t=found.t,
        d=found.d,
        grade=grade(found.d),
        weighting=weights if isinstance(weights, str) else "given",
        normalisation=normalisation,
        offset=offset,
        form=form,
        notes=(*rows.notes, *_negative(z, layout, weights), *notes),
    )


def _inside(z: pd.DataFrame, layout: Layout, weights: str | Mapping[str, float] | pd.Series) -> pd.Series:
    """(m,) weights that sum to one inside each system."""
    homes = {s: pd.Index(layout.of(s)) for s in layout.systems}
    if isinstance(weights, str):
        parts = [weights_by(weights, z[columns]) for columns in homes.values()]
    else:
        given = checked_importance(weights, z.columns, "the index")
        parts = [checked_importance(given[columns], columns, f"the system {s}") for s, columns in homes.items()]
    whole: pd.Series = pd.concat(parts)
    return whole


def _negative(z: pd.DataFrame, layout: Layout, weights: str | Mapping[str, float] | pd.Series) -> list[Note]:
    """Which vectors enter a combination by the absolute value of their amount."""
    notes = []
    for system in layout.systems if isinstance(weights, str) and weights == "combined" else []:
        columns = layout.of(system)
        amounts = combination_amounts(*(weights_by(method, z[columns]) for method in COMBINED))
        for name, amount in zip(COMBINED.values(), amounts, strict=True):
            if amount < -_TOLD and len(columns) > 1:
                number = f"{amount:.2f}".replace("-", "−")
                notes.append(note("negative_amount", NEGATIVE_AMOUNT, system=layout.names[system], method=name, amount=number))
    return notes


def _coupled(scores: pd.DataFrame, alpha: pd.Series, form: Form) -> tuple[Coupling[Floats], list[Note]]:
    u = scores.to_numpy()
    if u.shape[1] == 1:
        return Coupling(np.ones(len(u)), u[:, 0], np.sqrt(u[:, 0])), [ONE_SYSTEM]
    zero = int((u == 0).any(axis=1).sum())
    notes = [note("zero_scores", ZERO_SCORES, rows=zero)] if zero else []
    return coupling(u, alpha.to_numpy(), form), notes

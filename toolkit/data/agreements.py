"""One quantity, two publications: which takes the plain name, what fills its gaps, and whether the two agree.

The rule: the publication with more cells in the table takes the plain name; where both have as many, the one in the finer unit, and at
equal units the yearbook. Cells that it lacks come from the other. Which is which stands in tables.yaml (agreements); here it is applied
and checked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.data.checks import declared_rows
from toolkit.errors import RegistryError, SumMismatch
from toolkit.registry import Agreement, Table


@dataclass(frozen=True)
class AgreementResult:
    """What two publications of one quantity say.

    Attributes
    ----------
    id, other : columns of the two.
    compared, equal : cells that both give, and those that agree to the last digit.
    smallest, largest : gaps (plain name minus other) without the declared deviations, in units or percent.
    low, high : their bounds.
    deviations : number of declared deviations.
    joined : cells that only the other gives.
    reason : of the bounds.
    """

    id: str
    other: str
    compared: int
    equal: int
    smallest: float
    largest: float
    low: float
    high: float
    deviations: int
    joined: int
    reason: str


def join_publications(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The plain names filled from the other publication; the other keeps its cells for the check.

    Raises
    ------
    RegistryError
        The publication under the plain name has fewer cells than the other.
    SumMismatch
        The two do not agree (see :func:`agreement`).
    """
    out = frame.copy()
    for record in table.agreements:
        agreement(frame, record, table)
        out[record.id] = frame[record.id].fillna(frame[record.other])
    return out


def agreements(frame: pd.DataFrame, table: Table) -> tuple[AgreementResult, ...]:
    """Every pair of publications of a frame that is not yet joined."""
    return tuple(agreement(frame, record, table) for record in table.agreements)


def agreement(frame: pd.DataFrame, record: Agreement, table: Table) -> AgreementResult:
    """Compare the cells that both publications give.

    Parameters
    ----------
    frame : the series of both publications under their columns, repaired and not yet joined.
    record, table : the agreement and its table.

    Raises
    ------
    RegistryError
        The plain name has fewer cells, nothing can be compared, or a deviation is declared for a cell that agrees.
    SumMismatch
        With the place, both figures and the bounds.
    """
    plain, other = frame[record.id], frame[record.other]
    where = f"toolkit/registry/tables.yaml, entry {table.id}, agreement {record.id}"
    if other.notna().sum() > plain.notna().sum():
        raise RegistryError(
            f"{record.other} has more cells ({other.notna().sum()}) than {record.id} ({plain.notna().sum()})",
            where=where,
            remedy="exchange the two: the longer one takes the plain name",
        )
    both = plain.notna() & other.notna()
    gap = (plain - other)[both]
    if record.gap == "percent":
        gap = gap / other[both] * 100.0
    places = pd.DataFrame({"entity": frame[table.entity] if table.entity else "", "time": frame[table.time or "year"]}).reindex(gap.index)
    usual = gap.drop(declared_rows(gap, places, record.deviations, where))
    if usual.empty and record.overlap == "required":
        raise RegistryError("the two publications share no cell", where=where, remedy="correct the record, or declare overlap: none")
    bad = usual.index[~usual.between(*record.bounds)]
    if len(bad):
        at = bad[0]
        place = ", ".join(str(frame.loc[at, key]) for key in filter(None, (table.entity, table.time or "year")))
        raise SumMismatch(
            f"two publications differ: {record.id} = {plain[at]:.8g}, {record.other} = {other[at]:.8g}; "
            f"the gap {gap[at]:.4g} is outside [{record.bounds[0]:g}, {record.bounds[1]:g}]",
            where=f"table {table.id}, {place} ({len(bad)} of {len(gap)} comparisons)",
            remedy=f"find the wrong figure, or declare the deviation; the bounds stand in tables.yaml because: {record.reason}",
        )
    return AgreementResult(
        id=record.id,
        other=record.other,
        compared=len(gap),
        equal=int(np.isclose(plain[both], other[both], rtol=1e-12, atol=0.0).sum()),
        smallest=float(usual.min()),
        largest=float(usual.max()),
        low=record.bounds[0],
        high=record.bounds[1],
        deviations=len(record.deviations),
        joined=int((plain.isna() & other.notna()).sum()),
        reason=record.reason,
    )

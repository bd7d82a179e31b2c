"""Cells of the US industry tables that are no single number: how many there are, and how far they can move the elasticity.

A cell that was printed as an interval ("range a to b", "below 0.5") stays missing in the data. Here, and only here, its two ends are tried.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.estimate import fit
from toolkit.numerics import Floats
from toolkit.panel import Panel

Form = Literal["log", "asinh"]
Direction = Literal["lowest", "highest"]

NOTES = {"rd_company_paid": "note_company", "rd_federal_paid": "note_federal", "domestic_sales": "note_sales"}
FORMS: tuple[Form, ...] = ("log", "asinh")
ENDS = ("low", "high")
IMPUTED = "flag i"

_RANGE = re.compile(r"range (\d+) to (\d+)")
_BELOW = re.compile(r"below (\d+(?:\.\d+)?)")


def declared_interval(note: object) -> tuple[float, float] | None:
    """The interval that a note declares; None for a suppressed cell, a flag, or no note.

    Examples
    --------
    >>> declared_interval("range 433 to 442; flag i"), declared_interval("below 0.5"), declared_interval("suppressed")
    ((433.0, 442.0), (0.0, 0.5), None)
    """
    text = note if isinstance(note, str) else ""
    if (found := _RANGE.search(text)) is not None:
        return float(found[1]), float(found[2])
    if (found := _BELOW.search(text)) is not None:
        return 0.0, float(found[1])
    return None


def kind_of(value: float, note: object) -> str:
    """How a cell was published: "positive", "zero", "below", "range" or "suppressed".

    Examples
    --------
    >>> kind_of(0.0, None), kind_of(float("nan"), "range 3 to 17"), kind_of(float("nan"), "suppressed")
    ('zero', 'range', 'suppressed')
    """
    if not np.isnan(value):
        return "positive" if value > 0 else "zero"
    text = note if isinstance(note, str) else ""
    return "range" if _RANGE.search(text) else "below" if _BELOW.search(text) else "suppressed"


def count_cells(panel: Panel) -> pd.DataFrame:
    """Cells by kind and year, and a last row for all years.

    Returns
    -------
    Columns year (text), rows, federal_positive, federal_zero, federal_below, federal_range, federal_suppressed, federal_imputed (among the
    published), company_range, company_suppressed, sales_missing, used (rows in which a regression in logs can be run).
    """
    frame = panel.frame
    kinds = {
        column: pd.Series([kind_of(v, n) for v, n in zip(frame[column], frame[note], strict=True)], index=frame.index)
        for column, note in NOTES.items()
    }
    federal, company, sales = kinds["rd_federal_paid"], kinds["rd_company_paid"], kinds["domestic_sales"]
    marks = pd.DataFrame(
        {
            "rows": True,
            **{f"federal_{kind}": federal == kind for kind in ("positive", "zero", "below", "range", "suppressed")},
            "federal_imputed": frame["rd_federal_paid"].notna() & imputed(frame["note_federal"]),
            "company_range": company == "range",
            "company_suppressed": company == "suppressed",
            "sales_missing": frame["domestic_sales"].isna(),
            "used": (federal == "positive") & (company == "positive") & (sales == "positive"),
        }
    )
    by_year = marks.groupby(frame[panel.time]).sum()
    years = [*by_year.index.astype(str), f"{by_year.index.min()}–{by_year.index.max()}"]
    counts = pd.concat([by_year, by_year.sum().to_frame().T], ignore_index=True).astype(int)
    counts.insert(0, "year", years)
    return counts


def imputed(notes: pd.Series) -> pd.Series:
    """Cells that the office imputed, by their flag."""
    return notes.fillna("").str.contains(IMPUTED, regex=False)


def with_ends(panel: Panel) -> Panel:
    """The panel with columns ``rd_company_paid_low``, ``_high``, ``rd_federal_paid_low`` and ``_high``.

    Both are the value where one was published, the ends of the declared interval where there is one, and missing where the cell was
    suppressed. Sales are left as published.
    """
    added: dict[str, list[float]] = {}
    for column in ("rd_company_paid", "rd_federal_paid"):
        cells = zip(panel.frame[column], panel.frame[NOTES[column]], strict=True)
        ends = [declared_interval(note) or (np.nan, np.nan) if np.isnan(value) else (value, value) for value, note in cells]
        for side, end in enumerate(ENDS):
            added[f"{column}_{end}"] = [pair[side] for pair in ends]
    return panel.assign(**added)


def bounds(panel: Panel) -> pd.DataFrame:
    """The elasticity with industry and year effects when interval cells stand at their ends.

    Four fillings set all federal cells, and all company cells, at one end. "lowest" and "highest" choose the end cell by cell so that the
    estimate becomes as low or as high as a search over the ends can make it: from each of the four fillings, cells are moved to their
    other end as long as that widens the estimate. In logs, rows whose federal interval begins at zero stay out of every filling.

    Returns
    -------
    Columns form ("log", "asinh"), federal, company ("low", "high", "lowest", "highest"), estimate, std_error, low, high, rows, industries.
    """
    filled = with_ends(panel)
    rows = []
    for form in FORMS:
        sample = filled.keep(filled.frame["rd_federal_paid_low"] > 0) if form == "log" else filled
        for federal, company in product(ENDS, ENDS):
            rows.append(_estimated(sample, form, federal, company))
        whole = _complete(sample)
        for direction in ("lowest", "highest"):
            chosen = whole.assign(**_search(Cells.of(whole, form), direction))
            rows.append(_estimated(chosen, form, direction, direction))
    return pd.DataFrame(rows)


def _estimated(panel: Panel, form: Form, federal: str, company: str) -> dict[str, object]:
    term = f"{form}(rd_federal_paid_{federal})"
    result = fit(f"log(rd_company_paid_{company}) ~ {term} + log(domestic_sales) | {panel.entity} + {panel.time}", panel)
    c = result.coefficient(term)
    return {
        "form": form,
        "federal": federal,
        "company": company,
        "estimate": c.estimate,
        "std_error": c.std_error,
        "low": c.low,
        "high": c.high,
        "rows": result.counts.rows,
        "industries": result.counts.entities,
    }


def _complete(panel: Panel) -> Panel:
    needed = ["rd_company_paid_low", "rd_federal_paid_low", "domestic_sales"]
    return panel.keep(panel.frame[needed].notna().all(axis=1))


def annihilator(frame: pd.DataFrame, groups: tuple[str, ...], controls: Floats) -> Floats:
    """(n, n) projection on what is left when the dummies of ``groups`` and the ``controls`` (n, k) are partialled out.

    Examples
    --------
    >>> frame = pd.DataFrame({"g": ["a", "a", "b", "b"]})
    >>> (annihilator(frame, ("g",), np.empty((4, 0))) @ np.array([1.0, 3.0, 5.0, 5.0])).round(6).tolist()
    [-1.0, 1.0, 0.0, 0.0]
    """
    dummies = [pd.get_dummies(frame[group], dtype=float).to_numpy() for group in groups]
    basis, size, _ = np.linalg.svd(np.column_stack([controls, *dummies]), full_matrices=False)
    basis = basis[:, size > 1e-9 * size[0]]
    left: Floats = np.eye(len(frame)) - basis @ basis.T
    return left


@dataclass(frozen=True)
class Cells:
    """The two ends of each row, transformed as in the regression.

    Attributes
    ----------
    federal, company : (n, 2) low and high end.
    raw_federal, raw_company : (n, 2) the same in million dollars.
    left : (n, n) projection that removes sales and both effects.
    """

    federal: Floats
    company: Floats
    raw_federal: Floats
    raw_company: Floats
    left: Floats

    @classmethod
    def of(cls, panel: Panel, form: Form) -> Cells:
        """From a panel that has the ends."""
        frame = panel.frame
        federal = frame[["rd_federal_paid_low", "rd_federal_paid_high"]].to_numpy()
        company = frame[["rd_company_paid_low", "rd_company_paid_high"]].to_numpy()
        sales = np.log(frame[["domestic_sales"]].to_numpy())
        transformed = np.log(federal) if form == "log" else np.arcsinh(federal)
        return cls(transformed, np.log(company), federal, company, annihilator(frame, (panel.entity, panel.time), sales))

    def slope(self, ends: NDArray[np.intp]) -> float:
        """The elasticity at the ends (2, n): 0 for low, 1 for high; first the federal cells, then the company cells."""
        at = np.arange(len(self.federal))
        x, y = self.federal[at, ends[0]], self.company[at, ends[1]]
        partial = self.left @ x
        return float(partial @ y / (partial @ x))


def _search(cells: Cells, direction: Direction) -> dict[str, Floats]:
    sign = 1.0 if direction == "highest" else -1.0
    movable = [np.argwhere(np.ptp(values, axis=1) > 0)[:, 0] for values in (cells.raw_federal, cells.raw_company)]
    moves = [(which, row) for which, rows in enumerate(movable) for row in rows]
    best, found = -np.inf, np.zeros((2, len(cells.federal)), dtype=np.intp)
    for start in product((0, 1), repeat=2):
        ends = np.repeat(np.array(start, dtype=np.intp)[:, None], len(cells.federal), axis=1)
        value, improved = sign * cells.slope(ends), True
        while improved:
            improved = False
            for move in moves:
                ends[move] ^= 1
                trial = sign * cells.slope(ends)
                if trial > value:
                    value, improved = trial, True
                else:
                    ends[move] ^= 1
        if value > best:
            best, found = value, ends.copy()
    at = np.arange(len(cells.federal))
    return {
        f"rd_federal_paid_{direction}": cells.raw_federal[at, found[0]],
        f"rd_company_paid_{direction}": cells.raw_company[at, found[1]],
    }

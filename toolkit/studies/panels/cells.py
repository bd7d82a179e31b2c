"""How far can cells that were not published as a number move the elasticity within industries and within states?

A cell that was printed as an interval, or withheld between zero and what is known of its row, stays missing in the data. Here, and only
here, its two ends are tried in the model with both effects: ln C or its end on ln F, or asinh F, or their ends.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.estimate import fit
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present.record import Statement, statement
from toolkit.studies.panels.industries import CONTROL, annihilator

_Floats = NDArray[np.float64]
Form = Literal["log", "log_one", "asinh"]
_Direction = Literal["lowest", "highest"]

NOTES = {"rd_company_paid": "note_company", "rd_federal_paid": "note_federal"}
INDUSTRY_FORMS: tuple[Form, ...] = ("log", "asinh")
STATE_FORMS: tuple[Form, ...] = ("log_one", "asinh")

_ENDS = ("low", "high")
_RANGE = re.compile(r"range (\d+) to (\d+)")
_BELOW = re.compile(r"below (\d+(?:\.\d+)?)")


def declared_interval(note: object) -> tuple[float, float] | None:
    """The interval that a note of the industry table declares; None for a suppressed cell, a flag, or no note.

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


def imputed(notes: pd.Series) -> pd.Series:
    """Cells that the office imputed, by their flag."""
    return notes.fillna("").str.contains("flag [ie]", regex=True)


def with_ends(panel: Panel) -> Panel:
    """The industries with columns ``rd_company_paid_low``, ``_high``, ``rd_federal_paid_low`` and ``_high``.

    Both are the value where one was published, the ends of the declared interval where there is one, and missing where the cell was
    suppressed. Sales are left as published.
    """
    added: dict[str, list[float]] = {}
    for column, note in NOTES.items():
        cells = zip(panel.frame[column], panel.frame[note], strict=True)
        ends = [declared_interval(said) or (np.nan, np.nan) if np.isnan(value) else (value, value) for value, said in cells]
        for side, end in enumerate(_ENDS):
            added[f"{column}_{end}"] = [pair[side] for pair in ends]
    return panel.assign(**added)


def states_with_ends(panel: Panel) -> Panel:
    """The states with the same columns; the table has the bounds of federal money, and company money is published throughout."""
    return panel.assign(**{f"rd_company_paid_{end}": panel.frame["rd_company_paid"] for end in _ENDS})


def fit_at_ends(filled: Panel, controls: Sequence[str], forms: Sequence[Form]) -> pd.DataFrame:
    """The elasticity with both effects when cells without a number stand at their ends.

    Four fillings set all federal cells, and all company cells, at one end. "lowest" and "highest" choose the end cell by cell so that the
    estimate becomes as low or as high as a search over the ends can make it: from each of the four fillings, cells are moved to their
    other end as long as that widens the estimate. In "log", rows whose federal interval begins at zero stay out of every filling; in
    "log_one" such an end is read as one million dollars, the least that is printed.

    Parameters
    ----------
    filled : a panel with ends, :func:`with_ends` or :func:`states_with_ends`.
    controls : terms of the formula.
    forms : of federal money.

    Returns
    -------
    Columns form, federal, company ("low", "high", "lowest", "highest"), estimate, std_error, low, high, rows, units.
    """
    rows = []
    for form in forms:
        sample = filled.keep(filled.frame["rd_federal_paid_low"] > 0) if form == "log" else filled
        for federal, company in product(_ENDS, _ENDS):
            rows.append(_estimated(panel=sample, controls=controls, form=form, federal=federal, company=company))
        whole = complete_ends(sample, controls)
        for direction in ("lowest", "highest"):
            chosen = whole.assign(**_search(cells_of(whole, controls, form), direction))
            rows.append(_estimated(panel=chosen, controls=controls, form=form, federal=direction, company=direction))
    return pd.DataFrame(rows)


def _transformed(money: _Floats, form: Form) -> _Floats:
    with np.errstate(divide="ignore"):
        found: _Floats = np.arcsinh(money) if form == "asinh" else np.log(np.maximum(money, 1.0) if form == "log_one" else money)
    return found


def _estimated(panel: Panel, controls: Sequence[str], form: Form, federal: str, company: str) -> dict[str, object]:
    at = panel.assign(federal_at=_transformed(panel.frame[f"rd_federal_paid_{federal}"].to_numpy(), form))
    terms = " + ".join(("federal_at", *controls))
    result = fit(f"log(rd_company_paid_{company}) ~ {terms} | {panel.entity} + {panel.time}", at)
    c = result.coefficient("federal_at")
    return {
        "form": form,
        "federal": federal,
        "company": company,
        "estimate": c.estimate,
        "std_error": c.std_error,
        "low": c.low,
        "high": c.high,
        "rows": result.counts.rows,
        "units": result.counts.entities,
    }


def complete_ends(panel: Panel, controls: Sequence[str]) -> Panel:
    """The rows of a panel with ends in which no cell that the model needs is suppressed."""
    needed = ["rd_company_paid_low", "rd_federal_paid_low", *map(_column, controls)]
    return panel.keep(panel.frame[needed].notna().all(axis=1))


def _column(control: str) -> str:
    return control.removeprefix("log(").removesuffix(")")


@dataclass(frozen=True)
class Cells:
    """The two ends of each row, transformed as in the regression.

    Attributes
    ----------
    federal, company : (n, 2) low and high end.
    raw_federal, raw_company : (n, 2) the same in million dollars.
    left : (n, n) projection that removes the controls and both effects.
    """

    federal: _Floats
    company: _Floats
    raw_federal: _Floats
    raw_company: _Floats
    left: _Floats


def cells_of(panel: Panel, controls: Sequence[str], form: Form) -> Cells:
    """The cells of a panel that has the ends, none of them suppressed."""
    frame = panel.frame
    federal = frame[["rd_federal_paid_low", "rd_federal_paid_high"]].to_numpy()
    company = frame[["rd_company_paid_low", "rd_company_paid_high"]].to_numpy()
    logs = np.log(frame[[_column(control) for control in controls]].to_numpy())
    return Cells(
        federal=_transformed(federal, form),
        company=np.log(company),
        raw_federal=federal,
        raw_company=company,
        left=annihilator(frame, (panel.entity, panel.time), logs),
    )


def slope_at(cells: Cells, ends: NDArray[np.intp]) -> float:
    """The elasticity at the ends (2, n): 0 for low, 1 for high; first the federal cells, then the company cells."""
    at = np.arange(len(cells.federal))
    x, y = cells.federal[at, ends[0]], cells.company[at, ends[1]]
    partial = cells.left @ x
    return float(partial @ y / (partial @ x))


def _search(cells: Cells, direction: _Direction) -> dict[str, _Floats]:
    sign = 1.0 if direction == "highest" else -1.0
    movable = [np.argwhere(np.ptp(values, axis=1) > 0)[:, 0] for values in (cells.raw_federal, cells.raw_company)]
    moves = [(which, row) for which, rows in enumerate(movable) for row in rows]
    best, found = -np.inf, np.zeros((2, len(cells.federal)), dtype=np.intp)
    for start in product((0, 1), repeat=2):
        ends = np.repeat(np.array(start, dtype=np.intp)[:, None], len(cells.federal), axis=1)
        value, improved = sign * slope_at(cells, ends), True
        while improved:
            improved = False
            for move in moves:
                ends[move] ^= 1
                trial = sign * slope_at(cells, ends)
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


def fit_bounds(leaves: Panel, states: Panel) -> pd.DataFrame:
    """Both panels at their ends, columns of :func:`fit_at_ends` after ``panel`` ("industries", "states").

    Parameters
    ----------
    leaves : from :func:`toolkit.studies.panels.designs.leaves_of`.
    states : the table ``us_state_rd``, prepared.
    """
    return pd.concat(
        [
            fit_at_ends(with_ends(leaves), (CONTROL,), INDUSTRY_FORMS).assign(panel="industries"),
            fit_at_ends(states_with_ends(states), (), STATE_FORMS).assign(panel="states"),
        ],
        ignore_index=True,
    )


def finding(fitted: pd.DataFrame, states: float, industries: float) -> Statement:
    """How far cells without a number move both elasticities.

    Parameters
    ----------
    fitted : from :func:`fit_bounds`.
    states, industries : the elasticities on published cells.
    """
    by_state = fitted[(fitted["panel"] == "states") & (fitted["form"] == "log_one")]
    by_industry = fitted[(fitted["panel"] == "industries") & (fitted["form"] == "log")]
    low, high = by_state.sort_values("estimate")[["low", "high"]].to_numpy(dtype=np.float64)[0]
    return statement(
        "withheld_cells",
        Text(
            "With every withheld or interval cell at whichever end suits, and zero read as one million dollars, the elasticity within "
            "states runs from {state_low:.3f} to {state_high:.3f}, against {states:.3f} on published cells, and the interval of the "
            "lowest filling {zero} zero. Within industries it runs from {industry_low:.3f} to {industry_high:.3f}, against "
            "{industries:.3f}.",
            "将每个隐去或区间单元格取最有利的一端（零取一百万美元），州之内的弹性介于{state_low:.3f}与{state_high:.3f}之间，仅用已公布单元"
            "格为{states:.3f}；最低取法的区间{zero}零。行业之内介于{industry_low:.3f}与{industry_high:.3f}之间，仅用已公布单元格为"
            "{industries:.3f}。",
        ),
        state_low=by_state["estimate"].min(),
        state_high=by_state["estimate"].max(),
        states=states,
        industry_low=by_industry["estimate"].min(),
        industry_high=by_industry["estimate"].max(),
        industries=industries,
        zero=Text("includes", "包含") if low <= 0 <= high else Text("stops short of", "不含"),
    )

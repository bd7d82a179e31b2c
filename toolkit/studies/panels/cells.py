"""Which cells of the US tables are no single number, and how far can they move the elasticity?

A cell that was printed as an interval ("range a to b", "below 0.5") stays missing in the data. Here, and only here, its two ends are tried
in the model with industry and year effects: ln C or its end on ln F, or asinh F, or their ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit import glossary
from toolkit.estimate import fit
from toolkit.language import Head, Text
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.studies.panels.industries import INDUSTRIES, MARKED, annihilator

_Floats = NDArray[np.float64]
Form = Literal["log", "asinh"]
_Direction = Literal["lowest", "highest"]

NOTES = {"rd_company_paid": "note_company", "rd_federal_paid": "note_federal", "domestic_sales": "note_sales"}
FORMS: tuple[Form, ...] = ("log", "asinh")

_ENDS = ("low", "high")
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


def imputed(notes: pd.Series) -> pd.Series:
    """Cells that the office imputed, by their flag."""
    return notes.fillna("").str.contains("flag i", regex=False)


def _count(leaves: Panel) -> pd.DataFrame:
    """Cells by kind and year, and a last row for all years; "used": rows in which a regression in logs can be run."""
    frame = leaves.frame
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
    by_year = marks.groupby(frame[leaves.time]).sum()
    years = [*by_year.index.astype(str), f"{by_year.index.min()}–{by_year.index.max()}"]
    counts = pd.concat([by_year, by_year.sum().to_frame().T], ignore_index=True).astype(int)
    counts.insert(0, "year", years)
    return counts


def counts(leaves: Panel) -> TableExhibit:
    """Cells by kind and year."""
    return frame_table(
        _count(leaves),
        {
            "year": Head(glossary.YEAR, "year"),
            "rows": Text("Industries", "行业数"),
            "federal_positive": Text("Federal: positive", "联邦：正值"),
            "federal_zero": Text("zero", "零"),
            "federal_below": Text("below 0.5", "低于0.5"),
            "federal_range": Text("range", "区间"),
            "federal_suppressed": Text("suppressed", "隐去"),
            "federal_imputed": Text("of published: imputed", "已公布中插补"),
            "company_range": Text("Company: range", "企业：区间"),
            "company_suppressed": Text("suppressed", "隐去"),
            "sales_missing": Text("Sales: none", "销售额：缺"),
            "used": Text("Used in logs", "对数回归可用"),
        },
        title=Text("Cells of the US tables by kind and year", "美国统计表单元格：按类型与年份"),
        notes=[
            Text(
                "Rows without finer rows. Used in logs: company-paid R&D, federally paid R&D and sales all published and positive. Nothing "
                "is filled in.",
                "仅含无下级分类的行业。对数回归可用：企业自筹R&D、联邦资助R&D与销售额均已公布且为正。未作任何填补。",
            )
        ],
    )


def semiconductors(leaves: Panel) -> TableExhibit:
    """The two marked industries by year; federal money as published: a number, or its declared interval."""
    rows = leaves.frame[leaves.frame["naics"].isin(MARKED)].sort_values(["mark", "year"], ascending=[False, True])
    printed = [_printed(value, note) for value, note in zip(rows["rd_federal_paid"], rows["note_federal"], strict=True)]
    return frame_table(
        rows.assign(industry=rows["naics"], company=rows["rd_company_paid"], sales=rows["domestic_sales"], federal=printed),
        {
            "industry": glossary.INDUSTRY,
            "year": Head(glossary.YEAR, "year"),
            "federal": Text("Federally paid R&D", "联邦资助R&D"),
            "company": Text("Company-paid R&D", "企业自筹R&D"),
            "sales": Text("Sales", "销售额"),
            "rd_to_sales": Text("Company R&D / sales (%)", "企业R&D/销售额（%）"),
        },
        names=INDUSTRIES,
        digits={"company": 0, "sales": 0, "rd_to_sales": 1},
        title=Text("Semiconductors and semiconductor machinery", "半导体与半导体设备"),
        notes=[
            Text(
                "Million current US dollars; as published, “<” marks a cell below that value.",
                "百万现价美元；按公布值，“<”表示低于该值。",
            )
        ],
    )


def _printed(value: float, note: object) -> str:
    if not np.isnan(value):
        return f"{value:,.0f}"
    interval = declared_interval(note)
    if interval is None:
        return "–"
    low, high = interval
    return f"<{high:g}" if low == 0 and not float(high).is_integer() else f"{low:,.0f}–{high:,.0f}"


def with_ends(panel: Panel) -> Panel:
    """The panel with columns ``rd_company_paid_low``, ``_high``, ``rd_federal_paid_low`` and ``_high``.

    Both are the value where one was published, the ends of the declared interval where there is one, and missing where the cell was
    suppressed. Sales are left as published.
    """
    added: dict[str, list[float]] = {}
    for column in ("rd_company_paid", "rd_federal_paid"):
        cells = zip(panel.frame[column], panel.frame[NOTES[column]], strict=True)
        ends = [declared_interval(note) or (np.nan, np.nan) if np.isnan(value) else (value, value) for value, note in cells]
        for side, end in enumerate(_ENDS):
            added[f"{column}_{end}"] = [pair[side] for pair in ends]
    return panel.assign(**added)


def fit_at_ends(leaves: Panel) -> pd.DataFrame:
    """The elasticity with industry and year effects when interval cells stand at their ends.

    Four fillings set all federal cells, and all company cells, at one end. "lowest" and "highest" choose the end cell by cell so that the
    estimate becomes as low or as high as a search over the ends can make it: from each of the four fillings, cells are moved to their
    other end as long as that widens the estimate. In logs, rows whose federal interval begins at zero stay out of every filling.

    Returns
    -------
    Columns form ("log", "asinh"), federal, company ("low", "high", "lowest", "highest"), estimate, std_error, low, high, rows, industries.
    """
    filled = with_ends(leaves)
    rows = []
    for form in FORMS:
        sample = filled.keep(filled.frame["rd_federal_paid_low"] > 0) if form == "log" else filled
        for federal, company in product(_ENDS, _ENDS):
            rows.append(_estimated(sample, form, federal, company))
        whole = complete_ends(sample)
        for direction in ("lowest", "highest"):
            chosen = whole.assign(**_search(cells_of(whole, form), direction))
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


def complete_ends(panel: Panel) -> Panel:
    """The rows of a panel with ends in which no cell that the model needs is suppressed."""
    needed = ["rd_company_paid_low", "rd_federal_paid_low", "domestic_sales"]
    return panel.keep(panel.frame[needed].notna().all(axis=1))


@dataclass(frozen=True)
class Cells:
    """The two ends of each row, transformed as in the regression.

    Attributes
    ----------
    federal, company : (n, 2) low and high end.
    raw_federal, raw_company : (n, 2) the same in million dollars.
    left : (n, n) projection that removes sales and both effects.
    """

    federal: _Floats
    company: _Floats
    raw_federal: _Floats
    raw_company: _Floats
    left: _Floats


def cells_of(panel: Panel, form: Form) -> Cells:
    """The cells of a panel that has the ends, none of them suppressed."""
    frame = panel.frame
    federal = frame[["rd_federal_paid_low", "rd_federal_paid_high"]].to_numpy()
    company = frame[["rd_company_paid_low", "rd_company_paid_high"]].to_numpy()
    sales = np.log(frame[["domestic_sales"]].to_numpy())
    return Cells(
        federal=np.log(federal) if form == "log" else np.arcsinh(federal),
        company=np.log(company),
        raw_federal=federal,
        raw_company=company,
        left=annihilator(frame, (panel.entity, panel.time), sales),
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


def bounds(fitted: pd.DataFrame) -> TableExhibit:
    """The elasticity with interval cells at their ends."""
    return frame_table(
        fitted,
        {
            "form": Text("Federal money in", "联邦资助形式"),
            "federal": Text("Federal cells at", "联邦单元格取"),
            "company": Text("Company cells at", "企业单元格取"),
            "estimate": glossary.ELASTICITY,
            "std_error": glossary.STANDARD_ERROR,
            "low": glossary.LOW,
            "high": glossary.HIGH,
            "rows": glossary.N,
        },
        names={
            "log": Text("ln", "ln"),
            "asinh": Text("asinh", "asinh"),
            "low": Text("lower end", "下端"),
            "high": Text("upper end", "上端"),
            "lowest": Text("chosen: lowest estimate", "逐格选取：估计最低"),
            "highest": Text("chosen: highest estimate", "逐格选取：估计最高"),
        },
        title=Text("The elasticity with interval cells at their ends", "区间单元格取端点时的弹性"),
        notes=[
            Text(
                "Industry and year effects. Cells printed as a range or as below a value stand at the end named; suppressed cells stay "
                "out. In ln, rows whose federal interval begins at zero stay out as well. Chosen: ends taken cell by cell, by a search "
                "that no single move improves.",
                "含行业与年份固定效应。以区间或“低于某值”公布的单元格取所列一端；隐去的单元格不用。取对数时，联邦区间下端为零的行也不用。"
                "逐格选取：逐个单元格选择端点，直至任何单个变动都不能再改进。",
            )
        ],
    )

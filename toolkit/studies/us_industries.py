"""Company-paid R&D on federally paid R&D in US industries, with semiconductors and semiconductor machinery marked.

A panel in which the firm's own R&D and the government's money are published apart, so that the money is not part of the outcome.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.estimate import Estimate, fit, fit_between, fit_differences, fit_poisson
from toolkit.estimate.inference import WildTests, wild_tests
from toolkit.estimate.results.derived import INTERCEPT
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.registry import registry
from toolkit.studies.us_industry_cells import annihilator, bounds, count_cells, declared_interval, imputed
from toolkit.studies.us_industry_texts import INSIDE, MACHINERY, MARKED, OTHERS, OUTSIDE, SEMICONDUCTORS, TITLES, VARIANTS

CLAIM = "he2025_subsidy_elasticity"
OUTCOME = "log(rd_company_paid)"
FEDERAL = "log(rd_federal_paid)"
LAGGED = f"L({FEDERAL}, 1)"
CONTROL = "log(domestic_sales)"
BOTH = "naics + year"

SPECIFICATIONS = {
    "pooled": f"{OUTCOME} ~ {FEDERAL} + {CONTROL}",
    "year": f"{OUTCOME} ~ {FEDERAL} + {CONTROL} | year",
    "two_way": f"{OUTCOME} ~ {FEDERAL} + {CONTROL} | {BOTH}",
    "lag": f"{OUTCOME} ~ {LAGGED} + {CONTROL} | {BOTH}",
    "intensity": f"log(rd_to_sales) ~ {FEDERAL} | {BOTH}",
}
LADDER = ("pooled", "year", "two_way", "differences", "lag", "intensity")
MUNDLAK = f"{OUTCOME} ~ {FEDERAL} + {CONTROL} + mean_log_federal + mean_log_sales"
ZERO_INDICATOR = f"{OUTCOME} ~ log_federal_or_zero + no_federal + {CONTROL} | {BOTH}"
SAMPLES = {"2016_2017": (2016, 2017), "2018_2022": (2018, 2022), "2016_2019": (2016, 2019), "2020_2022": (2020, 2022)}
ERAS = ((2016, 2017), (2018, 2019), (2020, 2022))  # between them the R&D threshold of 2018 and NAICS 2017
DRAWS, SEED = 9999, 2016  # of the wild bootstrap; the seed is the first year of the panel
NAMED = (SEMICONDUCTORS, MACHINERY, "336411-13", "334511", "336414-15,336419", "3254", "5112", "5415", "337")  # written in the scatter


@dataclass(frozen=True)
class Decomposition:
    """The pooled slope as a weighted mean: pooled = weight * between + (1 - weight) * within, exactly.

    Attributes
    ----------
    pooled, between, within : slopes on federal money after sales are partialled out of the pooled rows.
    weight : share of the sum of squares of that federal money which lies between industries.
    """

    pooled: float
    between: float
    within: float
    weight: float


@dataclass(frozen=True)
class IndustryResults:
    """Everything that notebook 04 shows about US industries.

    Attributes
    ----------
    leaves : industries without finer rows, all years.
    cells : number of cells by kind and year.
    ladder : pooled, year effects, industry and year effects, first differences with year effects, lagged, R&D intensity.
    wild : wild bootstrap tests of every slope of ``ladder``.
    contrast : pooled, between, industry effects, Mundlak.
    wild_contrast : wild bootstrap tests of every slope of ``contrast``.
    decomposition : of the pooled slope.
    jackknife : naics, estimate, std_error, low, high, rows: the two-way model without each industry, smallest estimate first.
    variants : variant, estimate, std_error, low, high, rows, industries, wild_p (missing for Poisson).
    bounds : see :func:`toolkit.studies.us_industry_cells.bounds`.
    between_points : naics, mark, and the geometric means of federal and company money.
    within_points : naics, year, mark, and both logs less sales, industry and year effects.
    claim : the published elasticity, from the registry.
    """

    leaves: Panel
    cells: pd.DataFrame
    ladder: dict[str, Estimate]
    wild: dict[str, WildTests]
    contrast: dict[str, Estimate]
    wild_contrast: dict[str, WildTests]
    decomposition: Decomposition
    jackknife: pd.DataFrame
    variants: pd.DataFrame
    bounds: pd.DataFrame
    between_points: pd.DataFrame
    within_points: pd.DataFrame
    claim: float


def run(panel: Panel) -> IndustryResults:
    """Estimate all specifications; errors clustered by industry.

    The equation is ``ln(company R&D) = b ln(federal R&D) + c ln(sales) + effects + error``; b is the elasticity.

    Parameters
    ----------
    panel : the table ``us_industry_rd``.

    Raises
    ------
    MissingColumn
        When the panel lacks one of the variables.
    """
    leaves = prepare(panel)
    complete = complete_rows(leaves)
    ladder = estimate_ladder(leaves)
    contrast = {
        "pooled": ladder["pooled"],
        "between": fit_between(SPECIFICATIONS["pooled"], leaves, covariance="HC1"),
        "industry": fit(f"{SPECIFICATIONS['pooled']} | naics", leaves),
        "mundlak": fit(MUNDLAK, complete),
    }
    return IndustryResults(
        leaves=leaves,
        cells=count_cells(leaves),
        ladder=ladder,
        wild={name: _wild(estimate, leaves) for name, estimate in ladder.items()},
        contrast=contrast,
        wild_contrast={n: _wild(e, complete if n == "mundlak" else leaves) for n, e in contrast.items()},
        decomposition=decompose(complete),
        jackknife=jackknife(complete),
        variants=variants(leaves, complete),
        bounds=bounds(leaves),
        between_points=between_points(complete),
        within_points=within_points(complete),
        claim=registry().claims[CLAIM].number,
    )


def estimate_ladder(leaves: Panel) -> dict[str, Estimate]:
    """The six models, in the order of :data:`LADDER`."""
    found: dict[str, Estimate] = {name: fit(formula, leaves) for name, formula in SPECIFICATIONS.items()}
    found["differences"] = fit_differences(SPECIFICATIONS["year"], leaves)
    return {name: found[name] for name in LADDER}


def _wild(estimate: Estimate, panel: Panel) -> WildTests:
    """The tests of every slope: federal money stands first."""
    return wild_tests(estimate, panel, draws=DRAWS, rng=np.random.default_rng(SEED))


def prepare(panel: Panel) -> Panel:
    """Industries without finer rows, with R&D to sales (%), an indicator of no federal money, and the era of the survey."""
    leaves = panel.keep(panel.frame["leaf"] == 1)
    frame = leaves.frame
    federal = frame["rd_federal_paid"]
    era = pd.Series(np.searchsorted([last for _, last in ERAS], frame["year"]), index=frame.index)
    return leaves.assign(
        rd_to_sales=100 * frame["rd_company_paid"] / frame["domestic_sales"],
        log_federal_or_zero=np.log(federal.where(federal > 0, 1.0)).where(federal.notna()),
        no_federal=(federal == 0).astype(float).where(federal.notna()),
        naics_era=frame["naics"] + " " + era.astype(str),
        mark=frame["naics"].map(MARKED).fillna(OTHERS),
    )


def complete_rows(leaves: Panel) -> Panel:
    """The rows that a regression in logs can use, with industry means of both logs over these rows."""
    frame = leaves.frame
    kept = leaves.keep((frame[["rd_company_paid", "rd_federal_paid", "domestic_sales"]] > 0).all(axis=1))
    logs = kept.frame[["rd_federal_paid", "domestic_sales"]].map(math.log)
    means = logs.groupby(kept.frame["naics"]).transform("mean")
    return kept.assign(mean_log_federal=means["rd_federal_paid"], mean_log_sales=means["domestic_sales"])


def decompose(complete: Panel) -> Decomposition:
    """Split the pooled slope into the part between industries and the part within them."""
    frame = complete.frame
    left = annihilator(frame.assign(all_rows=0), ("all_rows",), np.log(frame[["domestic_sales"]].to_numpy()))
    x, y = (left @ np.log(frame[column].to_numpy()) for column in ("rd_federal_paid", "rd_company_paid"))
    means = pd.DataFrame({"x": x}).groupby(frame["naics"].to_numpy())["x"].transform("mean").to_numpy()
    parts = {"pooled": x, "between": means, "within": x - means}
    slopes = {name: float(part @ y / (part @ part)) for name, part in parts.items()}
    return Decomposition(**slopes, weight=float(means @ means / (x @ x)))


def jackknife(complete: Panel) -> pd.DataFrame:
    """The two-way model without each industry that enters it, the smallest estimate first."""
    names = complete.frame["naics"]
    entering = names[names.duplicated(keep=False)].unique()
    rows = [{"naics": out, **_numbers(fit(SPECIFICATIONS["two_way"], complete.keep(names != out)))} for out in entering]
    return pd.DataFrame(rows).sort_values("estimate", ignore_index=True).assign(mark=lambda d: d["naics"].map(MARKED).fillna(OTHERS))


def variants(leaves: Panel, complete: Panel) -> pd.DataFrame:
    """The two-way model with zeros kept, other estimators, other samples: one row each, in the order of ``VARIANTS``."""
    frame, two_way = leaves.frame, SPECIFICATIONS["two_way"]
    right = f"asinh(rd_federal_paid) + {CONTROL} | {BOTH}"
    published = leaves.keep(~imputed(frame["note_federal"]) & ~imputed(frame["note_company"]))
    linear = {
        "two_way": (two_way, leaves),
        "no_sales": (f"{OUTCOME} ~ {FEDERAL} | {BOTH}", leaves),
        "asinh": (f"{OUTCOME} ~ {right}", leaves),
        "zero_indicator": (ZERO_INDICATOR, leaves),
        "not_imputed": (two_way, published),
        "lag": (SPECIFICATIONS["lag"], leaves),
        "lag_common": (SPECIFICATIONS["lag"], complete),
        "era_effects": (f"{OUTCOME} ~ {FEDERAL} + {CONTROL} | naics_era + year", leaves),
        **{name: (two_way, leaves.between(*years)) for name, years in SAMPLES.items()},
    }
    poisson = {"poisson": f"rd_company_paid ~ {FEDERAL} + {CONTROL} | {BOTH}", "poisson_asinh": f"rd_company_paid ~ {right}"}
    rows = {name: {**_numbers(fit_poisson(formula, leaves)), "wild_p": np.nan} for name, formula in poisson.items()}
    for name, (formula, sample) in linear.items():
        estimate = fit(formula, sample)
        rows[name] = {**_numbers(estimate), "wild_p": _wild(estimate, sample).p_values[term_of(estimate)]}
    return pd.DataFrame([{"variant": name, **rows[name]} for name in VARIANTS])


def _numbers(estimate: Estimate) -> dict[str, float | int]:
    c = estimate.coefficient(term_of(estimate))
    counts = estimate.counts
    industries = dict(counts.clusters)["naics"]
    return {"estimate": c.estimate, "std_error": c.std_error, "low": c.low, "high": c.high, "rows": counts.rows, "industries": industries}


def between_points(complete: Panel) -> pd.DataFrame:
    """One point per industry: geometric means over its usable years, in million dollars; marked industries last, on top."""
    columns = ["rd_federal_paid", "rd_company_paid"]
    frame = complete.frame
    means = frame[columns].map(math.log).groupby([frame["naics"], frame["mark"]]).mean().map(math.exp).reset_index()
    return means.sort_values("mark", key=lambda marks: marks != OTHERS, kind="stable", ignore_index=True)


def within_points(complete: Panel) -> pd.DataFrame:
    """One point per industry-year: both logs less sales, industry and year effects; their slope is the two-way elasticity."""
    frame = complete.frame[complete.frame["naics"].duplicated(keep=False)].reset_index(drop=True)
    left = annihilator(frame, ("naics", "year"), np.log(frame[["domestic_sales"]].to_numpy()))
    points = frame[["naics", "year", "mark"]].assign(
        federal=left @ np.log(frame["rd_federal_paid"].to_numpy()), company=left @ np.log(frame["rd_company_paid"].to_numpy())
    )
    return points.sort_values("mark", key=lambda marks: marks != OTHERS, kind="stable", ignore_index=True)


def term_of(estimate: Estimate) -> str:
    """The federal term of a model: current, lagged, or in another form."""
    return next(term for term in estimate.terms if term != INTERCEPT)  # federal money stands first in every formula


def elasticities(results: IndustryResults) -> dict[Text, Estimate]:
    """The models of the ladder whose first coefficient is the elasticity of company-paid R&D, by title."""
    return {TITLES[name]: estimate for name, estimate in results.ladder.items() if name != "intensity"}


def all_industries(results: IndustryResults) -> tuple[float, Text]:
    """The two-way estimate with every industry, as the jackknife figure marks it."""
    return results.ladder["two_way"].coefficient(FEDERAL).estimate, Text("all industries", "全部行业")


def claim_text(results: IndustryResults) -> Text:
    """How the claimed value is named in a figure."""
    return Text(f"paper: {results.claim:g}", f"论文：{results.claim:g}")


def semiconductor_table(results: IndustryResults) -> pd.DataFrame:
    """The two marked industries by year; federal money as published: a number, or its declared interval."""
    frame = results.leaves.frame
    rows = frame[frame["naics"].isin(MARKED)].sort_values(["mark", "year"], ascending=[False, True])
    federal = [_printed(v, n) for v, n in zip(rows["rd_federal_paid"], rows["note_federal"], strict=True)]
    named = {"industry": "naics", "year": "year", "company": "rd_company_paid", "sales": "domestic_sales", "rd_to_sales": "rd_to_sales"}
    return pd.DataFrame({head: rows[column].to_numpy() for head, column in named.items()}).assign(federal=federal)


def _printed(value: float, note: object) -> str:
    if not np.isnan(value):
        return f"{value:,.0f}"
    interval = declared_interval(note)
    if interval is None:
        return "–"
    low, high = interval
    return f"<{high:g}" if low == 0 and not float(high).is_integer() else f"{low:,.0f}–{high:,.0f}"


def decomposition_table(results: IndustryResults) -> pd.DataFrame:
    """part, slope, weight, contribution: between, within, and their sum."""
    d = results.decomposition
    rows = [("between", d.between, d.weight), ("within", d.within, 1 - d.weight), ("pooled", d.pooled, 1.0)]
    return pd.DataFrame([{"part": p, "slope": s, "weight": w, "contribution": s * w} for p, s, w in rows])


def finding_values(results: IndustryResults) -> dict[str, float | int | Text]:
    """What :data:`toolkit.studies.us_industry_texts.FINDING` is filled with."""
    two_way, pooled = (results.ladder[name].coefficient(FEDERAL) for name in ("two_way", "pooled"))
    counts = results.ladder["two_way"].counts
    in_logs = results.bounds[results.bounds["form"] == "log"]["estimate"]
    variants = results.variants.set_index("variant")[["estimate", "low", "high"]]
    largest = str(variants["estimate"].idxmax())
    return {
        "pooled": pooled.estimate,
        "pooled_se": pooled.std_error,
        "pooled_rows": results.ladder["pooled"].counts.rows,
        "b": two_way.estimate,
        "se": two_way.std_error,
        "low": two_way.low,
        "high": two_way.high,
        "rows": counts.rows,
        "industries": counts.entities,
        "between": results.decomposition.weight,
        "least": results.jackknife["estimate"].min(),
        "most": results.jackknife["estimate"].max(),
        "lower": in_logs.min(),
        "upper": in_logs.max(),
        "claim": results.claim,
        "verdict": INSIDE if two_way.low <= results.claim <= two_way.high else OUTSIDE,
        "era": variants.loc["era_effects", "estimate"],
        "era_low": variants.loc["era_effects", "low"],
        "era_high": variants.loc["era_effects", "high"],
        "largest": variants.loc[largest, "estimate"],
        "largest_low": variants.loc[largest, "low"],
        "largest_high": variants.loc[largest, "high"],
        "largest_name": VARIANTS[largest],
        "holds": int(((variants["low"] <= results.claim) & (results.claim <= variants["high"])).sum()),
        "variants": len(variants),
    }

r"""Did the zones change R&D that enterprises pay, technology contracts, patents in force, sales of new products?

.. math:: \ln y_{it} = \beta\, d_{it} + \alpha_i + \lambda_t + \varepsilon_{it}

is the static two-way model; where effects differ between cohorts or grow, :math:`\hat\beta` may average them with negative weights, so
Sun-Abraham, Callaway-Sant'Anna and the imputation estimator stand beside it on the same rows. All need trends that would have been
parallel without zones; nothing else makes an estimate here an effect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.errors import NotEstimable
from toolkit.estimate import Estimate, PermutationTest, fit, permutation_test, wild_cluster_bootstrap
from toolkit.estimate.treatment import EventStudy, TrendBounds, event_study, permute_timing, trend_bounds
from toolkit.language import Head, Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.record import Statement, statement
from toolkit.studies.policies.zones import MAIN, ONSET, OUTCOME_NAMES, OUTCOMES, SHORT, TREATED, Zones

SEED, DRAWS = 20090313, 999
LEADS = LAGS = 5
BOUND = 1.0  # trends may differ after the approval by as much from year to year as they did before
_AFTER = (0, 1, 2, 3)
ESTIMATORS = {
    "static": Text("Two-way, static", "双向固定效应（静态）"),
    "two-way": Text("Two-way event study", "双向固定效应事件研究"),
    "sun-abraham": Text("Sun–Abraham", "Sun–Abraham"),
    "callaway-santanna": Text("Callaway–Sant'Anna", "Callaway–Sant'Anna"),
    "imputation": Text("Imputation", "插补法"),
}
_SHOWN = ("two-way", "callaway-santanna", "imputation")


@dataclass(frozen=True)
class Effects:
    """Effects of zones by outcome and estimator.

    Attributes
    ----------
    static : two-way estimates by outcome, clustered by province.
    placebos : the static coefficient against those of permuted timings, by outcome.
    studies : event studies by outcome and estimator.
    rows : one row per outcome and estimator but the two-way event study: estimate, std_error, p_value, wild_p (static), timing_p (first
        treated years dealt out again), pretrend_p (where the effects before the approval can be tested jointly).
    bounds : average effect of the first four years if trends differ, by outcome of the long panel.
    """

    static: dict[str, Estimate]
    placebos: dict[str, PermutationTest]
    studies: dict[tuple[str, str], EventStudy]
    rows: pd.DataFrame
    bounds: dict[str, TrendBounds]


def study(outcome: str, panel: Panel, estimator: str, rng: np.random.Generator, draws: int = DRAWS) -> EventStudy:
    """The event study of an outcome (a term) on zones, with the settings of the chapter."""
    return event_study(
        f"{outcome} ~ 1",
        panel,
        treatment=ONSET,
        estimator=estimator,  # type: ignore[arg-type]
        leads=LEADS,
        lags=LAGS,
        controls="not yet treated",
        base="universal",
        draws=draws,
        rng=rng,
    )


def run(zones: Zones) -> Effects:
    """Every outcome by every estimator."""
    rng = np.random.default_rng(SEED)
    static, placebos, studies, rows, bounds = {}, {}, {}, [], {}
    for key, outcome in OUTCOMES.items():
        panel = zones.sample(key)
        static[key] = fit(f"{outcome} ~ {TREATED} | province + year", panel, cluster="province")
        placebos[key] = permutation_test(static[key], term=TREATED, draws=DRAWS, rng=rng)
        for name in ESTIMATORS:
            if name != "static":
                studies[key, name] = study(outcome, panel, name, rng)
        c = static[key].coefficient(TREATED)
        wild = wild_cluster_bootstrap(static[key], term=TREATED, draws=DRAWS, rng=rng)
        first = {"estimate": c.estimate, "std_error": c.std_error, "p_value": c.p_value, "wild_p": wild.p_value}
        rows.append({"outcome": key, "estimator": "static", **first, "timing_p": placebos[key].p_value, "pretrend_p": _pretest(studies[key, "two-way"])})
        rows += [_row(key, name, studies[key, name], rng) for name in ESTIMATORS if name not in ("static", "two-way")]
        if key != SHORT:
            bounds[key] = trend_bounds(studies[key, "callaway-santanna"], [0.0, BOUND], event_times=_AFTER, rng=rng)
    return Effects(static, placebos, studies, pd.DataFrame(rows), bounds)


def _row(outcome: str, name: str, found: EventStudy, rng: np.random.Generator) -> dict[str, object]:
    timing = permute_timing(found, draws=DRAWS, rng=rng).tidy()
    whole = found.overall
    return {
        "outcome": outcome,
        "estimator": name,
        "estimate": whole["estimate"],
        "std_error": whole["std_error"],
        "p_value": whole["p_value"],
        "wild_p": np.nan,
        "timing_p": float(timing.loc[timing["by"] == "overall", "p_value"].iloc[0]),
        "pretrend_p": _pretest(found),
    }


def _pretest(found: EventStudy) -> float:
    """p-value that all effects before the approval are zero; NaN with more of them than the clusters can tell apart."""
    try:
        return found.pretest().p_value
    except NotEstimable:
        return float("nan")

"""What do instruments and dynamics say on 31 provinces?

Two-stage least squares with province and year effects, by the mean of the region's other provinces or by the own lag; difference and
system GMM with the lagged outcome. None of them makes expenditure random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.estimate import (
    DynamicSettings,
    Estimate,
    InstrumentsEstimate,
    Mediation,
    WildTests,
    fit_dynamic,
    fit_instruments,
    leave_one_out_mean,
    long_run,
)
from toolkit.language import Head, Text
from toolkit.panel import Panel
from toolkit.present import frame_table, regression_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.studies.subsidy.model import CONTROL, LAGGED, OUTCOME, SUBSIDY, wild_of

_DYNAMIC = f"{OUTCOME} ~ L({OUTCOME}, 1) + {SUBSIDY} + {CONTROL} | year"
_TITLES = {
    "others": Text("IV: mean of the region's other provinces", "工具变量：同区域其他省份均值"),
    "own_lag": Text("IV: own lag", "工具变量：自身滞后"),
    "difference": glossary.DIFFERENCE_GMM,
    "system": glossary.SYSTEM_GMM,
}


@dataclass(frozen=True)
class Endogeneity:
    """Instruments and dynamics.

    Attributes
    ----------
    instruments : two-stage least squares with province and year effects, by instrument.
    dynamics : difference and system GMM.
    wild : wild bootstrap of each of ``instruments`` (WRE) and ``dynamics`` (scores).
    strength : instrument, model (its title), estimate, effective_f, critical, ar_p, ar_set (text): one row per instrument.
    """

    instruments: dict[str, InstrumentsEstimate]
    dynamics: dict[str, Estimate]
    wild: dict[str, WildTests]
    strength: pd.DataFrame


def run(panel: Panel) -> Endogeneity:
    """Instruments and dynamic panels on the table ``provincial_panel``."""
    observed = panel.keep(panel.frame["fiscal_sci_exp"].notna())
    observed = observed.assign(ln_fiscal=np.log(observed.frame["fiscal_sci_exp"]))
    observed = observed.assign(others=leave_one_out_mean(observed, "ln_fiscal", by=("region4", "year")))
    stem = f"{OUTCOME} ~ {CONTROL} | province + year | {SUBSIDY} ~ "
    instruments = {"others": fit_instruments(stem + "others", observed), "own_lag": fit_instruments(stem + LAGGED, observed)}
    lags = {OUTCOME: (2, 3), SUBSIDY: (2, 3)}
    dynamics: dict[str, Estimate] = {
        name: fit_dynamic(_DYNAMIC, panel, gmm=lags, iv=(CONTROL,), settings=DynamicSettings(estimator=name, collapse=True))
        for name in ("difference", "system")
    }
    return Endogeneity(
        instruments=instruments,
        dynamics=dynamics,
        wild=wild_of({**instruments, **dynamics}),
        strength=_strength(instruments),
    )


def _strength(instruments: dict[str, InstrumentsEstimate]) -> pd.DataFrame:
    """Elasticity, effective F with its critical value, Anderson–Rubin test and set in words."""
    rows = []
    for name, estimate in instruments.items():
        effective, robust = estimate.weak.effective_f, estimate.weak.anderson_rubin
        if effective is None or robust is None:
            continue
        notation = robust.confidence_set().notation.replace("-", "−")
        rows.append(
            {
                "instrument": name,
                "model": _TITLES[name],
                "estimate": estimate.coefficient(SUBSIDY).estimate,
                "effective_f": effective.statistic,
                "critical": effective.critical_value(),
                "ar_p": robust.test(0.0).p_value,
                "ar_set": Text(notation, notation),
            }
        )
    return pd.DataFrame(rows)


def estimates(results: Endogeneity) -> TableExhibit:
    """The second stages and the dynamic panels side by side."""
    return regression_table(
        {_TITLES[name]: estimate for name, estimate in {**results.instruments, **results.dynamics}.items()},
        wild=list(results.wild.values()),
        title=Text("Instruments and dynamic panels (subsidy proxied)", "工具变量与动态面板（补贴为代理变量）"),
    )


def strength(results: Endogeneity) -> TableExhibit:
    """How strong each instrument is, and what can be said without its strength."""
    return frame_table(
        results.strength,
        {
            "model": Text("Instrument", "工具变量"),
            "estimate": glossary.ELASTICITY,
            "effective_f": glossary.EFFECTIVE_F,
            "critical": Text("Critical value", "临界值"),
            "ar_p": Head(Text("Anderson–Rubin p", "Anderson–Rubin p值"), "p_value"),
            "ar_set": Text("Anderson–Rubin set", "Anderson–Rubin集合"),
        },
        title=Text("How strong the instruments are", "工具变量的强度"),
    )


def finding(results: Endogeneity, mediation: Mediation) -> Statement:
    """The instrumented and the long-run elasticity, and the share of the association that runs through the mediators."""
    found = results.strength.set_index("instrument").T
    own, others = found["own_lag"], found["others"]
    long = long_run(results.dynamics["system"], SUBSIDY)
    return statement(
        "subsidy_endogeneity",
        Text(
            "Instrumented by its own lag the elasticity is {own:.3f}, with an Anderson–Rubin set of {own_set}; the mean of the region's "
            "other provinces is no usable instrument (effective F {weak:.1f} against {critical:.1f}). System GMM puts the long-run "
            "elasticity at {long:.3f} (standard error {long_se:.3f}). Patents and technology contracts account for {share:.0f}% of the "
            "two-way association.",
            "以自身滞后为工具变量，弹性为{own:.3f}，Anderson–Rubin集合为{own_set}；同区域其他省份均值的有效F为{weak:.1f}"
            "（临界值{critical:.1f}），不是可用的工具变量。系统GMM的长期弹性为{long:.3f}（标准误{long_se:.3f}）。"
            "专利与技术合同占双向固定效应关联的{share:.0f}%。",
        ),
        own=own["estimate"],
        own_set=own["ar_set"],
        weak=others["effective_f"],
        critical=others["critical"],
        long=long.estimate,
        long_se=long.std_error,
        share=100 * mediation.indirect_sum.estimate / mediation.total.estimate,
    )

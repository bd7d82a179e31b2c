r"""The elasticity of R&D intensity with respect to R&D grants, in every design, on the semiconductor firms of a folder.

.. math:: \ln (R_{it} / Y_{it}) = \beta \ln G_{it} + x_{it}'\gamma + \alpha_i + \lambda_t + \varepsilon_{it}

R is R&D spending as reported, which contains what the grant pays for; G the R&D grants, Y revenue, x ln assets, leverage and return on
assets. With own R&D, R - G, on the left side the arithmetic part is gone. The paper names neither effects nor controls nor errors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.data.firms import Firms, Sample
from toolkit.errors import EstimationError
from toolkit.estimate import (
    Choices,
    Condition,
    DynamicEstimate,
    DynamicSettings,
    Estimate,
    InstrumentsEstimate,
    SpecificationCurve,
    WildTests,
    fit,
    fit_dynamic,
    fit_instruments,
    leave_one_out_mean,
    specification_curve,
)
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.studies.subsidy.designs import Design
from toolkit.studies.subsidy.endogeneity import in_long_run, instrumented
from toolkit.studies.subsidy.model import Elasticity, claimed, cumulative, elasticity, wild_of

_Answer = TypeVar("_Answer")
TOTAL, OWN = "log(rd_intensity)", "log(own_intensity)"
GRANTS, ALL_GRANTS, LAGGED = "log(rd_grants)", "log(grants)", f"L({TOTAL}, 1)"
CONTROLS = ("log(assets)", "leverage", "roa")
OTHERS = "ln_grants_of_others"
TWO_WAY = "firm + year"
LATE = 2019  # the second phase of the national fund
_X = " + ".join(CONTROLS)
LADDER = {
    "pooled": f"{TOTAL} ~ {GRANTS} + {_X}",
    "industry": f"{TOTAL} ~ {GRANTS} + {_X} | industry + year",
    "firm": f"{TOTAL} ~ {GRANTS} + {_X} | firm",
    "two_way": f"{TOTAL} ~ {GRANTS} + {_X} | {TWO_WAY}",
    "own_pooled": f"{OWN} ~ {GRANTS} + {_X}",
    "own_two_way": f"{OWN} ~ {GRANTS} + {_X} | {TWO_WAY}",
}
NAMES = {
    "pooled": glossary.POOLED,
    "industry": Text("Industry and year effects", "行业与年份固定效应"),
    "firm": Text("Firm effects", "企业固定效应"),
    "two_way": Text("Firm and year effects", "企业与年份固定效应"),
    "province_years": Text("Firm and province × year effects", "企业与省份×年份固定效应"),
    "trends": Text("Firm trends, year effects", "企业趋势与年份固定效应"),
    "differences": glossary.FIRST_DIFFERENCES,
    "lag": Text("Grants of the year before", "上一年补助"),
    "total": Text("This year and two before, summed", "当年与前两年合计"),
    "lead": Text("Grants of the year after, given this year's", "下一年补助（控制当年）"),
    "own_lag": Text("IV: own lag", "工具变量：自身滞后"),
    "others": Text("IV: mean of the industry's other firms", "工具变量：同行业其他企业均值"),
    "difference": Text("Difference GMM, long run", "差分GMM，长期"),
    "system": Text("System GMM, long run", "系统GMM，长期"),
    "own_pooled": glossary.POOLED,
    "own_two_way": Text("Firm and year effects", "企业与年份固定效应"),
    "own_province_years": Text("Firm and province × year effects", "企业与省份×年份固定效应"),
    "all_grants": Text("All grants", "全部政府补助"),
    "late": Text(f"From {LATE} on", f"{LATE}年起"),
}
_FAMILIES = {
    "between": ("pooled", "industry"),
    "within": ("firm", "two_way", "province_years", "trends", "differences"),
    "years": ("lag", "total", "lead"),
    "instruments": ("own_lag", "others", "difference", "system"),
    "own": ("own_pooled", "own_two_way", "own_province_years"),
    "other": ("all_grants", "late"),
}


@dataclass(frozen=True)
class Results:
    """Everything that the chapter shows.

    Attributes
    ----------
    firms, sample : the panel of all firms, and the semiconductor firms of the main rule.
    designs : every design that could be estimated, in the order of the figure.
    ladder, wild : estimates of ``LADDER``, and their wild bootstrap by province.
    instruments, dynamics : two-stage least squares and GMM, those that could be estimated.
    curve : every combination of the declared choices.
    refused : (design, why) of those that could not be estimated.
    """

    firms: Firms
    sample: Sample
    designs: dict[str, Design]
    ladder: dict[str, Estimate]
    wild: dict[str, WildTests]
    instruments: dict[str, InstrumentsEstimate]
    dynamics: dict[str, DynamicEstimate]
    curve: SpecificationCurve
    refused: tuple[tuple[str, str], ...]


def run(firms: Firms) -> Results:
    """Estimate every design.

    Parameters
    ----------
    firms : what :func:`toolkit.data.firms.read_firms` gave.

    Raises
    ------
    EmptySample
        No firm is one of semiconductors.
    EstimationError
        One of the regressions of ``LADDER`` cannot be estimated; the other designs are named in ``refused`` instead.
    """
    all_firms = firms.panel.assign(ln_grants=np.log(firms.panel.frame["rd_grants"]))
    firms = replace(firms, panel=all_firms.assign(**{OTHERS: leave_one_out_mean(all_firms, "ln_grants", by=("industry", "year"))}))
    sample = firms.sample(firms.choices.rule)
    panel = sample.panel
    ladder = {name: fit(formula, panel) for name, formula in LADDER.items()}
    refused: list[tuple[str, str]] = []
    stem = f"{TOTAL} ~ {_X} | {TWO_WAY} | {GRANTS} ~ "
    chosen = {"own_lag": f"L({GRANTS}, 1)", "others": OTHERS}
    instruments = _each(refused, {name: _later(fit_instruments, stem + by, panel) for name, by in chosen.items()})
    dynamics = _each(refused, {name: _later(_dynamic, panel, name) for name in ("difference", "system")})
    makers = {name: _later(elasticity, estimate, GRANTS) for name, estimate in ladder.items()}
    makers |= {name: _later(_fitted, formula, panel, term) for name, (formula, term) in _formulas().items()}
    makers |= {name: _later(instrumented, estimate, GRANTS) for name, estimate in instruments.items()}
    makers |= {name: _later(in_long_run, estimate, GRANTS) for name, estimate in dynamics.items()}
    makers["late"] = _later(_fitted, LADDER["two_way"], panel.between(LATE, firms.choices.years[1]), GRANTS)
    rules = {f"rule_{rule}": rule for rule in firms.choices.rules if rule != firms.choices.rule}
    makers |= {name: _later(_by_rule, firms, rule) for name, rule in rules.items()}
    answers = _each(refused, makers)
    named = {**NAMES, **{name: firms.choices.rules[rule].name for name, rule in rules.items()}}
    families = {**_FAMILIES, "other": (*_FAMILIES["other"], *rules)}
    return Results(
        firms=firms,
        sample=sample,
        designs={
            name: Design(family, named[name], answers[name]) for family, names in families.items() for name in names if name in answers
        },
        ladder=ladder,
        wild=wild_of(ladder, [GRANTS], cluster="province"),
        instruments=instruments,
        dynamics=dynamics,
        curve=specification_curve(_choices(), panel, reference=claimed()),
        refused=tuple(refused),
    )


def _formulas() -> dict[str, tuple[str, str]]:
    """Formula and term of the designs beside the ladder."""
    return {
        "province_years": (f"{TOTAL} ~ {GRANTS} + {_X} | firm + province^year", GRANTS),
        "trends": (f"{TOTAL} ~ {GRANTS} + {_X} | firm[year] + year", GRANTS),
        "differences": (f"D({TOTAL}) ~ D({GRANTS}) + {' + '.join(f'D({x})' for x in CONTROLS)} | year", f"D({GRANTS})"),
        "lag": (f"{TOTAL} ~ L({GRANTS}, 1) + {_X} | {TWO_WAY}", f"L({GRANTS}, 1)"),
        "total": (f"{TOTAL} ~ {cumulative(GRANTS, 2)} + {_X} | {TWO_WAY}", f"L({GRANTS}, 2)"),
        "lead": (f"{TOTAL} ~ {GRANTS} + F({GRANTS}, 1) + {_X} | {TWO_WAY}", f"F({GRANTS}, 1)"),
        "own_province_years": (f"{OWN} ~ {GRANTS} + {_X} | firm + province^year", GRANTS),
        "all_grants": (f"{TOTAL} ~ {ALL_GRANTS} + {_X} | {TWO_WAY}", ALL_GRANTS),
    }


def _choices() -> Choices:
    return Choices(
        outcomes=(TOTAL, OWN),
        treatments=(GRANTS, f"L({GRANTS}, 1)", ALL_GRANTS),
        controls=CONTROLS,
        effects=("industry + year", TWO_WAY, "firm + province^year"),
        samples={"all": None, "late": Condition("year", ">=", LATE)},
    )


def _dynamic(panel: Panel, name: str) -> DynamicEstimate:
    lags = {TOTAL: (2, 3), GRANTS: (2, 3)}
    settings = DynamicSettings(estimator="system" if name == "system" else "difference", collapse=True)
    return fit_dynamic(f"{TOTAL} ~ {LAGGED} + {GRANTS} + {_X} | year", panel, gmm=lags, iv=CONTROLS, settings=settings)


def _fitted(formula: str, panel: Panel, term: str) -> Elasticity:
    return elasticity(fit(formula, panel), term)


def _by_rule(firms: Firms, rule: str) -> Elasticity:
    return _fitted(LADDER["two_way"], firms.sample(rule).panel, GRANTS)


def _later(make: Callable[..., _Answer], *given: object) -> Callable[[], _Answer]:
    return lambda: make(*given)


def _each(refused: list[tuple[str, str]], makers: dict[str, Callable[[], _Answer]]) -> dict[str, _Answer]:
    found = {}
    for name, make in makers.items():
        try:
            found[name] = make()
        except EstimationError as error:
            refused.append((name, error.what))
    return found


def summary(curve: SpecificationCurve) -> pd.DataFrame:
    """By effects: cells, median, and the share of intervals (%) that hold the claim."""
    cells = curve.estimated.assign(holds=lambda f: (f["conf_low"] <= claimed()) & (claimed() <= f["conf_high"]))
    groups = cells.groupby("effects", sort=False)
    return pd.DataFrame({"cells": groups.size(), "median": groups["estimate"].median(), "holds": 100 * groups["holds"].mean()})

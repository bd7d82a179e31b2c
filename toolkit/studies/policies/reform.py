r"""The comprehensive reform pilots of 2015: a worked case of a design that fails twice.

Eight areas were named in September 2015, four of them provinces, one of three provinces, three of them cities. Treated from 2016,

.. math:: \ln y_{it} = \sum_{k \ne -1} \beta_k 1\{t - 2016 = k\} P_i + \alpha_i + \lambda_t + \varepsilon_{it},

with P the ten provinces concerned, or the seven named as provinces. A design needs two things before its effect is read: no differences in
trends before (:math:`\beta_k = 0` for k < 0), and a first stage, that is, that the pilot moved what it works through: here the S&T money of
the local budgets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.errors import PresentationError
from toolkit.estimate import Estimate, EventStudy, event_study, fit
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.record import Statement, statement
from toolkit.studies.policies.effects import DRAWS, SEED, SIZE, event_panels, paths
from toolkit.studies.policies.zones import FIRST_YEAR, LAST_YEAR

REFORM = "comprehensive innovation reform pilot (全面创新改革试验区)"
FIRST_TREATED = 2016  # named in September 2015, plans approved by July 2016
OUTCOMES = {"rd": "log(rd_intensity)", "money": "log(fiscal_sci_exp)"}
_OUTCOME_NAMES = {
    "rd": Text("R&D / GDP", "R&D经费/GDP"),
    "money": Text("First stage: fiscal S&T expenditure", "第一阶段：地方财政科技支出"),
}
VERSIONS = {
    "ten": Text("Ten provinces concerned", "涉及的十个省份"),
    "seven": Text("Seven named as provinces", "以省为单位的七个"),
}


@dataclass(frozen=True)
class Reform:
    """Two versions of the treatment, two outcomes.

    Attributes
    ----------
    static : two-way estimates by version and outcome, term ``reform``.
    studies : two-way event studies by version and outcome, reference the year before.
    treated : provinces by version.
    """

    static: dict[tuple[str, str], Estimate]
    studies: dict[tuple[str, str], EventStudy]
    treated: dict[str, int]

    def effect(self, version: str, outcome: str, year: int) -> pd.Series:
        """The effect in a year."""
        shown = self.studies[version, outcome].tidy()
        return shown[shown["event_time"] == year - FIRST_TREATED].iloc[0]


def run(panel: Panel, pilots: pd.DataFrame) -> Reform:
    """Both versions on 31 provinces.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    pilots : the table ``policy_timing``.
    """
    rng = np.random.default_rng(SEED)
    areas = pilots[pilots["policy"] == REFORM]
    versions = {"ten": areas["adcode"], "seven": areas.loc[areas["level"] == "province", "adcode"]}
    sample = panel.between(FIRST_YEAR, LAST_YEAR)
    static, studies = {}, {}
    for version, codes in versions.items():
        within = sample.frame["adcode"].isin(codes)
        own = sample.assign(reform=(within & (sample.frame["year"] >= FIRST_TREATED)).astype("float64"))
        for key, outcome in OUTCOMES.items():
            static[version, key] = fit(f"{outcome} ~ reform | province + year", own, cluster="province")
            studies[version, key] = event_study(f"{outcome} ~ 1", own, treatment="reform", estimator="two-way", draws=DRAWS, rng=rng)
    return Reform(static, studies, {version: codes.nunique() for version, codes in versions.items()})


def figure(found: Reform) -> FigureExhibit:
    """Both versions by year, the outcome beside the first stage."""
    frame = paths({(key, version): study for (version, key), study in found.studies.items()}, "version")
    return event_panels(
        frame.assign(year=frame["event_time"] + FIRST_TREATED).drop(columns="event_time"),
        x="year",
        group="version",
        columns=2,
        names={**_OUTCOME_NAMES, **VERSIONS},
        title=Text("Reform pilots: trends that differ before, and no first stage", "全面创新改革试验区：此前趋势已有差异，且无第一阶段"),
        notes=Text(
            "Two-way event studies, 31 provinces, measured against {before}; pointwise 95% intervals clustered by province. Fiscal S&T "
            "expenditure is what the pilots could have moved first; it is a proxy.",
            "双向固定效应事件研究，31个省份，以{before}年为基期；逐点95%置信区间，按省份聚类。地方财政科技支出是试点可能首先带动的变量，为代理变量。",
        ).filled(before=str(FIRST_TREATED - 1)),
    )


def finding(found: Reform) -> Statement:
    """Why the pilots are a teaching case.

    Raises
    ------
    PresentationError
        The trends before do not differ, or local money moved: the sentence would be untrue.
    """
    ten, money = found.static["ten", "rd"].coefficient("reform"), found.static["ten", "money"].coefficient("reform")
    other = found.static["seven", "money"].coefficient("reform")
    lead = found.effect("seven", "rd", FIRST_YEAR)
    before = {version: found.studies[version, "rd"].pretest().p_value for version in VERSIONS}
    if before["ten"] > SIZE or lead["p_value"] > SIZE or min(money.p_value, other.p_value) < SIZE:
        raise PresentationError(
            f"p of the years before {before['ten']:.3f} and {lead['p_value']:.3f}, of the first stage {money.p_value:.3f}: not as written",
            remedy="write what the figure says",
        )
    return statement(
        "reform_pilots",
        Text(
            "On paper the reform pilots did nothing to R&D: {ten:+.3f} ({ten_error:.3f}) for the ten provinces concerned. But the number "
            "cannot be read. The years before differ jointly (p = {ten_before:.3f}). With the seven areas named as provinces, the other "
            "choice that a paper could make, the gap in {year} is {lead:+.3f} ({lead_error:.3f}), p = {lead_p:.3f}, so that they were "
            "catching up before anything was piloted, and the joint test (p = {seven_before:.2f}) is too weak to see it. Nor is there a "
            "first stage: local S&T money moved by {money:+.3f} ({money_error:.3f}) for the ten and {other:+.3f} ({other_error:.3f}) for "
            "the seven; their rise in the first year ({rise:+.2f}) does not last. An effect cannot be read through a change that is not "
            "seen.",
            "表面上看，试验区对R&D没有影响：涉及的十个省份为{ten:+.3f}（{ten_error:.3f}）。但该数字无法解读：此前各年已存在联合显著的差异"
            "（p={ten_before:.3f}）。若按另一种论文可能采用的口径，只取以省为单位的七个，则{year}年的差距为{lead:+.3f}（{lead_error:.3f}），"
            "p={lead_p:.3f}，即试点之前已在追赶，而联合检验（p={seven_before:.2f}）功效不足，未能发现。第一阶段亦不成立：地方财政科技支"
            "出的变动，十个省份为{money:+.3f}（{money_error:.3f}），七个省份为{other:+.3f}（{other_error:.3f}），后者首年的上升（"
            "{rise:+.2f}）未能持续。看不到的变化无从带来可解读的效应。",
        ),
        ten=ten.estimate,
        ten_error=ten.std_error,
        ten_before=before["ten"],
        seven_before=before["seven"],
        year=str(FIRST_YEAR),
        lead=float(lead["estimate"]),
        lead_error=float(lead["std_error"]),
        lead_p=float(lead["p_value"]),
        money=money.estimate,
        money_error=money.std_error,
        other=other.estimate,
        other_error=other.std_error,
        rise=float(found.effect("seven", "money", FIRST_TREATED)["estimate"]),
    )

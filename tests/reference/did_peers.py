"""Writes did_peers.csv: effects on mpdta.csv by csdid 0.4.3 and diff-diff 3.13.0, in an environment of its own with both.

csdid follows the R package did. The values of ``never, dr``, ``not yet, dr`` and ``never, reg, lpop`` were also read from that package's
own run, which csdid keeps as a reference (csdid/test_csdid/r_ref/ref_attgt.csv and ref_aggte.csv of its repository): they agree.
"""

import warnings

import pandas as pd
from csdid.att_gt import ATTgt
from diff_diff import ImputationDiD

warnings.filterwarnings("ignore")
data = pd.read_csv("mpdta.csv")
rows = []

SCENARIOS = {
    "never, dr": ("nevertreated", "dr", None, "varying"),
    "not yet, dr": ("notyettreated", "dr", None, "varying"),
    "never, reg, lpop": ("nevertreated", "reg", "~lpop", "varying"),
    "never, ipw, lpop": ("nevertreated", "ipw", "~lpop", "varying"),
    "never, dr, lpop": ("nevertreated", "dr", "~lpop", "varying"),
    "not yet, dr, lpop": ("notyettreated", "dr", "~lpop", "varying"),
    "never, dr, universal": ("nevertreated", "dr", None, "universal"),
}
for name, (control, method, covariates, base) in SCENARIOS.items():
    fit = ATTgt(
        yname="lemp", gname="first_treat", idname="countyreal", tname="year", data=data, control_group=control, xformla=covariates
    ).fit(est_method=method, base_period=base, bstrap=False)
    found = fit.results
    for g, t, att, se in zip(found["group"], found["year"], found["att"], found["se"], strict=True):
        rows.append((name, "cell", g, t, att, se))
    for kind, by in (("simple", "overall"), ("group", "cohort"), ("dynamic", "event time"), ("calendar", "period")):
        made = fit.aggte(typec=kind, bstrap=False, cband=False).atte
        rows.append(
            (
                name,
                "overall",
                kind,
                "",
                made["overall_att"],
                made["overall_se"][0] if hasattr(made["overall_se"], "__len__") else made["overall_se"],
            )
        )
        if kind != "simple":
            for e, att, se in zip(
                made["egt"], made["att_egt"], made["se_egt"][0] if len(made["se_egt"]) == 1 else made["se_egt"], strict=True
            ):
                rows.append((name, by, e, "", att, se))
for name, covariates in (("imputation", None), ("imputation, trend", ["lpop_year"])):
    used = data.assign(lpop_year=data["lpop"] * (data["year"] - 2003))
    made = ImputationDiD().fit(
        used, outcome="lemp", unit="countyreal", time="year", first_treat="first_treat", covariates=covariates, aggregate="event_study"
    )
    rows.append((name, "overall", "simple", "", made.overall_att, made.overall_se))
    for e, cell in sorted((made.event_study_effects or {}).items()):
        if e >= 0:
            rows.append((name, "event time", e, "", cell["effect"], cell["se"]))
pd.DataFrame(rows, columns=["scenario", "by", "first", "second", "estimate", "std_error"]).to_csv(
    "did_peers.csv", index=False, float_format="%.10g", lineterminator="\n"
)

r"""Do firms that got support spend more than firms that asked and got none?

The questionnaire asks, once for two years, whether a firm obtained a tax benefit for innovation, asked and was refused, meant to ask, or
did not want it; and firms without public money whether they meant to ask for it. With G the answer (each a 0/1 variable) and n employees::

    ln O_it = sum of d_g G_git + c ln n_it + activity x year effects + e_it

d of the refused is what firms that ask have without getting: where it is as large as that of the obtained, the gap is in who asks. Firms
are compared with one another; errors are clustered by firm.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit.estimate import Coefficient, Estimate, fit, fit_poisson
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement
from toolkit.studies.firms.survey import ALL, SAMPLES, SIZE, WITHOUT

ZEROS = "zeros"
_GROUPS = {ALL: SAMPLES[ALL], WITHOUT: SAMPLES[WITHOUT], ZEROS: Text("All records, zeros kept (Poisson)", "全部记录，保留零值（泊松回归）")}
_ROWS = {
    "obtained": Text("Tax benefit: obtained, against not wanted", "税收优惠：获得，相对于不愿申请"),
    "refused": Text("Tax benefit: refused, against not wanted", "税收优惠：被拒，相对于不愿申请"),
    "meant": Text("Tax benefit: meant to ask, against not wanted", "税收优惠：有意而未申请，相对于不愿申请"),
    "contrast": Text("Tax benefit: obtained, against refused", "税收优惠：获得，相对于被拒"),
    "asked": Text("The same, only firms that asked", "同上，仅限提出申请的企业"),
    "received": Text("Public money: received, against not wanted", "公共资金：获得，相对于无意申请"),
    "intended": Text("Public money: wanted, none received, against not wanted", "公共资金：有意而未得，相对于无意申请"),
    "received_contrast": Text("Public money: received, against wanted, none received", "公共资金：获得，相对于有意而未得"),
}
_ANSWERS = {1: "obtained", 2: "refused", 3: "meant", 4: "unwanted"}
_BELOW = {WITHOUT: Text("— without copied records", "——剔除复制记录"), ZEROS: Text("— zeros kept", "——保留零值")}
_EFFECTS = f"{SIZE} | activity_year"
_BY_ANSWER = f"obtained + refused + meant + {_EFFECTS}"
_BY_MONEY = f"received + intended + {_EFFECTS}"
_MODELS = {  # row of the figure -> right-hand side, term; the answer left out is the reference
    "obtained": (_BY_ANSWER, "obtained"),
    "refused": (_BY_ANSWER, "refused"),
    "meant": (_BY_ANSWER, "meant"),
    "contrast": (f"obtained + meant + unwanted + {_EFFECTS}", "obtained"),
    "received": (_BY_MONEY, "received"),
    "intended": (_BY_MONEY, "intended"),
    "received_contrast": (f"received + unintended + {_EFFECTS}", "received"),
}


@dataclass(frozen=True)
class Gaps:
    """Log gaps in own money, each read off a model whose reference it is measured against.

    Attributes
    ----------
    estimates : sample ("all", "without" copied records, "zeros" kept) -> row of the figure -> (estimate, term).
    asked : firm-years of firms that obtained or were refused a tax benefit, with own money above zero.
    refused : of these, the refused.
    """

    estimates: dict[str, dict[str, tuple[Estimate, str]]]
    asked: int
    refused: int

    def gap(self, sample: str, row: str) -> Coefficient:
        """One gap with its interval."""
        estimate, term = self.estimates[sample][row]
        return estimate.coefficient(term)


def prepare(prepared: Panel) -> Panel:
    """Firm-years of the questionnaires that ask, with a 0/1 variable for each answer.

    Added: obtained, refused, meant, unwanted (tax benefit); received (public money in one of the two years), intended (has none and meant
    to ask) and unintended.
    """
    panel = prepared.keep(prepared.frame["tax_benefit"].notna())
    frame = panel.frame
    answers = {name: (frame["tax_benefit"] == code).astype(float) for code, name in _ANSWERS.items()}
    received = frame.groupby(["firm", "survey_round"])["any_public"].transform("max") == 1
    return panel.assign(
        **answers,
        received=received.astype(float),
        intended=(~received & (frame["intended_public"] == 1)).astype(float),
        unintended=(~received & (frame["intended_public"] == 2)).astype(float),
    )


def run(prepared: Panel) -> Gaps:
    """The gaps with and without copied records, and with zeros kept.

    Parameters
    ----------
    prepared : from :func:`toolkit.studies.firms.survey.prepare`.
    """
    panel = prepare(prepared)
    distinct = panel.keep(panel.frame["same_as_another"] == 0)
    asked = panel.frame[(panel.frame["tax_benefit"] <= 2) & (panel.frame["own_money"] > 0)]
    return Gaps(
        estimates={ALL: _logs(panel), WITHOUT: _logs(distinct), ZEROS: _zeros(panel)},
        asked=len(asked),
        refused=int(asked["refused"].sum()),
    )


def _logs(panel: Panel) -> dict[str, tuple[Estimate, str]]:
    found = {row: (fit(f"log(own_money) ~ {right}", panel), term) for row, (right, term) in _MODELS.items()}
    asked = panel.keep(panel.frame["tax_benefit"] <= 2)
    return {**found, "asked": (fit(f"log(own_money) ~ obtained + {SIZE} | year", asked), "obtained")}


def _zeros(panel: Panel) -> dict[str, tuple[Estimate, str]]:
    return {row: (fit_poisson(f"own_money ~ {right}", panel), term) for row, (right, term) in _MODELS.items()}


def coefficients(gaps: Gaps) -> pd.DataFrame:
    """One row per gap and sample, in the order of the figure: gap, sample, row, estimate, std_error, low, high, rows."""
    found = []
    for gap in _ROWS:
        for sample, estimates in gaps.estimates.items():
            if gap in estimates:
                c = gaps.gap(sample, gap)
                numbers = {"estimate": c.estimate, "std_error": c.std_error, "low": c.low, "high": c.high}
                key = {"gap": gap, "sample": sample, "row": f"{gap}, {sample}"}
                found.append({**key, **numbers, "rows": estimates[gap][0].counts.rows})
    return pd.DataFrame(found)


def figure(gaps: Gaps) -> FigureExhibit:
    """Own money of firms that got support, were refused, or meant to ask, against those that did not want it."""
    drawn = coefficients(gaps)
    names = {
        row: _ROWS[gap] if sample == ALL else _BELOW[sample]
        for row, gap, sample in zip(drawn["row"], drawn["gap"], drawn["sample"], strict=True)
    }
    note = Text(
        "Log points of money of the firm and its group, employees and activity × year effects held; the row of firms that asked has "
        "year effects alone. 95% intervals, clustered by firm. {asked} firm-years asked for a tax benefit and have own money, {refused} "
        "of them were refused. Public money wanted: the firm says that it meant to ask; whether it asked and was refused is not known.",
        "企业及其集团自有资金的对数差，控制从业人员与行业×年份固定效应；“仅限提出申请的企业”一行仅含年份固定效应。95%置信区间，按企业聚类。"
        "申请过税收优惠且有自有资金的企业-年份为{asked}个，其中{refused}个被拒。公共资金部分：是否有意申请由企业自行回答，是否申请被拒并不知晓。",
    )
    return forest_plot(
        drawn,
        "row",
        group="sample",
        names={**names, **_GROUPS},
        x_label=Text("Gap in own money, log points", "自有资金差距（对数点）"),
        title=Text("Firms that got support, and firms that wanted it", "获得支持的企业与有意获得支持的企业"),
        notes=note.filled(asked=gaps.asked, refused=gaps.refused),
    )


def finding(gaps: Gaps) -> Statement:
    """How much of the gap of supported firms is there among the refused."""
    obtained, refused, contrast, asked = (gaps.gap(ALL, row) for row in ("obtained", "refused", "contrast", "asked"))
    alone, alone_refused = gaps.gap(WITHOUT, "obtained"), gaps.gap(WITHOUT, "refused")
    zeros, zeros_refused = gaps.gap(ZEROS, "obtained"), gaps.gap(ZEROS, "refused")
    return statement(
        "colombia_refused",
        Text(
            "Firms that obtained a tax benefit spend more of their own than firms that did not want one, by {obtained:.3f} log points "
            "(standard error {obtained_se:.3f}); firms that were refused do so by {refused:.3f} ({refused_se:.3f}), {share:.0%} of that "
            "gap. Obtained against refused: {contrast:.3f} ({contrast_se:.3f}), and {asked:.3f} ({asked_se:.3f}) among the {rows} "
            "firm-years that asked, with year effects alone. Without copied records the two gaps are {alone:.3f} and {alone_refused:.3f}. "
            "With zeros kept they are {zeros:.3f} ({zeros_se:.3f}) and {zeros_refused:.3f} ({zeros_refused_se:.3f}): refusals are too few "
            "to decide, but that supported firms spend more is no evidence that the support works.",
            "获得税收优惠的企业，其自有资金比不愿申请者高{obtained:.3f}个对数点（标准误{obtained_se:.3f}）；被拒企业高{refused:.3f}（{refused_se:.3f}），"
            "为前者差距的{share:.0%}。获得者相对于被拒者为{contrast:.3f}（{contrast_se:.3f}）；仅在{rows}个提出申请的企业-年份中、只含年份固定效应时为"
            "{asked:.3f}（{asked_se:.3f}）。剔除复制记录后两项差距为{alone:.3f}与{alone_refused:.3f}；保留零值时为{zeros:.3f}（{zeros_se:.3f}）与"
            "{zeros_refused:.3f}（{zeros_refused_se:.3f}）。被拒者太少，尚不能定论；但受支持企业支出更多，并不足以证明支持有效。",
        ),
        obtained=obtained.estimate,
        obtained_se=obtained.std_error,
        refused=refused.estimate,
        refused_se=refused.std_error,
        share=refused.estimate / obtained.estimate,
        contrast=contrast.estimate,
        contrast_se=contrast.std_error,
        asked=asked.estimate,
        asked_se=asked.std_error,
        rows=gaps.asked,
        alone=alone.estimate,
        alone_refused=alone_refused.estimate,
        zeros=zeros.estimate,
        zeros_se=zeros.std_error,
        zeros_refused=zeros_refused.estimate,
        zeros_refused_se=zeros_refused.std_error,
    )


def wanted(gaps: Gaps) -> Statement:
    """Public money: how much of the gap of those that received it is there among those that wanted it."""
    received, intended, contrast = (gaps.gap(ALL, row) for row in ("received", "intended", "received_contrast"))
    zeros, zeros_contrast = gaps.gap(ZEROS, "intended"), gaps.gap(ZEROS, "received_contrast")
    return statement(
        "colombia_wanted",
        Text(
            "Firms that received public money spend {received:.3f} log points (standard error {received_se:.3f}) more of their own than "
            "firms that did not mean to ask for it; firms that meant to ask and have none, {intended:.3f} ({intended_se:.3f}) more, "
            "{share:.0%} of that gap. {contrast:.3f} ({contrast_se:.3f}) is left between the two, {zeros_contrast:.3f} "
            "({zeros_contrast_se:.3f}) with zeros kept, where wanting alone shows {zeros:.3f} ({zeros_se:.3f}). Firms that received "
            "differ in more than the money, so what is left is not its effect.",
            "获得公共资金的企业，其自有资金比无意申请者高{received:.3f}个对数点（标准误{received_se:.3f}）；有意申请而未得者高{intended:.3f}"
            "（{intended_se:.3f}），为前者差距的{share:.0%}。两者之间仍相差{contrast:.3f}（{contrast_se:.3f}），保留零值时为{zeros_contrast:.3f}"
            "（{zeros_contrast_se:.3f}），此时仅有意申请者的差距为{zeros:.3f}（{zeros_se:.3f}）。获得者的不同之处不止于资金，故余下的差距并非资金的效应。",
        ),
        received=received.estimate,
        received_se=received.std_error,
        intended=intended.estimate,
        intended_se=intended.std_error,
        share=intended.estimate / received.estimate,
        contrast=contrast.estimate,
        contrast_se=contrast.std_error,
        zeros=zeros.estimate,
        zeros_se=zeros.std_error,
        zeros_contrast=zeros_contrast.estimate,
        zeros_contrast_se=zeros_contrast.std_error,
    )

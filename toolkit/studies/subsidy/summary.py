"""One page: does the published value hold on public data, in how many specifications, and what would change the answer?"""

from __future__ import annotations

import pandas as pd

from toolkit.data.provinces import short_chinese
from toolkit.language import Text
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.studies.subsidy.baseline import Baseline, Comparison
from toolkit.studies.subsidy.heterogeneity import Heterogeneity
from toolkit.studies.subsidy.model import SUBSIDY
from toolkit.studies.subsidy.robustness import Robustness

_REGIONS = {"East": Text("East", "东部"), "Central": Text("Central", "中部"), "West": Text("West", "西部")}


def answer(baseline: Baseline, robustness: Robustness, heterogeneity: Heterogeneity) -> TableExhibit:
    """Question and answer, every number taken from a result."""
    pooled, two_way = baseline.comparisons["pooled"], baseline.comparisons["two_way"]
    rows = (
        (
            Text("Between provinces: does the pooled interval hold the claim?", "省际比较：混合回归区间是否包含论文数值？"),
            _verdict(pooled),
        ),
        (
            Text("Within provinces over time: does the two-way interval hold it?", "省内变动：双向固定效应区间是否包含？"),
            _verdict(two_way),
        ),
        (
            Text("Is the two-way elasticity different from zero with few clusters?", "聚类较少时双向固定效应弹性是否异于零？"),
            Text("t test p = {t:.3f}; wild bootstrap p = {wild:.3f}", "t检验p = {t:.3f}；wild自助法p = {wild:.3f}").filled(
                t=baseline.ladder["two_way"].coefficient(SUBSIDY).p_value, wild=baseline.wild["two_way"].p_values[SUBSIDY]
            ),
        ),
        (
            Text("And different from the claim with few clusters?", "聚类较少时双向固定效应弹性是否异于论文数值？"),
            Text(
                "two-way: wild bootstrap p = {two_way:.4f}; pooled: {pooled:.3f}",
                "双向固定效应：wild自助法p = {two_way:.4f}；混合回归：{pooled:.3f}",
            ).filled(two_way=two_way.claim_p, pooled=pooled.claim_p),
        ),
        (
            Text("In how many specifications does the interval hold the claim?", "多少设定的区间包含论文数值？"),
            _specifications(robustness),
        ),
        (Text("Does the lag matter?", "滞后期是否重要？"), _lags(robustness)),
        (Text("Does one province drive it?", "是否由个别省份驱动？"), _leaving_out(robustness)),
        (Text("In which of three regions is it weakest?", "东中西部中哪里最弱？"), _weakest(heterogeneity)),
        (
            Text("What would change the answer?", "什么会改变结论？"),
            Text(
                "firm data on subsidies received; variation in funding that provinces do not choose; a longer panel of R&D",
                "企业实际获得补贴的数据；非省份自主选择的资金变动；更长的R&D面板",
            ),
        ),
    )
    return frame_table(
        pd.DataFrame(rows, columns=["question", "answer"]),
        {"question": Text("Question", "问题"), "answer": Text("Answer", "回答")},
        title=Text("Does the published elasticity hold on public figures?", "公开数据是否支持论文的弹性？"),
    )


def _verdict(compared: Comparison) -> Text:
    word = Text("yes", "是") if compared.inside else Text("no", "否")
    numbers = f"{_signed(compared.estimate)} [{_signed(compared.low)}, {_signed(compared.high)}]"
    return Text("{word}: {numbers}", "{word}：{numbers}").filled(word=word, numbers=numbers)


def _specifications(robustness: Robustness) -> Text:
    table = robustness.by_effects.set_index("effects")
    return Text(
        "{held:.0f} of {cells}; with province and year effects {share:.0f} %",
        "{cells}个中有{held:.0f}个；控制省份与年份固定效应时为{share:.0f}%",
    ).filled(held=(table["cells"] * table["holds"]).sum() / 100, cells=table["cells"].sum(), share=table["holds"]["province + year"])


def _lags(robustness: Robustness) -> Text:
    found = [estimate.coefficient(estimate.terms[0]).estimate for estimate in robustness.lags.values()]
    return Text("lags 0 to {last}: {least:.3f} to {most:.3f}", "滞后0至{last}期：{least:.3f}至{most:.3f}").filled(
        last=len(found) - 1, least=min(found), most=max(found)
    )


def _leaving_out(robustness: Robustness) -> Text:
    first, last = robustness.jackknife.iloc[0], robustness.jackknife.iloc[-1]
    return Text(
        "leaving one out: {least:.3f} (without {province}) to {most:.3f}", "逐一剔除：{least:.3f}（剔除{province}）至{most:.3f}"
    ).filled(least=first["estimate"], most=last["estimate"], province=Text(first["province"], short_chinese(first["province"])))


def _weakest(heterogeneity: Heterogeneity) -> Text:
    weakest = min(heterogeneity.groups["region3"].groups, key=lambda found: found.coefficient.estimate)
    return Text("{region}: {estimate} (standard error {error:.3f})", "{region}：{estimate}（标准误{error:.3f}）").filled(
        region=_REGIONS[str(weakest.group)], estimate=_signed(weakest.coefficient.estimate), error=weakest.coefficient.std_error
    )


def _signed(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")

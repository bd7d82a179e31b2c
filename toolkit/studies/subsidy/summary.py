"""One page: does the published value hold on public data, in how many specifications, and what would change the answer?"""

from __future__ import annotations

import pandas as pd

from toolkit.data.provinces import short_chinese
from toolkit.language import Text
from toolkit.studies.subsidy.baseline import SUBSIDY, SubsidyResults
from toolkit.studies.subsidy.heterogeneity import Heterogeneity
from toolkit.studies.subsidy.robustness import Robustness, curve_by_effects

REGION_NAMES = {"East": "东部", "Central": "中部", "West": "西部"}
SUMMARY_HEADS = {"question": Text("Question", "问题"), "answer": Text("Answer", "回答")}


def summary_frame(results: SubsidyResults, robustness: Robustness, heterogeneity: Heterogeneity) -> pd.DataFrame:
    """Question and answer, every number taken from a result."""
    claim, two_way = results.claim, results.comparisons["two_way"]
    pooled, wild = results.comparisons["pooled"], results.wild["two_way"].tests[0]
    out = robustness.jackknife
    by_effects = curve_by_effects(robustness.curve, claim).set_index(robustness.curve.frame["effects"].drop_duplicates().to_numpy())
    cells, held = int(by_effects["cells"].sum()), float((by_effects["cells"] * by_effects["holds"]).sum() / 100)
    share_two_way = float(by_effects["holds"]["province + year"])
    smallest, largest = float(out["estimate"].min()), float(out["estimate"].max())
    first = str(out["province"].iloc[0])
    lags = [estimate.coefficient(estimate.terms[0]).estimate for estimate in robustness.lags.values()]
    weakest = min(heterogeneity.groups["region3"].groups, key=lambda found: found.coefficient.estimate)
    region, low = str(weakest.group), weakest.coefficient
    rows = (
        (
            Text("Between provinces: does the pooled interval hold the claim?", "省际比较：混合回归区间是否包含论文数值？"),
            _verdict(pooled.inside, pooled.estimate, pooled.low, pooled.high),
        ),
        (
            Text("Within provinces over time: does the two-way interval hold it?", "省内变动：双向固定效应区间是否包含？"),
            _verdict(two_way.inside, two_way.estimate, two_way.low, two_way.high),
        ),
        (
            Text("Is the two-way elasticity different from zero with few clusters?", "聚类较少时双向固定效应弹性是否异于零？"),
            Text(
                f"t test p = {results.ladder['two_way'].coefficient(SUBSIDY).p_value:.3f}; wild bootstrap p = {wild.p_value:.3f}",
                f"t检验p = {results.ladder['two_way'].coefficient(SUBSIDY).p_value:.3f}；wild自助法p = {wild.p_value:.3f}",
            ),
        ),
        (
            Text("And different from the claim with few clusters?", "聚类较少时双向固定效应弹性是否异于论文数值？"),
            Text(
                f"two-way: wild bootstrap p = {results.wild_claim['two_way']:.4f}; pooled: {results.wild_claim['pooled']:.3f}",
                f"双向固定效应：wild自助法p = {results.wild_claim['two_way']:.4f}；混合回归：{results.wild_claim['pooled']:.3f}",
            ),
        ),
        (
            Text("In how many specifications does the interval hold the claim?", "多少设定的区间包含论文数值？"),
            Text(
                f"{held:.0f} of {cells}; with province and year effects {share_two_way:.0f} %",
                f"{cells}个中有{held:.0f}个；控制省份与年份固定效应时为{share_two_way:.0f}%",
            ),
        ),
        (
            Text("Does the lag matter?", "滞后期是否重要？"),
            Text(
                f"lags 0 to {len(lags) - 1}: {min(lags):.3f} to {max(lags):.3f}",
                f"滞后0至{len(lags) - 1}期：{min(lags):.3f}至{max(lags):.3f}",
            ),
        ),
        (
            Text("Does one province drive it?", "是否由个别省份驱动？"),
            Text(
                f"leaving one out: {smallest:.3f} (without {first}) to {largest:.3f}",
                f"逐一剔除：{smallest:.3f}（剔除{short_chinese(first)}）至{largest:.3f}",
            ),
        ),
        (
            Text("In which of three regions is it weakest?", "东中西部中哪里最弱？"),
            Text(
                f"{region}: {_signed(low.estimate)} (standard error {low.std_error:.3f})",
                f"{REGION_NAMES[region]}：{_signed(low.estimate)}（标准误{low.std_error:.3f}）",
            ),
        ),
        (
            Text("What would change the answer?", "什么会改变结论？"),
            Text(
                "firm data on subsidies received; variation in funding that provinces do not choose; a longer panel of R&D",
                "企业实际获得补贴的数据；非省份自主选择的资金变动；更长的R&D面板",
            ),
        ),
    )
    return pd.DataFrame(rows, columns=["question", "answer"])


def _signed(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")


def _verdict(inside: bool, estimate: float, low: float, high: float) -> Text:
    word = Text("yes", "是") if inside else Text("no", "否")
    return Text(
        f"{word.en}: {_signed(estimate)} [{_signed(low)}, {_signed(high)}]",
        f"{word.zh}：{_signed(estimate)} [{_signed(low)}, {_signed(high)}]",
    )

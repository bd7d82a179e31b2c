r"""Which years and which provinces carry the two-way elasticity, and why seven years gave half of what fourteen give.

Let x and y be the residuals of money and of R&D intensity on control, province and year effects over all years. Split each in the
deviation from its province's mean of the half and that mean. The parts are orthogonal, so with j = first half, second half, between halves

.. math:: \hat\beta = \sum_j \omega_j b_j, \quad \omega_j = \frac{\sum x_j^2}{\sum x^2}, \quad b_j = \frac{\sum x_j y_j}{\sum x_j^2}, \quad
          \hat\beta - \hat\beta_{old} = (\hat\beta_{same\,rows} - \hat\beta_{old}) + \sum_j \omega_j (b_j - \hat\beta_{same\,rows})

(Frisch, Waugh and Lovell): the first term is the vintage of R&D on the old rows, the others are what the longer window adds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.data.provinces import short_chinese
from toolkit.estimate import fit
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.present.words.formats import fixed, interval
from toolkit.studies.subsidy.model import (
    CONTROL,
    FIRST_YEAR,
    HALVES,
    LAST_YEAR,
    OUTCOME,
    SPECIFICATIONS,
    SUBSIDY,
    TWO_WAY,
    Elasticity,
    elasticity,
)

LENGTH = 7  # years of a rolling window, and of each half


@dataclass(frozen=True)
class Windows:
    """The two-way elasticity on other years and without one province.

    Attributes
    ----------
    whole : all years.
    moving : on every seven years in turn.
    left_out : province -> without it.
    steps : part, share (of the variation of money), slope, contribution; the contributions sum to the change of the elasticity.
    old, same_rows : elasticity of the last seven years with R&D as first released, and with R&D of the yearbook on the same rows.
    """

    whole: Elasticity
    moving: tuple[float, ...]
    left_out: dict[str, float]
    steps: pd.DataFrame
    old: Elasticity
    same_rows: Elasticity


def run(panel: Panel) -> Windows:
    """Estimate on the table ``provincial_panel``."""
    sample, two_way = panel.between(FIRST_YEAR, LAST_YEAR), SPECIFICATIONS["two_way"]
    late = panel.between(*HALVES[1])
    released = late.assign(rd_intensity=100 * late.frame["rd_expenditure_first_release"] / late.frame["gdp"])
    old, same_rows = (elasticity(fit(two_way, rows), SUBSIDY) for rows in (released, late))
    whole = elasticity(fit(two_way, sample), SUBSIDY)
    return Windows(
        whole=whole,
        moving=_moving(panel),
        left_out=_left_out(sample),
        steps=_steps(halves(sample), old.estimate, same_rows.estimate),
        old=old,
        same_rows=same_rows,
    )


def _moving(panel: Panel) -> tuple[float, ...]:
    starts = range(FIRST_YEAR, LAST_YEAR - LENGTH + 2)
    return tuple(_slope(panel.between(first, first + LENGTH - 1)) for first in starts)


def _left_out(sample: Panel) -> dict[str, float]:
    provinces = sample.frame[sample.entity]
    return {str(one): _slope(sample.keep(provinces != one)) for one in provinces.unique()}


def _slope(rows: Panel) -> float:
    return fit(SPECIFICATIONS["two_way"], rows).coefficient(SUBSIDY).estimate


def halves(sample: Panel) -> pd.DataFrame:
    """The two-way slope in parts: within each half of the years, and between the halves.

    Returns
    -------
    DataFrame with part, share (of the variation of money) and slope; the shares sum to one, share times slope to the elasticity.
    """
    money, research = (fit(f"{outcome} ~ {CONTROL} {TWO_WAY}", sample).residuals for outcome in (SUBSIDY, OUTCOME))
    frame = sample.frame.loc[money.index, [sample.entity, sample.time]].assign(x=money, y=research)
    frame["half"] = (frame[sample.time] >= HALVES[1][0]).astype(int)
    means = frame.groupby([sample.entity, "half"])[["x", "y"]].transform("mean")
    inside = frame[["x", "y"]] - means
    parts = {
        "first_half": inside[frame["half"] == 0],
        "second_half": inside[frame["half"] == 1],
        "between_halves": means,
    }
    total = float((frame["x"] ** 2).sum())
    return pd.DataFrame(
        [
            {
                "part": name,
                "share": float((part["x"] ** 2).sum()) / total,
                "slope": float((part["x"] * part["y"]).sum() / (part["x"] ** 2).sum()),
            }
            for name, part in parts.items()
        ]
    )


def _steps(parts: pd.DataFrame, old: float, same_rows: float) -> pd.DataFrame:
    vintage = pd.DataFrame([{"part": "vintage", "share": np.nan, "slope": np.nan, "contribution": same_rows - old}])
    added = parts.assign(contribution=parts["share"] * (parts["slope"] - same_rows))
    return pd.concat([vintage, added], ignore_index=True)


def decomposition(results: Windows) -> TableExhibit:
    """From the elasticity of seven years to that of fourteen, step by step."""
    old, same, whole = results.old.estimate, results.same_rows.estimate, results.whole.estimate
    names = {
        "old": Text("2017–2023, R&D as first released", "2017—2023年，首次公布的R&D"),
        "vintage": Text("R&D of the yearbook on the same rows (vintage)", "同样本改用年鉴口径R&D（口径）"),
        "first_half": Text("movement within 2010–2016", "2010—2016年内部变动"),
        "second_half": Text("movement within 2017–2023, one control slope for all years", "2017—2023年内部变动（全期同一控制变量系数）"),
        "between_halves": Text("change between the two halves", "前后两段之间的变动"),
        "new": Text("2010–2023, R&D of the yearbook", "2010—2023年，年鉴口径R&D"),
    }
    ends = [{"part": "old", "contribution": old}, *results.steps.to_dict("records"), {"part": "new", "contribution": whole}]
    frame = pd.DataFrame(ends).assign(share=lambda f: 100 * f["share"])
    return frame_table(
        frame,
        {
            "part": Text("Step", "步骤"),
            "share": Text("Share of the variation of money (%)", "占支出变动的比重（%）"),
            "slope": Text("Slope in it", "其中的斜率"),
            "contribution": Text("Elasticity, or change of it", "弹性或其变化"),
        },
        names=names,
        digits={"share": 1},
        title=Text("Why {old} became {new}", "为何由{old}变为{new}").filled(old=f"{old:.3f}", new=f"{whole:.3f}"),
        notes=[
            Text(
                "An identity of least squares: the first line and the changes sum to the last. Residuals of both sides on ln GDP per "
                "head, province and year effects over all years, split in deviations from the province's mean of each half and these "
                "means; a step is the share times the distance of its slope from {same:.3f}, the elasticity of 2017–2023 with R&D of the "
                "yearbook. No row was dropped or added within a year.",
                "最小二乘恒等式：首行与各步变化之和等于末行。两侧均取对人均GDP对数、省份与年份效应回归的残差，分解为对各段省内均值的离差与"
                "该均值；每步为比重乘以斜率与{same:.3f}（2017—2023年、年鉴口径R&D的弹性）之差。各年内样本未增减。",
            ).filled(same=same)
        ],
    )


def finding(results: Windows) -> Statement:
    """Where the longer window's elasticity comes from, and who carries it."""
    steps = results.steps.set_index("part")
    least, most = (choose(results.left_out, key=results.left_out.__getitem__) for choose in (min, max))
    return statement(
        "subsidy_windows",
        Text(
            "The two-way elasticity was {old:.3f} {old_range} over {late_first}–{last} and is {new:.3f} {new_range} over {first}–{last}. "
            "The vintage of R&D changes it by {vintage}; {slow:.3f} comes from the change between the two halves, where the slope is "
            "{slope:.3f}: seven years saw only the fast part. Windows of seven years give {low:.3f} to {high:.3f}. Leaving out one "
            "province moves it between {least:.3f} (without {least_name}) and {most:.3f} (without {most_name}).",
            "{late_first}—{last}年双向固定效应弹性为{old:.3f}{old_range}，{first}—{last}年为{new:.3f}{new_range}。R&D口径变化带来"
            "{vintage}；前后两段之间的变动（斜率{slope:.3f}）贡献{slow:.3f}：七年样本只见到快变部分。七年滚动窗口的弹性介于{low:.3f}与"
            "{high:.3f}之间。逐一剔除省份时，弹性介于{least:.3f}（剔除{least_name}）与{most:.3f}（剔除{most_name}）之间。",
        ),
        first=FIRST_YEAR,
        last=LAST_YEAR,
        late_first=HALVES[1][0],
        old=results.old.estimate,
        old_range=interval(results.old.low, results.old.high),
        new=results.whole.estimate,
        new_range=interval(results.whole.low, results.whole.high),
        vintage=fixed(steps["contribution"]["vintage"], 3),
        slow=float(steps["contribution"]["between_halves"]),
        slope=float(steps["slope"]["between_halves"]),
        low=min(results.moving),
        high=max(results.moving),
        least=results.left_out[least],
        least_name=Text(least, short_chinese(least)),
        most=results.left_out[most],
        most_name=Text(most, short_chinese(most)),
    )

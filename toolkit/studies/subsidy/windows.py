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
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.record import Statement, statement
from toolkit.present.words.formats import fixed
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
    claim_mark,
    claimed,
    elasticity,
    range_words,
)

LENGTH = 7  # years of a rolling window, and of each half
SHORTEST = 4  # years of the first expanding window
_LIMITS = (-0.02, 0.45)  # of the figure that leaves one out
_ENDS = 5  # provinces shown at each end


@dataclass(frozen=True)
class Windows:
    """The two-way elasticity on other years and without one province or year.

    Attributes
    ----------
    whole : all years.
    moving : kind (``rolling``, ``expanding``), first, last, year (of the axis), estimate, low, high.
    left_out : kind (``province`` or ``year``), name, estimate, low, high; sorted by the estimate within each kind.
    steps : part, share (of the variation of money), slope, contribution; the contributions sum to the change of the elasticity.
    old, same_rows : elasticity of the last seven years with R&D as first released, and with R&D of the yearbook on the same rows.
    """

    whole: Elasticity
    moving: pd.DataFrame
    left_out: pd.DataFrame
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


def _moving(panel: Panel) -> pd.DataFrame:
    rolling = [("rolling", last - LENGTH + 1, last, last) for last in range(FIRST_YEAR + LENGTH - 1, LAST_YEAR + 1)]
    expanding = [("expanding", FIRST_YEAR, last, last) for last in range(FIRST_YEAR + SHORTEST - 1, LAST_YEAR + 1)]
    rows = []
    for kind, first, last, year in [*rolling, *expanding]:
        found = elasticity(fit(SPECIFICATIONS["two_way"], panel.between(first, last)), SUBSIDY)
        rows.append(
            {
                "kind": kind,
                "first": first,
                "last": last,
                "year": year,
                "estimate": found.estimate,
                "low": found.low,
                "high": found.high,
            }
        )
    return pd.DataFrame(rows)


def _left_out(sample: Panel) -> pd.DataFrame:
    rows = []
    for kind, column in (("province", sample.entity), ("year", sample.time)):
        for one in sample.frame[column].unique():
            found = elasticity(fit(SPECIFICATIONS["two_way"], sample.keep(sample.frame[column] != one)), SUBSIDY)
            rows.append({"kind": kind, "name": str(one), "estimate": found.estimate, "low": found.low, "high": found.high})
    return pd.DataFrame(rows).sort_values(["kind", "estimate"], ignore_index=True)


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


def moving(results: Windows) -> FigureExhibit:
    """Rolling and expanding windows."""
    names = {
        "rolling": Text("Seven years, by last year", "七年滚动窗口（按末年）"),
        "expanding": Text("From 2010, by last year", "自2010年起扩展（按末年）"),
    }
    return small_multiples(
        results.moving,
        "year",
        "estimate",
        "kind",
        band=("low", "high"),
        columns=2,
        names=names,
        y_label=Text("Elasticity, two-way", "弹性（双向固定效应）"),
        title=Text(
            "The two-way elasticity on other years: short windows show half of it (fiscal S&T expenditure, proxy)",
            "不同年份窗口的双向固定效应弹性：短窗口只见其半（地方财政科技支出，代理变量）",
        ),
        notes=Text(
            "Shade: 95 %, inverted wild bootstrap by province.",
            "阴影为95%区间，由按省份的野自助法反演得到。",
        ),
    )


def left_out(results: Windows) -> FigureExhibit:
    """Without one province (those at both ends) and without one year."""
    frame = results.left_out
    provinces = frame[frame["kind"] == "province"]
    shown = pd.concat([provinces.head(_ENDS), provinces.tail(_ENDS), frame[frame["kind"] == "year"]], ignore_index=True)
    return forest_plot(
        shown,
        "name",
        panel="kind",
        references=[claim_mark(claimed())],
        limits=_LIMITS,
        digits=3,
        names={"province": Text("Without the province", "剔除省份"), "year": Text("Without the year", "剔除年份")},
        x_label=Text("Two-way elasticity", "双向固定效应弹性"),
        title=Text("No single province and no single year carries the fourteen-year elasticity", "十四年弹性不由个别省份或年份决定"),
        notes=Text(
            "The {ends} provinces whose absence lowers it most and the {ends} whose absence raises it most. Intervals: 95 %, inverted wild "
            "bootstrap by province.",
            "列出剔除后弹性最低与最高的各{ends}个省份。区间为95%，由按省份的野自助法反演得到。",
        ).filled(ends=_ENDS),
    )


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
                "An identity of least squares: the first line and the changes sum to the last. Residuals of both sides on ln GDP per head, "
                "province and year effects over all years, split in deviations from the province's mean of each half and these means; a "
                "step is the share times the distance of its slope from {same:.3f}, the elasticity of 2017–2023 with R&D of the "
                "yearbook. No "
                "row was dropped or added within a year.",
                "最小二乘恒等式：首行与各步变化之和等于末行。两侧均取对人均GDP对数、省份与年份效应回归的残差，分解为对各段省内均值的离差"
                "与该均值；"
                "每步为比重乘以斜率与{same:.3f}（2017—2023年、年鉴口径R&D的弹性）之差。各年内样本未增减。",
            ).filled(same=same)
        ],
    )


def finding(results: Windows) -> Statement:
    """Where the longer window's elasticity comes from, and who carries it."""
    steps = results.steps.set_index("part")
    provinces = results.left_out[results.left_out["kind"] == "province"]
    rolling = results.moving[results.moving["kind"] == "rolling"]
    least, most = provinces.iloc[0], provinces.iloc[-1]
    return statement(
        "subsidy_windows",
        Text(
            "The two-way elasticity was {old:.3f} {old_range} over {late_first}–{last} and is {new:.3f} {new_range} over {first}–{last}. "
            "The vintage of R&D "
            "changes it by {vintage}; {slow:.3f} comes from the change between the two halves, where the slope is {slope:.3f}: seven "
            "years saw only the fast part. Windows of seven years give {low:.3f} to {high:.3f}. Leaving out one province moves it between "
            "{least:.3f} (without {least_name}) and {most:.3f} (without {most_name}).",
            "{late_first}—{last}年双向固定效应弹性为{old:.3f}{old_range}，{first}—{last}年为{new:.3f}{new_range}。R&D口径变化带来"
            "{vintage}；前后两段之间的变动"
            "（斜率{slope:.3f}）贡献{slow:.3f}：七年样本只见到快变部分。七年滚动窗口的弹性介于{low:.3f}与{high:.3f}之间。逐一剔除省份时，"
            "弹性介于"
            "{least:.3f}（剔除{least_name}）与{most:.3f}（剔除{most_name}）之间。",
        ),
        first=FIRST_YEAR,
        last=LAST_YEAR,
        late_first=HALVES[1][0],
        old=results.old.estimate,
        old_range=range_words(results.old.low, results.old.high),
        new=results.whole.estimate,
        new_range=range_words(results.whole.low, results.whole.high),
        vintage=fixed(steps["contribution"]["vintage"], 3),
        slow=float(steps["contribution"]["between_halves"]),
        slope=float(steps["slope"]["between_halves"]),
        low=float(rolling["estimate"].min()),
        high=float(rolling["estimate"].max()),
        least=least["estimate"],
        least_name=Text(least["name"], short_chinese(least["name"])),
        most=most["estimate"],
        most_name=Text(most["name"], short_chinese(most["name"])),
    )

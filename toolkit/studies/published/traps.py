"""Traps in public data sets: each is checked when the data are read, and stands here with the numbers that show it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.estimate import fit_pooled, fit_within
from toolkit.language import Text
from toolkit.origin import marked
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.words.formats import fixed
from toolkit.registry.published import published
from toolkit.studies.published.engine import Comparison
from toolkit.studies.published.samples import WAVES, panel, shipped


def table(found: Comparison) -> TableExhibit:
    """Every trap: the data set, what is wrong with it, and what was done.

    Raises
    ------
    RawFileChanged
        A new version of a package changed what the trap describes.
    """
    rows = [{"data": published().data[name].item, "trap": what, "done": done} for name, what, done in _traps(found)]
    return frame_table(
        marked(pd.DataFrame(rows)),
        {"data": Text("Data set", "数据集"), "trap": Text("Trap", "陷阱"), "done": Text("What is done", "处理方式")},
        title=Text("Traps in the data that packages ship", "软件包所附数据中的陷阱"),
        notes=[
            Text(
                "Each is checked when the data are read: a version that changes one stops the study and names it.",
                "读取数据时逐项核对：若新版本改变其中任何一项，研究即停止并指明。",
            )
        ],
    )


def _traps(found: Comparison) -> list[tuple[str, Text, Text]]:
    for name in ("patents_rd", "patents", "wages", "crime", "cigar", "castle", "grunfeld_eleven"):
        panel(name)
    return [_eleven_firms(found), _no_person(), _logarithms(), _per_head(found), _swapped(), _bare_numbers(), _year_after(found)]


def _eleven_firms(found: Comparison) -> tuple[str, Text, Text]:
    eleven = fit_pooled("inv ~ value + capital", panel("grunfeld_eleven")).coefficient("capital").estimate
    ten = found.number("grunfeld", "pooled", "capital")
    return (
        "grunfeld_eleven",
        Text(
            "Has an eleventh firm: the pooled coefficient of capital is {eleven}, not {ten}.",
            "多出第十一家企业：资本的混合回归系数为{eleven}，而非{ten}。",
        ).filled(eleven=fixed(eleven, 4), ten=fixed(ten, 4)),
        Text("The set of ten firms is used.", "采用十家企业的数据集。"),
    )


def _no_person() -> tuple[str, Text, Text]:
    record = published().data["wages"]
    return (
        "wages",
        Text(
            "Has neither person nor year: {rows} rows in blocks of {waves}.", "既无个人标识也无年份：{rows}行，每{waves}行为一块。"
        ).filled(rows=record.rows, waves=WAVES),
        Text(
            "Numbered by block, where schooling, sex and race stay and experience grows by one.",
            "按块编号；块内教育、性别与种族不变，工作经验逐行加一。",
        ),
    )


def _logarithms() -> tuple[str, Text, Text]:
    frame = panel("crime").frame
    gap = float((frame["lcrmrte"] - np.log(frame["crmrte"])).abs().max())
    return (
        "crime",
        Text("Its logarithms differ from those of its levels by up to {gap}.", "所附对数与由水平值所取对数最多相差{gap}。").filled(
            gap=fixed(gap, 6)
        ),
        Text("Each table uses the logarithms that it was printed with.", "各表采用其所印时使用的对数。"),
    )


def _per_head(found: Comparison) -> tuple[str, Text, Text]:
    sample = panel("cigar")
    formula = "log(sales) ~ L(log(sales), 1) + log(real_p) + log(real_pimin) + log(real_ndi) | state + year"
    head = fit_within(formula, sample).coefficient("log(real_p)").estimate
    return (
        "cigar",
        Text(
            "Sales are per head; the published demand is per person over sixteen: price {head}, not {adult}.",
            "销量为人均数，而已发表的需求按十六岁以上人口计：价格弹性为{head}，而非{adult}。",
        ).filled(head=fixed(head, 3), adult=fixed(found.number("cigar", "within", "log(real_p)"), 3)),
        Text("Sales times population over the population above sixteen.", "销量乘以总人口，再除以十六岁以上人口。"),
    )


def _swapped() -> tuple[str, Text, Text]:
    frame = shipped(published().data["patents"])
    whole = {name: float((frame[name] % 1 == 0).mean()) for name in ("logr", "pat")}
    return (
        "patents",
        Text(
            "Columns called log R&D hold patents and the other way round: {logr:.0%} of logr and {pat:.0%} of pat are whole numbers.",
            "名为对数R&D的列实为专利，反之亦然：logr中整数占{logr:.0%}，pat中仅占{pat:.0%}。",
        ).filled(**whole),
        Text("Renamed; the published table comes out only so.", "更名；唯有如此方能得到已发表的表格。"),
    )


def _bare_numbers() -> tuple[str, Text, Text]:
    frame = panel("patents_rd").frame
    return (
        "patents_rd",
        Text(
            "Sector and place are {sectors} and {places} numbers without labels.", "行业与地区为{sectors}个与{places}个无标签的数字。"
        ).filled(sectors=frame["sector"].nunique(), places=frame["geo"].nunique()),
        Text("Not used: the published table needs the labels.", "不采用：已发表的表格需要标签。"),
    )


def _year_after(found: Comparison) -> tuple[str, Text, Text]:
    return (
        "castle",
        Text(
            "post begins the year after adoption: {after} instead of {adopted}; lag0 has the year of two states wrong.",
            "post自立法次年起计：系数为{after}而非{adopted}；lag0有两州的年份有误。",
        ).filled(
            after=fixed(found.number("castle", "post", "estimate"), 4),
            adopted=fixed(found.number("castle", "adoption", "estimate"), 4),
        ),
        Text("Both are shown; the year of adoption is post less one.", "两者均列出；立法年份为post起始年减一。"),
    )

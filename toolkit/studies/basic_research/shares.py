r"""How much of R&D is basic research: the nation by year and release, its provinces, other countries with dated figures, and who pays.

.. math:: s_t = \frac{B_t}{B_t + A_t + E_t}

with basic research B, applied research A and experimental development E. Where a country's share is printed, the printed one stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit.audit import Tables
from toolkit.language import Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.bars import share_bars
from toolkit.present.figures.flow import flow_chart
from toolkit.present.figures.tiles import tile_grid
from toolkit.present.figures.trend import trend_lines
from toolkit.present.record import Statement, statement
from toolkit.present.words.labels import province_label
from toolkit.registry import registry

PERCENT = 100.0
ACTIVITIES = ("rd_basic", "rd_applied", "rd_experimental")
FIRST_YEAR, LAST_YEAR = 2010, 2023  # of the provinces
PRINTED = ("basic_us_2011", "basic_jp_2011", "basic_kr_2011", "basic_fr_2011", "basic_uk_2011", "basic_share_us_2017")
_UIS = "uis_basic_"
_RELEASES = {
    "calculated": Text("latest release, divided out", "最新数，按分项计算"),
    "printed": Text("bulletin, as printed", "公报公布"),
    "preliminary": Text("preliminary, as printed", "初步数"),
}
_NAMES = {
    "abroad": Text("the country", "该国"),
    "china": Text("China in that year", "中国同年"),
    "source": Text("Who pays", "资金来源"),
    "performer": Text("Who performs", "执行部门"),
    "activity": Text("What it is", "活动类型"),
    "rd_funds_enterprise": Text("enterprises", "企业"),
    "rd_funds_gov": Text("government", "政府"),
    "rd_funds_other": Text("others", "其他"),
    "rd_funds_foreign": Text("abroad", "国外"),
    "rd_perf_enterprise": Text("enterprises", "企业"),
    "rd_perf_govinst": Text("institutes", "科研机构"),
    "rd_perf_highered": Text("universities", "高等院校"),
    "rd_perf_rest": Text("others", "其他"),
    "rd_experimental": Text("development", "试验发展"),
    "rd_applied": Text("applied", "应用研究"),
    "rd_basic": Text("basic", "基础研究"),
}


@dataclass(frozen=True)
class Shares:
    """Shares in per cent.

    Attributes
    ----------
    nation : year, release (id), share.
    provinces : province (index) × years 2010–2023.
    abroad : row, place, year, abroad and china (shares), gap (points), body, date, grade; highest share first.
    flow : layer, part, value (100 million yuan) of ``flow_year``, the last one with payers, performers and activities.
    """

    nation: pd.DataFrame
    provinces: pd.DataFrame
    abroad: pd.DataFrame
    flow: pd.DataFrame
    flow_year: int

    def level(self, release: str, year: int) -> float:
        """The nation's share in a release."""
        return float(self.nation.set_index(["release", "year"])["share"][release, year])


def run(panel: Panel, series: pd.DataFrame) -> Shares:
    """All four, from the tables ``provincial_panel`` and ``national_series`` and the registry's official figures."""
    nation = series.set_index("year")
    releases = {"calculated": "basic_share_calculated", "printed": "basic_share", "preliminary": "basic_share_preliminary"}
    long = [pd.DataFrame({"release": name, "share": nation[column].dropna()}).reset_index() for name, column in releases.items()]
    frame = panel.between(FIRST_YEAR, LAST_YEAR).frame
    by_province = (PERCENT * frame["rd_basic"] / frame[list(ACTIVITIES)].sum(axis=1)).rename("share")
    wide = pd.concat([frame[["province", "year"]], by_province], axis=1).pivot(index="province", columns="year", values="share")
    sources = ["rd_funds_enterprise", "rd_funds_gov", "rd_funds_other", "rd_funds_foreign"]
    performers = ["rd_perf_enterprise", "rd_perf_govinst", "rd_perf_highered"]
    year = int(nation.dropna(subset=[*sources, *performers, *ACTIVITIES]).index.max())
    row = nation.loc[year]
    rest = row["rd_expenditure"] - row[performers].sum()
    parts = [("source", name, row[name]) for name in sources] + [("performer", name, row[name]) for name in performers]
    parts += [("performer", "rd_perf_rest", rest)] + [("activity", name, row[name]) for name in reversed(ACTIVITIES)]
    return Shares(
        nation=pd.concat(long, ignore_index=True),
        provinces=wide,
        abroad=_abroad(nation["basic_share_calculated"], Tables()),
        flow=pd.DataFrame(parts, columns=["layer", "part", "value"]),
        flow_year=year,
    )


def _abroad(china: pd.Series, tables: Tables) -> pd.DataFrame:
    """The latest dated share of every country that was read; a place has one name in Chinese, and the shortest of those in English."""
    official = registry().official
    found = [(official[name], tables.official(name).number) for name in PRINTED]
    for name in (name for name in official if name.startswith(_UIS) and not name.endswith("_chn")):
        code = name.removeprefix(_UIS)
        basic, applied, experimental = (tables.official(f"uis_{kind}_{code}").number for kind in ("basic", "applied", "experimental"))
        found.append((official[name], PERCENT * basic / (basic + applied + experimental)))
    called: dict[str, str] = {}
    for figure, _ in found:
        called[figure.place.zh] = min(called.get(figure.place.zh, figure.place.en), figure.place.en, key=len)
    rows = [
        {
            "row": Text(f"{called[figure.place.zh]}, {figure.period}", f"{figure.place.zh}，{figure.period}年"),
            "place": called[figure.place.zh],
            "year": int(figure.period),
            "abroad": share,
            "china": float(china[int(figure.period)]),
            "body": figure.body,
            "date": figure.date,
            "grade": figure.grade,
        }
        for figure, share in found
    ]
    frame = pd.DataFrame(rows).sort_values("year").drop_duplicates("place", keep="last")
    frame = frame.sort_values("abroad", ascending=False, ignore_index=True)
    return frame.assign(gap=frame["abroad"] - frame["china"])


def over_time(results: Shares) -> FigureExhibit:
    """The nation by year and release."""
    return trend_lines(
        marked(results.nation),
        "year",
        "share",
        "release",
        y_label=Text("Basic research in R&D (%)", "基础研究占R&D经费比重（%）"),
        names=_RELEASES,
        title=Text("Basic research in the nation's R&D", "全国R&D经费中的基础研究"),
        notes=[
            Text(
                "Divided out: basic research over the sum of the three activities, latest release. Bulletins print one or two decimals. "
                "The preliminary figure of a year is replaced in the autumn that follows.",
                "按分项计算：基础研究与三类活动合计之比，取最新数。公报保留一至两位小数；初步数于当年秋季由公报数取代。",
            )
        ],
    )


def map_of_provinces(results: Shares) -> FigureExhibit:
    """First and last year."""
    ends = results.provinces[[FIRST_YEAR, LAST_YEAR]]
    return tile_grid(
        ends.rename(columns=str),
        palette="quantile",
        digits=1,
        value_label=Text("Basic research in R&D (%)", "基础研究占R&D经费比重（%）"),
        title=Text("Basic research in the R&D of provinces", "各省R&D经费中的基础研究"),
        notes=[
            Text(
                "High shares have two causes: much basic research, or little of anything else.",
                "比重高有两种原因：基础研究多，或其他研发少。",
            )
        ],
    )


def gap(results: Shares) -> FigureExhibit:
    """Each country with China in the same year."""
    frame = results.abroad.assign(key=[row.en for row in results.abroad["row"]])
    long = frame.melt(["key"], ["abroad", "china"], "reading", "share")
    bodies = list(dict.fromkeys(frame["body"]))
    return share_bars(
        long,
        "key",
        "share",
        reading="reading",
        x_label=Text("Basic research in R&D (%)", "基础研究占R&D经费比重（%）"),
        names={**_NAMES, **{row.en: row for row in results.abroad["row"]}},
        title=Text("Basic research abroad and in China in the same year", "各国基础研究比重与中国同年比较"),
        notes=[
            Text(
                "Dated figures only (from {bodies}), read in documents of {first} to {last}. Countries differ in what they count as basic, "
                "and some leave out R&D that they do not divide. Nothing later was read, so that the gap of today is not shown.",
                "仅列注明年份的数据，来自{bodies}，读自{first}—{last}年的文件。各国对基础研究的统计口径不同，部分国家有未分类的R&D。"
                "未读到更晚的数据，故不能说明当前差距。",
            ).filled(
                bodies=Text(", ".join(body.en for body in bodies), "、".join(body.zh for body in bodies)),
                first=frame["date"].str[:4].min(),
                last=frame["date"].str[:4].max(),
            )
        ],
    )


def flow(results: Shares) -> FigureExhibit:
    """Payers, performers and activities of one year."""
    return flow_chart(
        results.flow,
        "layer",
        "part",
        "value",
        names=_NAMES,
        title=Text(
            "The nation's R&D by who pays, who performs and what it is, {year}", "全国R&D经费：谁出资、谁执行、做什么，{year}年"
        ).filled(year=results.flow_year),
    )


def finding(results: Shares) -> Statement:
    """The nation and its releases."""
    latest = int(results.nation["year"].max())
    known = results.nation[results.nation["release"] == "calculated"].set_index("year")["share"]
    return statement(
        "basic_share",
        Text(
            "Basic research was {first:.2f}% of R&D in {first_year}, {lowest:.2f}% at its lowest ({lowest_year}), and {last:.2f}% "
            "in {last_year}. The preliminary figure of {last_year} was {preliminary:.2f}%; the bulletin made it {printed:.2f}%. "
            "In {flow_year} {paid:.0f}% of all R&D was paid by the government and {performed:.0f}% performed by institutes and "
            "universities, while {basic:.1f}% was basic. No table that was read says who paid for the basic part.",
            "{first_year}年基础研究占R&D经费{first:.2f}%，此后最低为{lowest:.2f}%（{lowest_year}年），{last_year}年为{last:.2f}%。{last_year}年初步数"
            "为{preliminary:.2f}%，公报改为{printed:.2f}%。{flow_year}年，政府出资占全部R&D的{paid:.0f}%，科研机构与高等院校执行{performed:.0f}%，"
            "基础研究占{basic:.1f}%；基础研究由谁出资，所读资料均未给出。",
        ),
        first=float(known.iloc[0]),
        first_year=int(known.index[0]),
        lowest=float(known.min()),
        lowest_year=int(known.index[int(known.to_numpy().argmin())]),
        last=float(known[latest]),
        last_year=latest,
        preliminary=results.level("preliminary", latest),
        printed=results.level("printed", latest),
        flow_year=results.flow_year,
        paid=_part(results, "rd_funds_gov"),
        performed=_part(results, "rd_perf_govinst") + _part(results, "rd_perf_highered"),
        basic=_part(results, "rd_basic"),
    )


def _part(results: Shares, name: str) -> float:
    """Per cent of the layer that a part belongs to."""
    found = results.flow[results.flow["part"] == name].iloc[0]
    return PERCENT * float(found["value"]) / float(results.flow.loc[results.flow["layer"] == found["layer"], "value"].sum())


def finding_of_provinces(results: Shares) -> Statement:
    """Where it is much, where it rose."""
    last, change = results.provinces[LAST_YEAR], results.provinces[LAST_YEAR] - results.provinces[FIRST_YEAR]
    high, low = str(last.idxmax()), str(last.idxmin())
    return statement(
        "basic_provinces",
        Text(
            "In {year} the share ran from {low:.1f}% ({low_name}) to {high:.1f}% ({high_name}), with a median of {median:.1f}%; it "
            "rose since {first} in {risen} of {provinces} provinces. The order is old: the ranks of the two years have a "
            "correlation of {rank:.2f}.",
            "{year}年各省比重从{low:.1f}%（{low_name}）到{high:.1f}%（{high_name}），中位数{median:.1f}%；{first}年以来{provinces}个省份中有{risen}个"
            "上升。位次由来已久：两年的秩相关系数为{rank:.2f}。",
        ),
        year=LAST_YEAR,
        first=FIRST_YEAR,
        low=float(last.min()),
        low_name=Text(province_label(low, "en"), province_label(low, "zh")),
        high=float(last.max()),
        high_name=Text(province_label(high, "en"), province_label(high, "zh")),
        median=float(last.median()),
        risen=int((change > 0).sum()),
        provinces=len(last),
        rank=float(last.corr(results.provinces[FIRST_YEAR], method="spearman")),
    )


def finding_of_gap(results: Shares) -> Statement:
    """How far the others are ahead, and how old that is."""
    frame = results.abroad
    return statement(
        "basic_gap",
        Text(
            "Of {countries} dated figures, of {first} to {last}, {above} lie above China's share of the same year, by up to {high:.1f} "
            "points, {median:.1f} at the median and {low:.1f} at the least. China's share has risen by {risen:.1f} points since "
            "{last}; no later figure of the others was read.",
            "所读{countries}个注明年份的数据（{first}—{last}年）中有{above}个高于中国同年比重，最多高出{high:.1f}个百分点，中位数{median:.1f}，最小{low:.1f}。"
            "{last}年以来中国比重上升{risen:.1f}个百分点；其他国家此后的变化未读到。",
        ),
        above=int((frame["gap"] > 0).sum()),
        countries=len(frame),
        first=int(frame["year"].min()),
        last=int(frame["year"].max()),
        low=float(frame["gap"].min()),
        high=float(frame["gap"].max()),
        median=float(frame["gap"].median()),
        risen=results.level("calculated", int(results.nation["year"].max())) - results.level("calculated", int(frame["year"].max())),
    )

"""The trend paper (2025): the three-new economy year by year, structure of provinces, and what its round numbers imply."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

from toolkit.audit.api import Check, Figure, Interval, PrintedClaim, Tables, arithmetic, computes, joined, range_text, related
from toolkit.audit.directions import DirectionFigure, above, derived, readings
from toolkit.language import Text
from toolkit.registry import registry

POINTS, PERCENT = Text("points", "个百分点"), Text("%", "%")
SHARE, REVISED, VALUE = "three_new_share", "three_new_share_revised", "three_new_value"
FIRST = 2020  # from here on the share is shipped for every year
REVISION = 2023  # released twice: before and after the census; 2024 follows the second release
RELEASES = (2012, 2013, 2017, 2020)  # the years that the paper prints for the four releases
ELEMENTS = "政产学研金介用"  # the seven that the paper prints
SECTORS = ("va_primary", "va_secondary", "va_tertiary")
MONTH = "2025-09"  # of the reprint
STEP = Text("yearly step of the three-new share", "“三新”占比年增量")
STEP_CHANGE = Text("change of that step", "“三新”占比年增量的变化")
GROWTH = Text("growth of three-new value added", "“三新”增加值增速")
GROWTH_CHANGE = Text("change of the growth of three-new value added", "“三新”增加值增速的变化")
STEPS = Text("Steps of the share, each within one release: {listed}.", "占比年增量（均在同一口径内）：{listed}。")


def _steps(tables: Tables) -> dict[int, Figure]:
    """Yearly change of the three-new share, each within one release."""
    first = tables.series(f"national_series.{SHARE}")
    steps = {}
    for year in range(FIRST + 1, max(first) + 1):
        before = tables.national(REVISED if year - 1 == REVISION else SHARE, year - 1)
        steps[year] = derived(first[year] - before, Text(f"{year - 1} to {year}", f"{year - 1}—{year}年"), POINTS)
    return steps


def _values(tables: Tables) -> dict[int, Figure]:
    """Value added as first released, years before the revision."""
    return {year: figure for year, figure in tables.series(f"national_series.{VALUE}").items() if year <= REVISION}


def _smallest(figures: dict[int, Figure], label: Text) -> Figure:
    """The smallest figure, with its year in its name: what happens every year holds for it too."""
    year = min(figures, key=lambda y: figures[y].number)
    return figures[year].named(Text(f"{label.en} (least in {year})", f"{label.zh}（{year}年最小）"))


@computes("shanxi2025_more_each_year")
def level_rises(claim: PrintedClaim, tables: Tables) -> Check:
    """The smallest yearly step of the three-new share of GDP, never across releases, and of its value."""
    value = _values(tables)
    growth = {y: derived((value[y] / value[y - 1] - 1) * 100, GROWTH, PERCENT) for y in value if y - 1 in value}
    least = (_smallest(_steps(tables), STEP), _smallest(growth, GROWTH))
    found = {figure.label: DirectionFigure(figure, above(figure, 0)) for figure in least}
    return readings(claim, found, Text("a rise in every year", "每年都上升"), Text("smallest yearly step", "最小的年增量"))


@computes("shanxi2025_faster_each_year")
def steps_grow(claim: PrintedClaim, tables: Tables) -> Check:
    """The smallest change from one yearly step to the next, of the three-new share of GDP and of the growth of its value."""
    steps, value = _steps(tables), _values(tables)
    growth = {y: (value[y] / value[y - 1] - 1) * 100 for y in value if y - 1 in value}
    least = (
        _smallest({y: derived(steps[y] - steps[y - 1], STEP_CHANGE, POINTS) for y in steps if y - 1 in steps}, STEP_CHANGE),
        _smallest({y: derived(growth[y] - growth[y - 1], GROWTH_CHANGE, POINTS) for y in growth if y - 1 in growth}, GROWTH_CHANGE),
    )
    found = {figure.label: DirectionFigure(figure, above(figure, 0)) for figure in least}
    listed = Text("; ".join(f"{y}: {s.text.en}" for y, s in steps.items()), "；".join(f"{y}年{s.text.zh}" for y, s in steps.items()))
    check = readings(
        claim,
        found,
        Text("each yearly step larger than the one before", "每年增量都大于上年"),
        Text("smallest change of the step", "增量的最小变化"),
    )
    return replace(check, sentence=joined(check.sentence, STEPS.filled(listed=listed)))


@computes("shanxi2025_wechat_timeline")
def gaps_between_releases(claim: PrintedClaim, tables: Tables) -> Check:
    """Years between one release and the next."""
    gaps = [b - a for a, b in pairwise(RELEASES)]
    listed = Text(", ".join(map(str, gaps)), "、".join(map(str, gaps)))
    word = Text("longer", "变长") if gaps[-1] > gaps[0] else Text("no longer", "没有变长")
    said = Text(
        "Years between releases: {gaps}. The last interval is {word} than the first.", "各次推出间隔（年）：{gaps}。末次间隔较首次{word}。"
    )
    return related(claim, gaps, Text("years between releases", "推出间隔（年）"), said.filled(gaps=listed, word=word))


@computes("shanxi2025_beidou_seven")
def elements_listed(claim: PrintedClaim, tables: Tables) -> Check:
    """Whether as many elements are listed as the name has stars."""
    said = Text("{n} elements are listed, one for each star of the name.", "所列要素{n}个，与名称中的星数对应。")
    if len(ELEMENTS) not in claim.interval:
        said = Text("{n} elements are listed, not as many as the name has stars.", "所列要素{n}个，与名称中的星数不符。")
    what = Text("elements listed", "所列要素数")
    return arithmetic(
        claim=claim, holds=len(ELEMENTS) in claim.interval, what=what, value=len(ELEMENTS), sentence=said.filled(n=len(ELEMENTS))
    )


@computes("shanxi2025_smic_14to3", "shanxi2025_sub14nm_slow")
def stacking_and_nodes(claim: PrintedClaim, tables: Tables) -> Check:
    """The two statements about 14 nm side by side."""
    node = tables.claim("shanxi2025_sub14nm_slow")
    said = Text(
        "One sentence has progress below {node} nm slow, another has {node} nm chips reach the function of far smaller ones. Both can "
        "stand only if stacking does not count as progress of the process; taken literally as nodes they exclude each other.",
        "一处称{node}纳米以下工艺进展缓慢，另一处称{node}纳米芯片达到更小节点的功能。只有不把堆叠视为工艺进步，两者才能并存；若都按工艺节"
        "点理解则相互排斥。",
    ).filled(node=node.bare())
    pair = ("shanxi2025_smic_14to3", "shanxi2025_sub14nm_slow")
    check = related(
        claim,
        Text("only if stacking is no process node", "仅当堆叠不算工艺节点"),
        Text("the two sentences together", "两句并立"),
        said,
        claims=pair,
    )
    return replace(check, result="depends")


@computes("shanxi2025_glove_0p001")
def parts_of_a_turn(claim: PrintedClaim, tables: Tables) -> Check:
    """Steps of a full turn, and the bits that an encoder needs for them."""
    steps = round(360 / claim.number)
    said = Text(
        "{angle} degree is one of {steps:,} steps of a turn, {bits:.1f} bits: a resolution of encoders, hardly the accuracy of a finger "
        "joint.",
        "{angle}度为一周的{steps:,}分之一，约{bits:.1f}位：属编码器分辨率，很难是手指关节的测量精度。",
    ).filled(angle=claim.bare(), steps=steps, bits=math.log2(steps))
    return related(claim, steps, Text("steps of a full turn", "一周的步数"), said)


@computes("shanxi2025_payback_3y")
def return_asked(claim: PrintedClaim, tables: Tables) -> Check:
    """The simple yearly return that the payback asks for, and the horizon that the same paper asks of capital."""
    capital = tables.claim("shanxi2025_patient_capital")
    low, high = float(capital.claim.low) / claim.number, float(capital.claim.high) / claim.number
    said = Text(
        "Payback in {years} years asks for at least {rate:.0f}% a year without interest; the {capital} asked of capital in the "
        "same paper are {low:.1f} to {high:.1f} times as long.",
        "{years}年回本即每年简单收益率不低于{rate:.0f}%；同一论文要求资本停留{capital}，为其{low:.1f}—{high:.1f}倍。",
    ).filled(years=claim.bare(), rate=100 / claim.number, capital=capital.printed, low=low, high=high)
    return related(
        claim,
        round(100 / claim.number, 1),
        Text("simple return a year, at least (%)", "年简单收益率，至少（%）"),
        said,
        claims=(capital.id,),
    )


@computes("shanxi2025_metaverse_100", "shanxi2025_metaverse_80")
def cities_without(claim: PrintedClaim, tables: Tables) -> Check:
    """Cities without and with core technology that the two numbers imply."""
    cities, part = tables.claim("shanxi2025_metaverse_100"), tables.claim("shanxi2025_metaverse_80")
    without, own = (cities.interval * (share / 100) for share in (part.number, 100 - part.number))
    said = Text(
        "{part} of {cities}: {without} without core technology and {own} with it.",
        "{cities}的{part}：无核心技术的{without}个，有核心技术的{own}个。",
    ).filled(part=part.printed, cities=cities.printed, without=range_text(without), own=range_text(own))
    return related(claim, without, Text("cities without core technology", "无核心技术的城市数"), said, claims=(cities.id, part.id))


@computes("shanxi2025_nev_all_provinces")
def likeness_of_structure(claim: PrintedClaim, tables: Tables) -> Check:
    """Likeness of the three-sector structure of provinces to the nation, first and last year: not the industry meant. Related only."""
    frame = tables.frame("provincial_panel").dropna(subset=list(SECTORS))
    years = sorted(int(year) for year in frame["year"].unique())
    likeness = {}
    for year in (years[0], years[-1]):
        own = frame.loc[frame["year"] == year, list(SECTORS)].to_numpy(float)
        shares, nation = own / own.sum(axis=1, keepdims=True), own.sum(axis=0) / own.sum()
        likeness[year] = float((1 - abs(shares - nation).sum(axis=1) / 2).mean())
    said = Text(
        "Likeness of the three-sector structure of provinces to that of the nation (1 less half the sum of gaps): {start:.3f} in {first}, "
        "{end:.3f} in {last}. Three sectors say nothing about vehicles.",
        "各省三次产业结构与全国的相似度（1减差距绝对值之和的一半）：{first}年{start:.3f}，{last}年{end:.3f}。三次产业结构不能说明汽车行业"
        "。",
    ).filled(first=years[0], last=years[-1], start=likeness[years[0]], end=likeness[years[-1]])
    sources = tables.provincial(SECTORS[0], years[-1], "Beijing").sources
    what = Text("likeness of the three-sector structure", "三次产业结构相似度")
    return related(claim, round(likeness[years[-1]], 3), what, said, sources=sources)


@computes("shanxi2025_ai_mfg_engineers")
def need_against_supply(claim: PrintedClaim, tables: Tables) -> Check:
    """How many times the supply the need would be."""
    times = 100 / claim.positive
    said = Text(
        "Supply under {part:.0f}% of need means a need of more than {times:.0f} times the supply.",
        "供给不足需求的{part:.0f}%，即需求超过供给的{times:.0f}倍。",
    )
    said = said.filled(part=claim.number, times=100 / claim.number)
    return related(claim, times, Text("need / supply", "需求/供给"), said)


@computes("shanxi2025_super_deduction")
def deduction_in_force(claim: PrintedClaim, tables: Tables) -> Check:
    """Highest super-deduction in force for each group of firms in the month of the reprint."""
    rules = [r for r in registry().tax.values() if r.kind == "super_deduction" and r.first <= MONTH <= (r.last or MONTH)]
    general = max(rule.rate for rule in rules if rule.group == "all")
    highest = max(rules, key=lambda rule: rule.rate)
    said = Text(
        "In force in {year}: {general:.0%} for all eligible firms, at most {most:.0%} ({document}). The proposal names no rate above "
        "these.",
        "{year}年有效：所有符合条件企业{general:.0%}，最高{most:.0%}（{document}）。建议未给出更高的具体比例。",
    ).filled(year=MONTH[:4], general=general, most=highest.rate, document=highest.document)
    check = related(claim, Interval.point(round(100 * general)), Text("super-deduction in force (%)", "现行加计扣除比例（%）"), said)
    return replace(check, evidence="secondary")  # the rules were read in summaries, as the registry says of each

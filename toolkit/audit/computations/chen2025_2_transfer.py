"""Chen, Zhao and Duan (2025), section 2(3): technology contracts, pilot platforms and transfer staff."""

from __future__ import annotations

from toolkit.audit.api import Check, Figure, Interval, PrintedClaim, Tables, arithmetic, computes, related, wholes
from toolkit.language import Text

PERCENT = 100
YEAR = 2024
DOUBLE_DIGITS = 10
NATION = "national_series.tech_market_value_national"
PROVINCES = "national_series.tech_market_value_sum31"
TRILLION = 10**12
PER_TRILLION = {NATION: 10**4, PROVINCES: 10**8}  # units of the series in a trillion yuan


@computes("chen2025_tech_contract_growth")
def growth_and_level(claim: PrintedClaim, tables: Tables) -> list[Check]:
    """Growth from the official value of the year before to the printed value, growth of the provinces, and the lowest growth before."""
    value, nation = tables.claim("chen2025_tech_contract_68"), _trillions(NATION, tables)[YEAR - 1]
    implied = (value.truncated / TRILLION / nation.interval - 1) * PERCENT
    agrees = implied.overlaps(claim.interval)
    what = Text("growth from the official value of {year}", "以{year}年官方数计算的增速").filled(year=YEAR - 1)
    sentence = Text(
        "From the official {before:.4f} trillion of {year} to the printed value the growth is {low:.1f} to {high:.1f}%, which {outcome}.",
        "由{year}年官方数{before:.4f}万亿元到论文数值，增速为{low:.1f}%至{high:.1f}%，{outcome}。",
    ).filled(
        before=nation.number,
        year=YEAR - 1,
        low=float(implied.low or 0),
        high=float(implied.high or 0),
        outcome=Text("admits the printed rate", "与论文增速相容") if agrees else Text("excludes the printed rate", "与论文增速不相容"),
    )
    joint = related(
        claim,
        Figure(label=what, unit=Text("%", "%"), interval=implied, sources=nation.sources, cells=nation.cells),
        what,
        sentence,
        claims=(value.id,),
    )
    return [joint, _growth_of_provinces(claim, tables), _lowest_before(claim, tables)]


def _growth_of_provinces(claim: PrintedClaim, tables: Tables) -> Check:
    growth = _growth(PROVINCES, tables)[YEAR]
    what = Text("growth of the sum of the provinces, {year}", "{year}年各省合计增速").filled(year=YEAR)
    sentence = Text(
        "The sum of the provinces grew by {growth:.1f}% in {year}, {gap:+.1f} points from the printed rate.",
        "{year}年各省合计增长{growth:.1f}%，与论文增速相差{gap:+.1f}个百分点。",
    ).filled(growth=growth.number, year=YEAR, gap=growth.number - claim.number)
    return related(claim, growth.named(what, Text("%", "%")), what, sentence)


def _lowest_before(claim: PrintedClaim, tables: Tables) -> Check:
    growth = tables.series("national_series.tech_market_growth")
    low = min(growth, key=lambda year: growth[year].number)
    sentence = Text(
        "The lowest official growth from {first} to {last} is {low:.1f}% ({year}), so the printed rate {outcome}.",
        "{first}—{last}年官方增速最低为{low:.1f}%（{year}年），论文增速{outcome}。",
    ).filled(
        first=min(growth),
        last=max(growth),
        low=growth[low].number,
        year=low,
        outcome=Text("is the lowest of the series", "为序列最低")
        if claim.number < growth[low].number
        else Text("is not the lowest", "并非最低"),
    )
    return related(claim, growth[low], Text("lowest growth before", "此前最低增速"), sentence)


@computes("chen2025_tech_contract_streak")
def run_of_double_digits(claim: PrintedClaim, tables: Tables) -> Check:
    """Length of the run of double-digit growth up to 2024: national values, and the provinces for the last year."""
    nation, provinces = _growth(NATION, tables), _growth(PROVINCES, tables)
    run, longest = _run({**nation, YEAR: provinces[YEAR]}), _run(provinces)
    at_least, exactly = run >= claim.number, Interval.point(run).overlaps(claim.interval)
    sentence = Text(
        "With national values to {last} and the sum of the provinces for {year}, growth was in double digits for {run} years in a row "
        "(the series begins there); the sum of the provinces alone gives {longest} years. A run of {stated:.0f} lies inside: the statement "
        "{weak} as at least {stated:.0f} years and {strict} as the length of the run.",
        "以截至{last}年的全国数与{year}年各省合计计算，已连续{run}年两位数增长（序列即始于此）；仅按各省合计则为{longest}年。"
        "其中包含{stated:.0f}年：作为“至少{stated:.0f}年”{weak}，作为连续期长度{strict}。",
    ).filled(
        last=max(nation),
        year=YEAR,
        run=run,
        longest=longest,
        stated=claim.number,
        weak=_outcome(at_least),
        strict=_outcome(exactly),
    )
    figures = [nation[max(nation)], provinces[YEAR]]
    return Check(
        what=Text("years in a row of double-digit growth", "连续两位数增长年数"),
        result="agrees" if at_least and exactly else "depends" if at_least or exactly else "contradicts",
        value=Text("{run} years", "{run}年").filled(run=run),
        sentence=sentence,
        ours=True,
        evidence="official",
        sources=tuple(dict.fromkeys(source for figure in figures for source in figure.sources)),
        cells=tuple(cell for figure in figures for cell in figure.cells),
    )


@computes("chen2025_pilot_242")
def part_of_the_reserve(claim: PrintedClaim, tables: Tables) -> Check:
    """The part of all pilot platforms that the first batch is at most."""
    platforms, branches = tables.claim("chen2025_pilot_2400"), tables.claim("chen2025_pilot_6_34")
    most = PERCENT * claim.number / platforms.number
    sentence = Text(
        "Of more than {all:,.0f} platforms {n:.0f} are at most {most:.1f}%; over {branches:.0f} branches that makes {each:.1f} each.",
        "超过{all:,.0f}个平台中的{n:.0f}个，至多占{most:.1f}%；平均每个细分方向（共{branches:.0f}个）{each:.1f}个。",
    ).filled(all=platforms.number, n=claim.number, most=most, branches=branches.number, each=claim.number / branches.number)
    what = Text("part of all platforms, at most, %", "占全部平台的上限（%）")
    return related(claim, most, what, sentence, claims=(platforms.id, branches.id))


@computes("chen2025_chengdu_94")
def platforms_led_by_firms(claim: PrintedClaim, tables: Tables) -> Check:
    """Which whole numbers of the platforms make the share."""
    platforms = tables.claim("chen2025_chengdu_49")
    counts = wholes(claim.interval / PERCENT * platforms.number)
    sentence = Text("Of {n:.0f} platforms {share:.0f}% can only be {counts}.", "{n:.0f}个平台的{share:.0f}%只能是{counts}个。").filled(
        n=platforms.number,
        share=claim.number,
        counts=Text(", ".join(map(str, counts)) or "no whole number", "、".join(map(str, counts)) or "非整数"),
    )
    return arithmetic(
        claim=claim,
        holds=bool(counts),
        what=Text("whole numbers that make the share", "与该比重相符的整数"),
        value=counts,
        sentence=sentence,
        claims=(platforms.id,),
    )


@computes("chen2025_tm_alliance_2024")
def central_provinces(claim: PrintedClaim, tables: Tables) -> Check:
    """Provinces that the statistical central region has."""
    frame = tables.frame("provinces")
    count = int((frame["region4"] == "Central").sum())
    sentence = Text(
        "The statistical central region has {n} provinces; whether all of them joined the shipped data cannot say.",
        "统计上的中部地区有{n}个省；是否全部加入，随附数据无从判断。",
    ).filled(n=count)
    return related(claim, count, Text("provinces of the central region", "中部地区省份数"), sentence)


def _trillions(series: str, tables: Tables) -> dict[int, Figure]:
    return {year: figure / PER_TRILLION[series] for year, figure in tables.series(series).items()}


def _growth(series: str, tables: Tables) -> dict[int, Figure]:
    """Growth over the year before (%), by year."""
    values = tables.series(series)
    return {year: (values[year] / values[year - 1] - 1) * PERCENT for year in values if year - 1 in values}


def _run(growth: dict[int, Figure]) -> int:
    """Years in a row up to the last one in which growth reached two digits."""
    years = 0
    while (figure := growth.get(max(growth) - years)) and figure.number >= DOUBLE_DIGITS:
        years += 1
    return years


def _outcome(holds: bool) -> Text:
    return Text("holds", "成立") if holds else Text("fails", "不成立")

"""Chi et al.: where results come from, as far as expenditure by activity and performer can tell."""

from __future__ import annotations

from dataclasses import replace

from toolkit.audit.api import Check, Figure, PrintedClaim, Tables, computes, joined, related
from toolkit.audit.directions import DirectionFigure, above, derived, readings, share
from toolkit.language import Text

YEAR, HALF = 2024, 50
PERCENT = Text("%", "%")


@computes("chi2025_basic_origin")
def basic_research_by_performer(claim: PrintedClaim, tables: Tables) -> list[Check]:
    """Share of basic research in R&D; at most, were all of it done by universities, or by universities and institutes together."""
    basic = tables.national("rd_basic", YEAR)
    rest = tables.national("rd_applied", YEAR) + tables.national("rd_experimental", YEAR)
    universities, institutes = tables.national("rd_perf_highered", YEAR), tables.national("rd_perf_govinst", YEAR)

    def ceiling(performers: Figure, name: Text) -> Figure:
        return derived(basic / performers * 100, name, PERCENT)

    nation = share(basic, rest, Text("share of basic research in all R&D", "基础研究占全部R&D经费"))
    both = ceiling(universities + institutes, Text("at most, universities and institutes", "高校与科研机构合计，至多"))
    alone = ceiling(universities, Text("at most, universities alone", "高校单独，至多"))
    found = {figure.label: DirectionFigure(figure, above(figure, HALF)) for figure in (nation, both)}
    check = readings(claim, found, Text("more than half of R&D expenditure is basic research", "R&D经费一半以上为基础研究"), nation.label)
    note = Text(
        "For universities alone the ceiling is {alone:.1f}%, which leaves it open: the statement depends on whose results are meant and "
        "on what counts as one.",
        "仅就高校而言，上限为{alone:.1f}%，无法判断：该说法取决于指谁的成果以及何为“成果”。",
    ).filled(alone=alone.number)
    open_for = above(alone, HALF)
    check = replace(check, result="depends" if open_for else check.result, sentence=joined(check.sentence, note))
    other = tables.claim("chen2025_basic_share_691")
    said = Text(
        "Chen et al. put basic research at {share} and call that too little for original results; here too much of it is the complaint.",
        "陈亚平等称基础研究占比为{share}，不足以支撑原创成果；本文则认为成果过多出自基础研究。",
    ).filled(share=other.printed)
    return [
        check,
        related(claim, other.interval, Text("basic research / R&D in another paper", "另一论文的基础研究占比"), said, claims=(other.id,)),
    ]

r"""Which statements of the papers agree with official figures, which do not, and which cannot be true together?

A printed number is the interval of what is rounded to it, a figure as well: claim C and figure F agree when C and F meet.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.audit import Audit, Tables
from toolkit.audit.findings import findings, still_open
from toolkit.audit.verdicts import OPEN_WORDS, SHORT_WORDS, WORDS
from toolkit.language import Text
from toolkit.present import frame_table
from toolkit.present.exhibit import Drawing, FigureExhibit, TableExhibit
from toolkit.present.figures.canvas import Sheet, legend_above, number_axis, on_sheet, row_axis
from toolkit.present.record import Statement, statement
from toolkit.present.style import FAINT, MUTED, PALETTE
from toolkit.registry import registry

_COLOURS = dict(
    zip(
        WORDS, (PALETTE[2], PALETTE[5], PALETTE[0], PALETTE[1], PALETTE[4], PALETTE[3], "#8C8C8C", FAINT, "#DDDDDD", "#EFEFEF"), strict=True
    )
)
_LEAST = 3  # statements from which on a number fits into its piece of a bar


def verdicts_finding(found: Audit) -> Statement:
    """How many claims have each verdict, and how many rest on evidence of grade A or B."""
    counts = found.counts()
    decided = [verdict for verdict in found.verdicts if verdict.decided]
    grades = Counter(verdict.grade for verdict in decided)
    words = Counter(verdict.word for verdict in decided)
    return statement(
        "claims_verdicts",
        Text(
            "Of {claims} statements, official figures decide {decided} (grade A {a}, grade B {b}): {reproduced} are reproduced, {another} "
            "at another vintage only, {contradicted} contradicted, and {depends} depend on the definition or the year. {weak} more are "
            "compatible with a figure too wide to test them, and {arithmetic} are decided by the papers' own arithmetic alone. Of the "
            "rest {public} have a public source not read yet, {private} rest on data that are not public, {undefined} on terms not "
            "defined, and {goals} are no statements of fact.",
            "{claims}条论断中，官方数字可以判定{decided}条（A级{a}条，B级{b}条）：复现{reproduced}条，仅以其他版本复现{another}条，与官方数据矛盾"
            "{contradicted}条，取决于定义或年份{depends}条。另有{weak}条与官方数字相容但证据弱，{arithmetic}条仅凭论文自身算术判定。其余"
            "{public}条有公开来源而尚未查阅，{private}条数据未公开，{undefined}条概念未作定义，{goals}条不是事实陈述。",
        ),
        claims=len(found.verdicts),
        decided=len(decided),
        a=grades["A"],
        b=grades["B"],
        reproduced=words["reproduced"],
        another=words["another_vintage"],
        contradicted=words["contradicted"],
        depends=words["depends"],
        weak=counts["weak"],
        arithmetic=counts["incoherent"] + counts["depends"] - words["depends"],
        public=counts["not_tested"],
        private=counts["not_public"],
        undefined=counts["undefined"],
        goals=counts["no_fact"],
    )


def verdict_bars(found: Audit) -> FigureExhibit:
    """The statements of each paper by verdict, as one bar."""
    papers = list(dict.fromkeys(verdict.claim.paper for verdict in found.verdicts))
    frame = pd.DataFrame({word: [found.only(paper).counts()[word] for paper in papers] for word in WORDS}, index=papers)
    rows = frame.rename_axis("paper").reset_index()

    def paint(sheet: Sheet) -> Drawing:
        figure = sheet.figure(0.6 + 0.36 * len(papers))
        axes = figure.add_subplot()
        start = np.zeros(len(papers))
        for word in WORDS:
            own = frame[word].to_numpy()
            axes.barh(range(len(papers)), own, left=start, color=_COLOURS[word], height=0.66, label=sheet.say(SHORT_WORDS[word]))
            for place, (left, count) in enumerate(zip(start, own, strict=True)):
                if count >= _LEAST:
                    light = word in ("weak", "not_public", "undefined", "no_fact")
                    axes.text(left + count / 2, place, str(count), ha="center", va="center", fontsize=7, color=MUTED if light else "white")
            start = start + own
        row_axis(axes, [sheet.say(registry().papers[paper].short) for paper in papers])
        axes.set_xlabel(sheet.say(Text("Statements", "论断条数")))
        number_axis(axes.xaxis)
        legend_above(axes)
        return sheet.finish(figure, rows)

    return on_sheet(
        paint,
        rows,
        title=Text("Verdicts on the statements of five papers", "五篇论文各论断的判定"),
        notes=Text(
            "From the left: what evidence decides; grey: what stays open, by reason.", "左起为有证据判定者；灰色为未决者，按原因区分。"
        ),
        width="two",
        names=None,
        labels=None,
    )


def decided(found: Audit) -> TableExhibit:
    """The claims that an official figure or arithmetic decides, with number, computed value and verdict, in one unit."""
    rows = [
        {
            "claim": v.claim.indicator,
            "section": f"{v.claim.paper} {v.claim.section}",
            "printed": v.printed,
            "computed": v.checks[0].value,
            "verdict": SHORT_WORDS[v.word],
            "grade": v.grade,
        }
        for word in WORDS
        if word not in OPEN_WORDS.values()
        for v in found.only(word=word).verdicts
    ]
    return frame_table(
        pd.DataFrame(rows),
        {
            "claim": Text("Quantity", "指标"),
            "section": Text("Stands in", "出处"),
            "printed": glossary.PRINTED,
            "computed": Text("Official or computed", "官方数或计算值"),
            "verdict": glossary.VERDICT,
            "grade": Text("Grade", "证据等级"),
        },
        title=Text("Statements that figures or arithmetic decide", "可由官方数字或算术判定的论断"),
    )


def findings_table(found: Audit, tables: Tables) -> TableExhibit:
    """The ten findings, one row each: sentence, verdict and grade."""
    rows = [
        {"finding": sentence, "verdict": SHORT_WORDS[verdict.word], "grade": verdict.grade} for verdict, sentence in findings(found, tables)
    ]
    return frame_table(
        pd.DataFrame(rows),
        {"finding": Text("Finding", "发现"), "verdict": glossary.VERDICT, "grade": Text("Grade", "证据等级")},
        title=Text("Ten findings: contradictions, vintages and definitions", "十项发现：矛盾、版本与定义"),
    )


def open_table(found: Audit) -> TableExhibit:
    """Why the other statements stay open, how many for each reason, and the publications that would settle most of them."""
    return frame_table(
        pd.DataFrame(still_open(found)),
        {
            "why": Text("Why it stays open", "未决原因"),
            "statements": Text("Statements", "论断条数"),
            "most": Text("Would settle most of them", "可判定其中最多者"),
        },
        title=Text("What stays open, and why", "未决论断及其原因"),
    )

r"""Which statements of the papers agree with official figures, which do not, and which cannot be true together?

A printed number is the interval of what is rounded to it, a figure as well: claim C and figure F agree when C and F meet.
"""

from __future__ import annotations

import pandas as pd

from toolkit import glossary
from toolkit.audit import Audit
from toolkit.audit.verdicts import SHORT_WORDS, WORDS
from toolkit.language import Text
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement


def verdicts_finding(found: Audit) -> Statement:
    """How many claims have each verdict."""
    counts = found.counts()
    total = sum(counts.values())
    return statement(
        "claims_verdicts",
        Text(
            "Of {claims} statements, official figures or arithmetic decide {decided}: {reproduced} are reproduced, {another} at another "
            "vintage only, {contradicted} contradicted, {incoherent} incoherent, and {undefined} hold under some definitions and fail "
            "under others. For the other {open} no shipped official figure decides; each names the publication that would.",
            "{claims}条论断中，官方数字或算术可以判定{decided}条：复现{reproduced}条，仅以其他版本复现{another}条，与官方数据矛盾{contradicted}条，"
            "自相矛盾{incoherent}条，因定义不同而异{undefined}条。其余{open}条随附官方数据不足以判定，均注明可据以判定的出版物。",
        ),
        claims=total,
        decided=total - counts["not_testable"],
        open=counts["not_testable"],
        another=counts["another_vintage"],
        reproduced=counts["reproduced"],
        contradicted=counts["contradicted"],
        incoherent=counts["incoherent"],
        undefined=counts["undefined"],
    )


def decided(found: Audit) -> TableExhibit:
    """The claims that an official figure or arithmetic decides, with number, computed value and verdict."""
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
        for v in found.only(word=word).verdicts
        if word != "not_testable"
    ]
    return frame_table(
        pd.DataFrame(rows),
        {
            "claim": Text("Quantity", "指标"),
            "section": Text("Stands in", "出处"),
            "printed": glossary.PRINTED,
            "computed": glossary.COMPUTED,
            "verdict": glossary.VERDICT,
            "grade": Text("Grade", "证据等级"),
        },
        title=Text("Statements that figures or arithmetic decide", "可由官方数字或算术判定的论断"),
    )


def contradictions(found: Audit) -> TableExhibit:
    """Statements that cannot be true together, one row each: which, whether under every definition, and why."""
    rows = [{"claims": ", ".join(c.claims), "always": c.always, "why": c.sentence} for c in found.contradictions]
    return frame_table(
        pd.DataFrame(rows, columns=["claims", "always", "why"]),
        {
            "claims": Text("Claims", "论断"),
            "always": Text("Under every definition", "任何定义下"),
            "why": Text("Why", "原因"),
        },
        title=Text(
            "Statements that cannot be true together, or only under one definition", "不能同时成立、或仅在某种定义下才能同时成立的论断"
        ),
    )

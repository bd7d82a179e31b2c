"""The same audit of one more text: a list in the form of a user's own, read and judged like any other."""

from __future__ import annotations

from functools import cache

import pandas as pd

from toolkit import glossary
from toolkit.audit import Audit, audit, read_claims
from toolkit.audit.verdicts import OPEN_WORDS, SHORT_WORDS
from toolkit.language import Text
from toolkit.paths import LIBRARY
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement

LIST = LIBRARY / "registry" / "lists" / "innovation_index_2024.yaml"


@cache
def _audited() -> Audit:
    return audit(read_claims(LIST))


def commentary_table() -> TableExhibit:
    """Every statement of the text with its verdict and what decides it."""
    rows = [
        {
            "claim": v.claim.indicator,
            "printed": v.printed,
            "computed": v.checks[0].value if v.checks else Text("", ""),
            "verdict": SHORT_WORDS[v.word]
            if not (v.word in OPEN_WORDS.values() and v.grade == "P")
            else Text("arithmetic holds", "算术成立"),
            "grade": v.grade,
        }
        for v in _audited().verdicts
    ]
    return frame_table(
        pd.DataFrame(rows),
        {
            "claim": Text("Quantity", "指标"),
            "printed": glossary.PRINTED,
            "computed": Text("Official or computed", "官方数或计算值"),
            "verdict": glossary.VERDICT,
            "grade": Text("Grade", "证据等级"),
        },
        title=Text(
            "The statistics bureau's commentary on its innovation index, statement by statement",
            "国家统计局对创新指数的解读：逐条审查",
        ),
    )


def commentary_finding() -> Statement:
    """How many statements of the text are reproduced, agree by arithmetic, or stay open."""
    found = _audited()
    counts = found.counts()
    arithmetic = [v for v in found.verdicts if v.word in OPEN_WORDS.values() and v.grade == "P"]
    return statement(
        "claims_other_text",
        Text(
            "Of {n} statements of the bureau's commentary {reproduced} are reproduced and {contradicted} contradicted by official figures; "
            "in {arithmetic} more the text's own arithmetic is right; {open} wait for figures that are not shipped.",
            "统计局解读的{n}条论断中，官方数字复现{reproduced}条，矛盾{contradicted}条；"
            "另有{arithmetic}条自身算术成立；{open}条有待未随附的数据。",
        ),
        n=len(found.verdicts),
        reproduced=counts["reproduced"],
        contradicted=counts["contradicted"],
        arithmetic=len(arithmetic),
        open=sum(counts[word] for word in set(OPEN_WORDS.values())) - len(arithmetic),
    )

"""From checks to a verdict, its provenance grade and its sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from toolkit import glossary
from toolkit.audit.checks import Check, joined
from toolkit.audit.figures import Grade
from toolkit.audit.printed import PrintedClaim
from toolkit.language import Text
from toolkit.registry import Claim
from toolkit.registry.claims import Open
from toolkit.report import Report, ReportMixin, ReportTable

Word = Literal[
    "reproduced",
    "weak",
    "another_vintage",
    "contradicted",
    "incoherent",
    "depends",
    "not_tested",
    "not_public",
    "undefined",
    "no_fact",
]

WORDS: dict[Word, Text] = {
    "reproduced": Text("reproduced", "复现"),
    "weak": Text("compatible, weak", "相容（证据弱）"),
    "another_vintage": Text("reproduced at another vintage", "以其他版本复现"),
    "contradicted": Text("contradicted", "与官方数据矛盾"),
    "incoherent": Text("incoherent", "自相矛盾"),
    "depends": Text("depends on the definition", "取决于定义"),
    "not_tested": Text("not tested yet", "尚未检验"),
    "not_public": Text("not public", "数据未公开"),
    "undefined": Text("undefined", "未作定义"),
    "no_fact": Text("not a statement of fact", "非事实陈述"),
}
SHORT_WORDS: dict[Word, Text] = {
    **WORDS,
    "another_vintage": Text("other vintage", "其他版本"),
    "contradicted": Text("contradicted", "矛盾"),
    "depends": Text("depends", "取决于定义"),
    "no_fact": Text("no fact", "非事实"),
}
WORD_MEANINGS: dict[Word, Text] = {
    "reproduced": Text("an official figure lies in the rounding of the printed number", "官方数字落在论文数字的舍入区间内"),
    "weak": Text(
        "an official figure admits it, but leaves so much open that almost any number would have passed",
        "官方数字与其相容，但留出的范围过宽，相近的数几乎都会相符",
    ),
    "another_vintage": Text(
        "the number belongs to another year or release than the one stated or final", "数字属于另一年份或另一版本，并非所称年份或最终版本"
    ),
    "contradicted": Text("the official figure lies outside the rounding of the printed number", "官方数字落在论文数字的舍入区间外"),
    "incoherent": Text(
        "it cannot be true together with other statements of the papers, and no official figure clears it",
        "与论文其他说法不能同时成立，且没有官方数字可以排除其错误",
    ),
    "depends": Text("it holds under some definitions or years and fails under others", "在某些定义或年份下成立，在另一些下不成立"),
    "not_tested": Text("a public source named with it would decide; it has not been read", "所列公开来源可以判定，但尚未查阅"),
    "not_public": Text(
        "only private data, or the records of the organisation itself, would decide", "只有非公开数据或该机构自身的记录才能判定"
    ),
    "undefined": Text("its term is not defined, so that no figure can decide", "概念未作定义，任何数字都不足以判定"),
    "no_fact": Text("a goal, a proposal or an opinion", "目标、建议或观点"),
}
GRADES: dict[Grade, Text] = {
    "A": Text("a document or series of the body that answers for the figure", "责任机构自身的文件或数据序列"),
    "B": Text(
        "its figure quoted with body and date elsewhere, or an official series under a reading or proxy of ours",
        "注明机构与日期的转引数字，或按我们选定的口径或代理指标使用的官方序列",
    ),
    "P": Text("arithmetic of the papers alone", "仅凭论文自身的算术"),
    "C": Text(
        "related figures, or figures without a body or date; they decide nothing", "仅有相关数字，或未注明机构或日期的数字，不作判定"
    ),
    "D": Text("nothing read beside the paper", "除论文外未读到任何材料"),
}
REMAINS: dict[Open, Text] = {
    "public": Text("a public source that has not been read", "有公开来源，尚未查阅"),
    "own_count": Text("one organisation's own count: its records would decide", "某一机构自行统计：须查其记录"),
    "private": Text("private data", "非公开数据"),
    "undefined": Text("the term is not defined", "概念未作定义"),
    "goal": Text("a forecast, goal, proposal or opinion", "预测、目标、建议或观点"),
}
OPEN_WORDS: dict[Open, Word] = {
    "public": "not_tested",
    "own_count": "not_public",
    "private": "not_public",
    "undefined": "undefined",
    "goal": "no_fact",
}
OWN_ARITHMETIC = Text("The arithmetic of the papers is right.", "论文自身的算术成立。")
NO_TEST = Text("No test is declared and no reason given.", "既未声明检验，也未说明原因。")
SETTLE = Text("To settle it: {settle}.", "可据以判定：{settle}。")
DECIDING: tuple[tuple[str, Word], ...] = (
    ("contradicts", "contradicted"),
    ("vintage", "another_vintage"),
    ("official agrees", "reproduced"),
    ("incoherent", "incoherent"),
    ("depends", "depends"),
    ("weak", "weak"),
)


GRADE_ORDER = tuple(GRADES)


def remains(claim: Claim) -> Open:
    """Why a claim stays open when nothing decides it: as the registry says, else by its kind and testability."""
    if claim.remains:
        return claim.remains
    if claim.kind == "target":
        return "goal"
    reasons: dict[str, Open] = {"A": "public", "B": "public", "C": "private", "D": "undefined"}
    return reasons[claim.testability]


@dataclass(frozen=True, repr=False)
class Verdict(ReportMixin):
    """What the audit says about one claim; a notebook shows it in the current language.

    Attributes
    ----------
    claim : the claim.
    word : one of the ten verdicts.
    grade : what the evidence is: A, B, the arithmetic of the papers (P), C or D.
    sentence : the verdict in words.
    checks : everything that was computed, the deciding ones first.
    """

    claim: Claim
    word: Word
    grade: Grade
    sentence: Text
    checks: tuple[Check, ...]

    @property
    def id(self) -> str:
        """Id of the claim."""
        return self.claim.id

    @property
    def decided(self) -> bool:
        """Whether evidence of grade A or B decides it; a weak agreement does not."""
        return self.grade in ("A", "B") and self.word in ("reproduced", "another_vintage", "contradicted", "depends")

    @property
    def printed(self) -> Text:
        """The number as the paper prints it."""
        return PrintedClaim(self.claim).printed

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of all publications that the checks rest on."""
        return tuple(dict.fromkeys(name for check in self.checks for name in check.sources))

    def _report(self) -> Report:
        where = Text("Stands in", "出处"), Text(f"{self.claim.paper}, {self.claim.section}", f"{self.claim.paper}，{self.claim.section}")
        told = (
            (Text("Statement", "论断"), self.claim.statement),
            where,
            (glossary.PRINTED, self.printed),
            (glossary.VERDICT, WORDS[self.word]),
            (glossary.EVIDENCE, GRADES[self.grade]),
            (Text("Why", "依据"), self.sentence),
            (Text("Caution", "注意"), self.claim.caution),
        )
        return Report(self.id, (ReportTable(("", ""), tuple((head.to(), text.to()) for head, text in told if text.en)),))

    @property
    def code(self) -> tuple[str, ...]:
        """Functions that computed the checks."""
        return tuple(dict.fromkeys(check.code for check in self.checks if check.code))


def judge(claim: Claim, checks: Sequence[Check]) -> Verdict:
    """The verdict that the checks add up to.

    An official figure outranks the arithmetic of the papers: contradicted, then reproduced at another vintage, then reproduced, then
    incoherent, then undefined. A check that is only related to the claim decides nothing.

    Parameters
    ----------
    claim : the claim.
    checks : its checks in any order.
    """
    for kind, word in DECIDING:
        deciding = [check for check in checks if _kind(check) == kind]
        if deciding:
            others = [check for check in checks if _kind(check) != kind]
            best = sorted(deciding, key=lambda check: GRADE_ORDER.index(check.grade))
            sentence = joined(*dict.fromkeys(check.sentence for check in best))
            return Verdict(claim=claim, word=word, grade=best[0].grade, sentence=sentence, checks=(*best, *others))
    why = joined(OWN_ARITHMETIC, _why(claim)) if any(check.result == "agrees" for check in checks) else _why(claim)
    return Verdict(claim=claim, word=OPEN_WORDS[remains(claim)], grade=_grade(claim, checks), sentence=why, checks=tuple(checks))


def _kind(check: Check) -> str:
    return "official agrees" if check.result == "agrees" and check.evidence == "official" else check.result


def _grade(claim: Claim, checks: Sequence[Check]) -> Grade:
    """Of a claim that nothing decides: what was read or computed beside it."""
    if any(check.result == "agrees" for check in checks):
        return "P"
    return "C" if claim.reported.en or any(check.evidence in ("official", "secondary") for check in checks) else "P" if checks else "D"


def _why(claim: Claim) -> Text:
    why = [claim.untested] if claim.untested.en else [] if claim.settle.en else [NO_TEST]
    return joined(*why, *([SETTLE.filled(settle=_plain(claim.settle))] if claim.settle.en else []))


def _plain(text: Text) -> Text:
    return Text(text.en.rstrip(" ."), text.zh.rstrip(" 。"))

"""From checks to a verdict, its provenance grade and its sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from toolkit.audit.checks import Check, joined
from toolkit.audit.stated import Stated
from toolkit.language import Text
from toolkit.registry import Claim

Word = Literal["reproduced", "another_vintage", "contradicted", "incoherent", "undefined", "not_testable"]
Grade = Literal["A", "B", "C", "D"]

WORDS: dict[Word, Text] = {
    "reproduced": Text("reproduced", "复现"),
    "another_vintage": Text("reproduced at another vintage", "以其他版本复现"),
    "contradicted": Text("contradicted", "与官方数据矛盾"),
    "incoherent": Text("incoherent", "自相矛盾"),
    "undefined": Text("undefined", "定义不明"),
    "not_testable": Text("not testable with public data", "公开数据无法检验"),
}
SHORT_WORDS: dict[Word, Text] = {
    "reproduced": Text("reproduced", "复现"),
    "another_vintage": Text("other vintage", "其他版本"),
    "contradicted": Text("contradicted", "矛盾"),
    "incoherent": Text("incoherent", "自相矛盾"),
    "undefined": Text("undefined", "定义不明"),
    "not_testable": Text("not testable", "无法检验"),
}
WORD_MEANINGS: dict[Word, Text] = {
    "reproduced": Text("an official figure lies in the rounding of the printed number", "官方数字落在论文数字的舍入区间内"),
    "another_vintage": Text("only the figure of another year or release fits", "仅其他年份或其他发布版本的数字相符"),
    "contradicted": Text("the official figure lies outside the rounding of the printed number", "官方数字落在论文数字的舍入区间外"),
    "incoherent": Text("it cannot be true together with another statement of the papers", "与论文其他说法不能同时成立"),
    "undefined": Text("it holds under some definitions and fails under others", "在某些定义下成立，在另一些定义下不成立"),
    "not_testable": Text("no shipped official figure decides it", "随附官方数据不足以判定"),
}
GRADES: dict[Grade, Text] = {
    "A": Text("decided by an official figure in data_raw", "由data_raw中的官方数字判定"),
    "B": Text("arithmetic of the papers alone", "仅凭论文自身的算术"),
    "C": Text("only second-hand reports or related figures", "仅有二手报道或相关数字"),
    "D": Text("nothing read beside the paper", "除论文外未读到任何材料"),
}
OWN_ARITHMETIC = Text("The arithmetic of the papers holds.", "论文自身的算术成立。")
NO_TEST = Text("No test is declared and no reason given.", "既未声明检验，也未说明原因。")
SETTLE = Text("To settle it: {settle}.", "可据以判定：{settle}。")
DECIDING: tuple[tuple[str, Word], ...] = (
    ("contradicts", "contradicted"),
    ("vintage", "another_vintage"),
    ("official agrees", "reproduced"),
    ("incoherent", "incoherent"),
    ("depends", "undefined"),
)


@dataclass(frozen=True)
class Verdict:
    """What the audit says about one claim.

    Attributes
    ----------
    claim : the claim.
    word : one of the six verdicts.
    grade : provenance of the evidence, A to D.
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
    def printed(self) -> Text:
        """The number as the paper prints it."""
        return Stated(self.claim).printed

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of all publications that the checks rest on."""
        return tuple(dict.fromkeys(name for check in self.checks for name in check.sources))

    @property
    def code(self) -> tuple[str, ...]:
        """Functions that computed the checks."""
        return tuple(dict.fromkeys(check.code for check in self.checks if check.code))


def judge(claim: Claim, checks: Sequence[Check]) -> Verdict:
    """The verdict that the checks add up to.

    An official figure outranks the arithmetic of the papers: contradicted, then reproduced at another vintage, then reproduced, then
    incoherent, then undefined. A check that only stands beside the claim decides nothing.

    Parameters
    ----------
    claim : the claim.
    checks : its checks in any order.
    """
    for kind, word in DECIDING:
        deciding = [check for check in checks if _kind(check) == kind]
        if deciding:
            others = [check for check in checks if _kind(check) != kind]
            official = any(check.evidence == "official" for check in deciding)
            return Verdict(
                claim=claim, word=word, grade="A" if official else "B", sentence=joined(*_unique(deciding)), checks=(*deciding, *others)
            )
    grade = _grade(claim, checks)
    why = joined(OWN_ARITHMETIC, _why(claim)) if any(check.result == "agrees" for check in checks) else _why(claim)
    return Verdict(claim=claim, word="not_testable", grade=grade, sentence=why, checks=tuple(checks))


def _kind(check: Check) -> str:
    return "official agrees" if check.result == "agrees" and check.evidence == "official" else check.result


def _unique(checks: Sequence[Check]) -> list[Text]:
    return list(dict.fromkeys(check.sentence for check in checks))


def _grade(claim: Claim, checks: Sequence[Check]) -> Grade:
    if any(check.result == "agrees" for check in checks):
        return "B"
    if claim.reported.en or any(check.evidence in ("official", "secondary") for check in checks):
        return "C"
    return "B" if checks else "D"


def _why(claim: Claim) -> Text:
    why = [claim.untested] if claim.untested.en else [] if claim.settle.en else [NO_TEST]
    return joined(*why, *([SETTLE.filled(settle=_plain(claim.settle))] if claim.settle.en else []))


def _plain(text: Text) -> Text:
    return Text(text.en.rstrip(" ."), text.zh.rstrip(" 。"))

"""Verdicts as flat rows (CSV that can be read in again) and as a table for the writers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import TextIO

from toolkit import glossary
from toolkit.audit.own import BILINGUAL, COLUMNS, PLAIN, RESULTS
from toolkit.audit.run import Audit
from toolkit.audit.verdicts import GRADES, WORDS, Verdict, Word
from toolkit.data.safety import inert
from toolkit.language import Language, Text
from toolkit.present.tables.table import Cell, Row, Table
from toolkit.registry import registry
from toolkit.registry.claims import FigureTest, RelationTest, SeriesTest, Test

HEADS = (Text("Claim", "论断"), glossary.PRINTED, glossary.VERDICT, Text("Grade", "证据等级"), Text("Why", "依据"))
TITLE = Text("Statements of the papers and their verdicts", "论文论断与审查结论")


def flat_row(verdict: Verdict) -> dict[str, str]:
    """One claim with its verdict as columns; the first ones are those that :func:`toolkit.audit.own.read_claims` reads."""
    claim = verdict.claim
    row = {"id": claim.id, **{name: str(getattr(claim, name)) for name in PLAIN}}
    for name in BILINGUAL:
        text: Text = getattr(claim, name)
        row |= {f"{name}_en": text.en, f"{name}_zh": text.zh}
    row |= _test(claim.test)
    computed = [check.value for check in verdict.checks]
    return {
        **row,
        "printed_en": verdict.printed.en,
        "printed_zh": verdict.printed.zh,
        "verdict": verdict.word,
        "grade": verdict.grade,
        "sentence_en": verdict.sentence.en,
        "sentence_zh": verdict.sentence.zh,
        "computed_en": "; ".join(text.en for text in computed),
        "computed_zh": "；".join(text.zh for text in computed),
        "sources": " ".join(verdict.sources),
        "data": "; ".join(dict.fromkeys(cell for check in verdict.checks for cell in check.cells)),
        "code": " ".join(verdict.code),
    }


def _test(test: Test | None) -> dict[str, str]:
    if isinstance(test, RelationTest):
        return {"test_relation": " ; ".join(test.relation)}
    if isinstance(test, SeriesTest):
        scale = "" if test.scale is None else repr(test.scale)
        return {
            "test_series": test.series,
            "test_time": str(test.time),
            "test_entity": test.entity,
            "test_scale": scale,
            "test_vintages": " ".join(test.vintages),
            "test_measure": test.measure,
        }
    return {"test_figures": " ".join(test.figures)} if isinstance(test, FigureTest) else {}


def to_csv(audit: Audit) -> str:
    """All claims with their verdicts as CSV text."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, [*COLUMNS, *RESULTS], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: inert(cell) for name, cell in flat_row(verdict).items()} for verdict in audit.verdicts)
    return buffer.getvalue()


def table_of(verdicts: Sequence[Verdict], language: Language) -> Table:
    """The claims as a table: id, number as printed, verdict, grade, and why."""
    header = Row(tuple(Cell(head.to(language), "label") for head in HEADS))
    body = tuple(
        Row(
            tuple(
                Cell(text, "label")
                for text in (
                    verdict.id,
                    verdict.printed.to(language),
                    WORDS[verdict.word].to(language),
                    verdict.grade,
                    verdict.sentence.to(language),
                )
            )
        )
        for verdict in verdicts
    )
    return Table(TITLE.to(language), (header,), body, language=language)


def source_name(name: str, language: Language) -> str:
    """The publication of a source id."""
    source = registry().sources.get(name) or registry().official.get(name)
    return name if source is None else source.name.to(language)


WIDTH = 140  # of a table that goes into a file or a pipe
STYLES: dict[Word, str] = {
    "reproduced": "green",
    "another_vintage": "cyan",
    "contradicted": "bold red",
    "incoherent": "red",
    "weak": "dim green",
    "depends": "yellow",
    "undefined": "dim",
    "not_tested": "dim",
    "not_public": "dim",
    "no_fact": "dim",
}
TOTAL = Text("{n} claims: ", "共{n}条：")
NONE = Text("no claim", "没有论断")
LABELS = {
    "statement": Text("Statement", "论断"),
    "stands": Text("Stands in", "出处"),
    "printed": glossary.PRINTED,
    "verdict": glossary.VERDICT,
    "grade": glossary.EVIDENCE,
    "caution": Text("Caution", "注意"),
    "settle": Text("Settled by", "判定依据"),
    "reported": Text("Second hand", "二手报道"),
    "checks": glossary.COMPUTED,
    "beside": Text("not deciding", "不作判定"),
    "data": Text("data", "数据"),
    "source": Text("source", "来源"),
    "code": Text("code", "代码"),
    "with": Text("with", "涉及"),
    "weak": Text("weak series", "质量较弱的序列"),
}
CONTRADICTIONS = Text(
    "Statements that cannot be true together, or only under one definition", "不能同时成立、或仅在某种定义下才能同时成立的论断"
)


def print_table(audit: Audit, language: Language, stream: TextIO) -> None:
    """Print the verdicts as a table with their counts."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text as Styled

    console = Console(file=stream, width=None if stream.isatty() else WIDTH, highlight=False)
    table = Table(show_lines=False, pad_edge=False)
    for head, shape in zip(HEADS, ({"overflow": "fold"}, {}, {}, {}, {"ratio": 1, "overflow": "fold"}), strict=True):
        table.add_column(head.to(language), **shape)  # type: ignore[arg-type]
    for verdict in audit.verdicts:
        word = Styled(WORDS[verdict.word].to(language), style=STYLES[verdict.word])
        cells = (verdict.id, verdict.printed.to(language))
        table.add_row(*map(Styled, cells), word, verdict.grade, Styled(verdict.sentence.to(language)))
    if audit.verdicts:
        console.print(table)
    console.print(Styled(counts_line(audit, language)))


def counts_line(audit: Audit, language: Language) -> str:
    """How many claims have each verdict, in a line.

    >>> from toolkit.audit.run import Audit
    >>> counts_line(Audit((), ()), "en")
    '0 claims: no claim'
    """
    shown = [f"{WORDS[word].to(language)} {count}" for word, count in audit.counts().items() if count]
    comma = "，" if language == "zh" else ", "
    return TOTAL.filled(n=len(audit.verdicts)).to(language) + (comma.join(shown) or NONE.to(language))


def reasoning(verdict: Verdict, language: Language) -> str:
    """Everything the audit knows about one claim, as lines of text."""
    return "\n".join(_lines(verdict, language)) + "\n"


def _lines(verdict: Verdict, language: Language) -> Iterator[str]:
    claim = verdict.claim
    paper = registry().papers.get(claim.paper)
    title = claim.paper if paper is None else f"{paper.short.to(language)}, {paper.title.to(language)}"
    period = " · ".join(filter(None, [claim.place.to(language), claim.period]))
    yield claim.id
    yield _line("statement", claim.statement.to(language), language)
    yield _line("stands", f"{title}, {claim.section}", language)
    yield _line("printed", f"{with_colon(claim.indicator.to(language), verdict.printed.to(language), language)} · {period}", language)
    yield _line("verdict", with_stop(WORDS[verdict.word].to(language), verdict.sentence.to(language), language), language)
    yield _line("grade", f"{verdict.grade} · {GRADES[verdict.grade].to(language)}", language)
    for name in ("reported", "caution", "settle"):
        text: Text = getattr(claim, name)
        if text.en:
            yield _line(name, text.to(language), language)
    for check in verdict.checks:
        beside = f" [{LABELS['beside'].to(language)}]" if check.result == "related" else ""
        yield _line("checks", with_colon(check.what.to(language), check.value.to(language), language) + beside, language)
        yield f"      {check.sentence.to(language)}"
        details = (
            ("with", check.claims),
            ("data", check.cells),
            ("source", [f"{name} {source_name(name, language)}" for name in check.sources]),
            ("weak", [text.to(language) for text in check.weak]),
            ("code", [check.code]),
        )
        for name, found in details:
            for one in found:
                yield f"      {with_colon(LABELS[name].to(language), one, language)}"


def _line(name: str, text: str, language: Language) -> str:
    return "  " + with_colon(LABELS[name].to(language), text, language)


def with_colon(name: str, text: str, language: Language) -> str:
    """ "name: text" as the language writes it.

    >>> with_colon("代码", "x", "zh")
    '代码：x'
    """
    return f"{name}：{text}" if language == "zh" else f"{name}: {text}"


def with_stop(word: str, sentence: str, language: Language) -> str:
    """A verdict and its sentence."""
    return f"{word}。{sentence}" if language == "zh" else f"{word}. {sentence}"

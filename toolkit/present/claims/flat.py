"""Verdicts as flat rows (CSV that can be read in again) and as a table for the writers."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from toolkit import glossary
from toolkit.audit.own import BILINGUAL, COLUMNS, PLAIN, RESULTS
from toolkit.audit.run import Audit
from toolkit.audit.verdicts import WORDS, Verdict
from toolkit.language import Language, Text
from toolkit.present.table import Cell, Row, Table
from toolkit.registry import registry
from toolkit.registry.claims import RelationTest, SeriesTest

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


def _test(test: SeriesTest | RelationTest | None) -> dict[str, str]:
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
        }
    return {}


def to_csv(audit: Audit) -> str:
    """All claims with their verdicts as CSV text."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, [*COLUMNS, *RESULTS], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat_row(verdict) for verdict in audit.verdicts)
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
    source = registry().sources.get(name)
    return name if source is None else source.name.to(language)

"""The verb ``claims``: audit the registry or a list of the user's, and show it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from toolkit.audit.own import read_claims, write_template
from toolkit.audit.run import Audit, audit
from toolkit.audit.verdicts import WORDS
from toolkit.errors import UnknownOption
from toolkit.language import Language, Text
from toolkit.pipeline.progress import bar
from toolkit.registry import registry

Format = Literal["", "csv", "html", "md"]
FORMATS: tuple[Format, ...] = ("csv", "html", "md")
AUDITING = Text("Auditing claims", "审查论断")
WRITTEN = Text(
    "{file} is written. Fill in a row for each statement, then: python -m toolkit claims check {file}",
    "已写出{file}。每条论断填一行，然后运行：python -m toolkit claims check {file}",
)
BAD = ("contradicted", "incoherent")


def show(file: str, claim: str, paper: str, verdict: str, form: Format, language: Language) -> int:
    """Audit, write to standard output, and return the exit code.

    Parameters
    ----------
    file : a user's list; empty for the claims of the registry.
    claim : id of the one claim whose reasoning is shown; empty for all.
    paper, verdict : filters; empty for all. A verdict is named as in ``WORDS`` (``another_vintage``) or in words of either language.
    form : format; empty for a table made for reading.
    language : language of texts.

    Returns
    -------
    int
        0; for a user's list 1 when a claim is contradicted or incoherent.

    Raises
    ------
    UnknownName, UnknownOption
        A claim, paper or verdict that does not exist.
    RegistryError, UnreadableFile
        The user's list has a mistake.
    """
    claims = read_claims(Path(file)) if file else registry().claims
    word = _word(verdict)
    papers = dict.fromkeys(one.paper for one in claims.values())
    if paper and paper not in papers:
        raise UnknownOption(f"there is no paper {paper!r}", remedy=f"use one of: {', '.join(papers)}")
    found = audit(claims, watch=lambda items: iter(bar(list(items), AUDITING.to(language))))
    code = int(bool(file) and any(v.word in BAD for v in found.verdicts))
    _write(whole=found, claim=claim, chosen=found.only(paper, word), form=form, language=language)
    return code


def new(file: str, language: Language) -> int:
    """Write a template of a list and say what to do with it."""
    write_template(Path(file), language)
    sys.stdout.write(WRITTEN.filled(file=file).to(language) + "\n")
    return 0


def _write(whole: Audit, claim: str, chosen: Audit, form: Format, language: Language) -> None:
    """Text is made whole before the first character leaves."""
    from toolkit.present.site.claims import standalone
    from toolkit.present.tables.claims import print_table, reasoning, table_of, to_csv
    from toolkit.present.writers import to_markdown

    if claim:
        chosen = Audit((whole.of(claim),), tuple(c for c in whole.contradictions if claim in c.claims))
    if form == "csv":
        sys.stdout.write(to_csv(chosen))
    elif form == "md":
        sys.stdout.write(to_markdown(table_of(chosen.verdicts, language)) if chosen.verdicts else "")
    elif form == "html":
        sys.stdout.write(standalone(chosen, language))
    elif claim:
        sys.stdout.write(reasoning(chosen.verdicts[0], language))
    else:
        print_table(chosen, language, sys.stdout)


def _word(verdict: str) -> str:
    """The verdict from its key or its words in either language."""
    for key, text in WORDS.items():
        if verdict.strip().lower().replace("-", "_") in (key, text.en, text.zh):
            return key
    if verdict:
        raise UnknownOption(f"there is no verdict {verdict!r}", remedy=f"use one of: {', '.join(WORDS)}")
    return ""

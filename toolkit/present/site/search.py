"""The index that the search of every page reads: chapters, findings, exhibits, variables and claims, one line each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from toolkit.audit.run import Audit
from toolkit.audit.verdicts import WORDS as VERDICTS
from toolkit.language import LANGUAGES, Language
from toolkit.present.site import explorer
from toolkit.present.site.gallery import Exhibit
from toolkit.present.site.shell import Link, file_of
from toolkit.registry import Registry

_WORDS_OF_A_FRAGMENT = 6  # enough to find a sentence on its page

Entry = tuple[str, str, str, str]
"""Kind, title, what else is searched and shown in part, and the address relative to reports/."""


def index_script(
    links: Sequence[Link],
    record: Mapping[str, Mapping[str, Any]],
    exhibits: Sequence[Exhibit],
    registry: Registry,
    claims: Audit,
    language: Language,
) -> str:
    """The script that holds the index of a language; it defines ``SEARCH``.

    Parameters
    ----------
    links : the navigation.
    record : what the notebooks stated.
    exhibits : figures and tables.
    registry : variables.
    claims : statements with their verdicts.
    language : of titles and texts.
    """
    pages = {link.page for link in links}
    entries: list[Entry] = [("page", link.title.to(language), link.group.to(language), file_of(link.page, language)) for link in links]
    entries += _findings(record, pages, language)
    for one in exhibits:
        if f"pages/{one.notebook}" in pages:
            entries.append((one.kind, one.title.to(language), one.name, f"{file_of(f'pages/{one.notebook}', language)}#{one.name}"))
    entries += _variables(registry, language)
    for verdict in claims.verdicts:
        claim, word = verdict.claim, VERDICTS[verdict.word].to(language)
        title = f"{claim.indicator.to(language)}: {verdict.printed.to(language)}"
        entries.append(("claim", title, f"{word} · {claim.paper} · {claim.id}", f"{file_of('claims', language)}#{claim.id}"))
    return f"window.SEARCH = {json.dumps(entries, ensure_ascii=False, separators=(',', ':'))};\n"


def _findings(record: Mapping[str, Mapping[str, Any]], pages: set[str], language: Language) -> Iterator[Entry]:
    """Each stated sentence, with an address that leads to the sentence itself in a browser that knows text fragments."""
    for notebook, section in record.items():
        for key, told in section.get("statements", {}).items():
            if "text" not in told or f"pages/{notebook}" not in pages:
                continue
            text = told["text"][language]
            yield "finding", text, key, f"{file_of(f'pages/{notebook}', language)}#:~:text={quote(_start(text, language), safe='')}"


def _start(text: str, language: Language) -> str:
    """The first words of a sentence: a text fragment must end where a word ends.

    >>> _start("The elasticity is 0.15 in the same year.", "en")
    'The elasticity is 0.15 in the'
    """
    return text[:12] if language == "zh" else " ".join(text.split()[:_WORDS_OF_A_FRAGMENT]).rstrip(",;:")


def _variables(registry: Registry, language: Language) -> Iterator[Entry]:
    """Each variable once; those of the provinces lead to the explorer, the others to the codebook."""
    other: Language = next(each for each in LANGUAGES if each != language)
    shown = {variable.id for variable in explorer.indicators(registry)}
    told: set[str] = set()
    for table in registry.tables.values():
        for name in table.columns:
            if name in told or name not in registry.variables:
                continue
            told.add(name)
            variable = registry.variables[name]
            codebook = f"{file_of('pages/codebook', language)}#{table.id}.{name}"
            address = f"{file_of('explorer', language)}#v={name}" if name in shown else codebook
            title = f"{variable.name.to(language)} ({unit})" if (unit := variable.unit.to(language)) else variable.name.to(language)
            yield "variable", title, f"{name} · {table.title.to(language)} · {variable.name.to(other)}", address

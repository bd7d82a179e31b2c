"""The page of claims: every claim a row that opens, links that lead somewhere, nothing loaded, nothing second-hand called official."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from audited import whole

from toolkit.audit.run import Audit
from toolkit.language import LANGUAGES, Language
from toolkit.present.site import claims as page
from toolkit.present.tables.claims import counts_line, flat_row, reasoning, table_of
from toolkit.registry import registry


class Parsed(HTMLParser):
    """Ids, links inside the page, open tags that are never closed."""

    VOID = frozenset({"meta", "link", "input", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.claims: list[dict[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [str(given["id"])] if "id" in given else []
        self.targets += [str(given["href"])[1:]] if str(given.get("href", "")).startswith("#") else []
        if given.get("class") == "claim":
            self.claims.append(given)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_claim_is_a_row_and_every_link_leads_somewhere(language: Language) -> None:
    text = page.standalone(whole(), language)
    parsed = Parsed(text)
    assert parsed.open == []
    assert [claim["id"] for claim in parsed.claims] == list(registry().claims)
    assert len(parsed.ids) == len(set(parsed.ids))
    assert set(parsed.targets) <= set(parsed.ids)
    assert not re.search(r"""(?:src|href)=["']https?:|@import|url\(["']?https?:""", text)


def test_the_rows_carry_what_the_filters_ask_for() -> None:
    rows = Parsed(page.body(whole(), "en")).claims
    for verdict, row in zip(whole().verdicts, rows, strict=True):
        assert (row["data-paper"], row["data-word"]) == (verdict.claim.paper, verdict.word)
        assert (row["data-grade"], row["data-priority"]) == (verdict.grade, verdict.claim.priority)
    assert all(f'data-filter="{name}"' in page.body(whole(), "en") for name in page.FILTERS)


def test_an_audit_of_nothing_is_still_a_page() -> None:
    empty = Audit((), ())
    assert page.NO_CONTRADICTION.en in page.body(empty, "en")
    assert counts_line(empty, "zh") == "共0条：没有论断"


def test_counts_are_those_of_the_audit() -> None:
    text = page.body(whole(), "en")
    assert f"{len(registry().claims)} statements of {len(registry().papers)} papers" in text
    for count in whole().counts().values():
        assert f'<td class="n">{count}</td>' in text


def test_second_hand_readings_stand_under_their_own_heading_only() -> None:
    for verdict in whole().verdicts:
        said = verdict.claim.reported
        if not said.en:
            continue
        assert said.en.startswith("As reported"), verdict.id
        assert said.zh.startswith("据"), verdict.id
        assert said.en not in verdict.sentence.en
        assert all(said.en not in check.sentence.en for check in verdict.checks)


@pytest.mark.parametrize("language", LANGUAGES)
def test_reasoning_and_table_of_every_claim(language: Language) -> None:
    for verdict in whole().verdicts:
        text = reasoning(verdict, language)
        assert verdict.claim.statement.to(language) in text
        assert all(check.code in text for check in verdict.checks)
    assert len(table_of(whole().verdicts, language).body) == len(registry().claims)


def test_flat_rows_have_no_hidden_value() -> None:
    row = flat_row(whole().of("chen2025_basic_share_691"))
    assert row["verdict"] == "another_vintage"
    assert "national_series.basic_share 2024" in row["data"]
    assert row["code"].startswith("toolkit.audit.")

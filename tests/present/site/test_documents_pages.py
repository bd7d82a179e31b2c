"""docs/ and docstrings as pages: everything is there, nothing is raw Markdown or markup of docstrings, links stay on the site."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from toolkit.language import LANGUAGES, Language
from toolkit.present.site import documents

KNOWN = documents.titles()


def test_every_file_of_docs_is_a_page_in_both_languages() -> None:
    files = {path.name for path in documents.FOLDER.glob("*.md")}
    named = {name.removeprefix("docs_") for name in KNOWN if name.startswith("docs_")}
    assert files == {f"{name}{ending}" for name in named for ending in (".md", ".zh-CN.md")}
    assert [name for name, title in KNOWN.items() if title.en == title.zh or not re.search(r"[\u4e00-\u9fff]", title.zh)] == []
    for language in LANGUAGES:
        home = documents.home_page(language)
        assert [name for name in KNOWN if f'href="{name}.' not in home] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [name for name in KNOWN if name.startswith("docs_")])
def test_a_guide_is_a_page(name: str, language: Language) -> None:
    body = documents.page(name, language)
    assert body.count("<h1") == 1
    assert ".md" not in re.sub(r"<pre>.*?</pre>|<code>.*?</code>", "", body, flags=re.DOTALL)
    assert "$" not in re.sub(r"<pre>.*?</pre>|<code>.*?</code>|alttext=\"[^\"]*\"", "", body, flags=re.DOTALL)
    linked = re.findall(r'href="((?:docs|reference)_?\w*)(?:\.zh)?\.html', body)
    assert set(linked) <= {*KNOWN, "docs"}


@pytest.mark.parametrize("module", documents.MODULES)
def test_the_reference_has_every_public_name_with_its_first_sentence(module: str) -> None:
    body = documents.page(f"reference_{module.replace('.', '_')}", "en")
    names = import_module(f"toolkit.{module}").__all__
    assert re.findall(r'<details class="entry" id="(\w+)">', body) == sorted(names, key=lambda name: (name[0].isupper(), name))
    assert re.search(r"<summary><code>\w+</code>\s*</summary>", body) is None
    prose = re.sub(r"<pre>.*?</pre>|<code[^>]*>.*?</code>|alttext=\"[^\"]*\"", "", body, flags=re.DOTALL)
    assert re.findall(r":\w+:`|``|\.\. math::|-{4,}", prose) == []


def test_a_docstring_becomes_paragraphs_lists_and_equations() -> None:
    text = "Sum of ``x``: :math:`a < b`.\n\n.. math::\n\n    y = x\n\nParameters\n----------\nx : numbers,\n    as many as\n    you like.\n"
    lead, equation, listed = documents._docstring(text)
    assert lead.startswith("<p>Sum of <code>x</code>: <math")
    assert 'display="block"' in equation
    assert "<dt><code>x</code></dt><dd>numbers,\n    as many as\n    you like.</dd>" in listed

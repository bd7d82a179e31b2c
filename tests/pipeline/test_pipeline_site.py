"""The pages: complete, linked, without network, readable in both languages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from browser import CONTRAST, FACTS, Watched, launched, ready
from fontTools.ttLib import TTFont
from spoken import foreign

from toolkit import paths
from toolkit.pipeline import build, collect, runner, verify
from toolkit.pipeline.verify import Finding
from toolkit.present.site import documents, write
from toolkit.present.templates import to_mathml

GUIDES = tuple(f"pages/{name}" for name in documents.titles())
PAGES = (
    "index",
    "explorer",
    "claims",
    "pages/01_shares",
    "pages/figures",
    "pages/tables",
    "pages/docs",
    "pages/codebook",
    "pages/run",
    *GUIDES,
)
# A page may link to an address; it must not load one.
LOADS = re.compile(
    r"""<(?:script|link|img|iframe|source|object|embed|video|audio)[^>]*(?:src|href|data)\s*=\s*["']?\s*(?:https?:)?//|@import|url\(\s*["']?https?:"""
)


class Links(HTMLParser):
    """Targets of links and pictures, pictures without text, ids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.without_text: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.targets += [str(given[name]) for name in ("href", "src") if given.get(name)]
        self.ids |= {str(given["id"])} if given.get("id") else set()
        if tag == "img" and not given.get("alt"):
            self.without_text.append(str(given))


def test_the_site(site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"{page}{ending}": site / f"{page}{ending}" for page in PAGES for ending in (".html", ".zh.html")}
    assert [name for name, path in files.items() if not path.exists()] == []
    pages = {name: path.read_text(encoding="utf-8") for name, path in files.items()}
    assert [name for name, text in pages.items() if LOADS.search(text)] == []
    searched = {name for name, text in pages.items() if re.search(r'<script src="(\.\./)?pages/assets/search\.js" defer>', text)}
    assert searched == pages.keys()
    assert "The share is 0.75." in (site / "pages" / "assets" / "search.en.js").read_text(encoding="utf-8")
    assert LOADS.search((site / "pages" / "assets" / "site.css").read_text(encoding="utf-8")) is None
    parsed = {name: Links(text) for name, text in pages.items()}
    broken = [
        f"{name}: {target}" for name, links in parsed.items() for target in links.targets if not resolves(site, files[name], target, parsed)
    ]
    assert broken == []
    assert [links.without_text for links in parsed.values() if links.without_text] == []

    assert "The share is 0.75." in pages["index.html"]
    assert "份额为0.75。" in pages["index.zh.html"]
    assert "fiscal_sci_exp" in pages["pages/codebook.html"]
    assert "亿元" in pages["pages/codebook.zh.html"]
    assert "<code>data_raw/yearbook/yearbook_panel.csv</code>" in pages["pages/codebook.html"]
    for kind in ("Word", "LaTeX", "Markdown", "data"):
        assert f">{kind}</a>" in pages["pages/tables.html"]
    assert "研发与补助" in pages["pages/tables.zh.html"]

    used = {character for text in pages.values() for character in text if ord(character) >= 0x2E80}
    for name in ("sans-sc.woff2", "serif-sc.woff2"):
        with TTFont(site / "pages" / "assets" / name) as font:
            assert used <= {chr(code) for code in font.getBestCmap()}
    monkeypatch.setattr(write, "write_fonts", lambda *_: None)  # they take longest, and were looked at

    capsys.readouterr()
    build.report("en", force=False)
    assert "up to date" in capsys.readouterr().err
    (site / "pages" / "figures.html").unlink()
    build.report("en", force=False)
    assert (site / "pages" / "figures.html").exists()

    (paths.NOTEBOOKS / "01_shares.ipynb").unlink()
    runner.run([], "en", None, force=False)
    build.report("zh", force=False)
    assert not (site / "pages" / "01_shares.html").exists()
    assert "请先运行 notebook" in (site / "index.zh.html").read_text(encoding="utf-8")


def resolves(site: Path, page: Path, target: str, parsed: dict[str, Links]) -> bool:
    """Whether a relative link leads to a file of the site, and to an id on it."""
    if target.startswith(("data:", "http://", "https://")):
        return True
    name, _, anchor = target.partition("#")
    path = (page.parent / name).resolve() if name else page.resolve()
    if not path.exists():
        return False
    links = parsed.get(path.relative_to(site.resolve()).as_posix())
    return not anchor or links is None or anchor in links.ids


def test_a_notebook_reads_as_a_paper(site: Path) -> None:
    english, chinese = (Path(site / "pages" / f"01_shares{ending}").read_text(encoding="utf-8") for ending in (".html", ".zh.html"))
    assert "<math" in english
    assert "$" not in re.sub(r"<pre>.*?</pre>", "", english, flags=re.DOTALL)
    for text in ("A very small example.", "We estimate"):
        assert (text in english, text in chinese) == (True, False)
    for text in (
        "摘要",
        "我们估计",
        'src="../figures/01_shares.zh.png"',
        'alt="份额。比重：2个数值，最低0.25（北京），最高0.75（西藏）。"',
    ):
        assert (text in english, text in chinese) == (False, True)
    assert '<p class="answer">The share is 0.75.</p>' in english
    assert '<p class="finding" id="share" title="share">份额为0.75。</p>' in chinese
    assert '<a class="permanent" href="#01_shares">Figure 1.1</a> <span class="title">Shares' in english
    assert '<a class="permanent" href="#01_table">表 1.1</a> <span class="title">研发与补助' in chinese
    assert re.search("<caption|data:image", english) is None
    assert english.count('<details class="code">') == english.count('class="highlight"') == 4
    assert '<li><a href="#what-this-does-and-does-not-show">' in english


def test_an_exhibit_says_whether_verify_found_it_again(site: Path) -> None:
    page, unknown = site / "pages" / "01_shares.html", "not recomputed here yet"
    assert page.read_text(encoding="utf-8").count(unknown) == 2
    verify.keep([Finding("exhibit", "01_shares/01_shares", "ok"), Finding("exhibit", "01_shares/01_table", "differs", "row 1: 3 < 4")])
    build.report("en", force=False)
    text = page.read_text(encoding="utf-8")
    assert (text.count("recomputed: agrees"), text.count("recomputed: differs"), text.count("row 1: 3 &lt; 4")) == (1, 1, 1)
    record = collect.read_record(collect.record_path())
    record["01_shares"]["exhibits"]["01_shares"]["title_en"] = "Another"
    collect.write_record(collect.record_path(), record)
    build.report("en", force=False)
    assert page.read_text(encoding="utf-8").count(unknown) == 1  # what verify found was another figure


def test_an_exhibit_that_a_cell_tags_is_folded_away_at_the_end(site: Path) -> None:
    notebook = nbformat.read(paths.NOTEBOOKS / "01_shares.ipynb", as_version=4)
    notebook.cells[2].metadata["tags"] = ["more"]
    nbformat.write(notebook, paths.NOTEBOOKS / "01_shares.ipynb")
    build.report("en", force=False)  # a tag changes no result: nothing is run again
    text = (site / "pages" / "01_shares.html").read_text(encoding="utf-8")
    main, more = text.split('<h2 id="more">')
    assert ('id="01_shares"' in main, 'id="01_shares"' in more) == (False, True)
    assert '<p class="elsewhere"><a href="#01_shares">Figure 1.1</a> Shares: see the end of the page.</p>' in main
    assert 'id="code-01_shares"' in more
    assert 'href="01_shares.html#code-01_shares">code</a>' in more


def test_only_what_is_not_translated_is_in_the_other_language(site: Path) -> None:
    untranslated = "What this does and does not show"  # the last cell of the notebook has no Chinese: in the contents and in its place
    assert foreign(site) == {"01_shares.zh.html": [untranslated, untranslated]}


def test_a_browser_shows_a_notebook_its_search_and_the_explorer(site: Path) -> None:
    """What tests/present/site/test_browser.py and tests/test_whole_pipeline.py look at closely, which are slow."""
    with launched() as browser:
        watched = Watched(browser.new_context())
        page = watched.page
        page.goto((site / "pages" / "01_shares.html").as_uri())
        facts = page.evaluate(FACTS)
        assert [facts[kind] for kind in ("nameless", "textless", "broken")] == [[], [], []]
        assert page.evaluate(CONTRAST) == []
        page.fill("#find", "share is 0.75")
        page.wait_for_selector("#found [role=option]")
        assert "The share is 0.75." in page.inner_text("#found")
        ready(page, (site / "explorer.html").as_uri() + "#v=gdp&y=2020&p=BJ")
        page.click("#as-table summary")
        assert page.locator("#rows tbody tr").count() == 31
    assert watched.faults == []


@pytest.mark.parametrize("tex", [r"\frac{1}", r"x_", r"\begin{aligned} a", r"\left( x", "}"])
def test_unreadable_tex_stays_readable_text(tex: str) -> None:
    shown = to_mathml(tex, "inline")
    assert shown.startswith(("<code", "<math"))


@pytest.mark.parametrize(
    "tex", [r"a < b \text{ & <b>}", r"\text{R\&D}_{it}", r"\begin{aligned} a &= b \\ c &= d \end{aligned}", r"\widehat{\beta}_{\text{省}}"]
)
def test_equations_are_well_formed(tex: str) -> None:
    from xml.etree import ElementTree

    root = ElementTree.fromstring(to_mathml(tex, "block"))
    assert root.get("display") == "block"
    assert root.get("alttext") == tex

"""The site in a real browser: search, explorer, folded code, phone, print.

tests/pipeline/test_pipeline_site.py looks at a small site in every run; every page of the whole one is visited by
tests/test_whole_pipeline.py.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from browser import OVERFLOW, PHONE, WIDE, Watched, launched, ready, written_once
from PIL import Image

from toolkit.data.catalogue import load_frame
from toolkit.present.site.charts import COMPARED

pytestmark = pytest.mark.slow  # a minute: .ci/run has it

PAPER = 700  # pixels: A4 without margins
MOST_BYTES = 6e6  # of the explorer with all that it loads


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def site(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, shared by all processes of this run; not written where there is no browser to look at it."""
    base = tmp_path_factory.getbasetemp()
    return written_once((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "site-for-the-browser")


@pytest.fixture
def watched(browser: Any) -> Iterator[Watched]:
    """A page as wide as a desk; afterwards nothing may have gone wrong on it."""
    context = browser.new_context(viewport={"width": WIDE, "height": 900}, accept_downloads=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    watched = Watched(context)
    yield watched
    context.close()
    assert watched.faults == []


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return load_frame("provincial_panel")


def test_the_language_is_switched_and_the_view_kept(site: Path, watched: Watched) -> None:
    page = watched.page
    page.goto((site / "pages" / "codebook.html").as_uri())
    page.click("a.switch")
    assert page.url.endswith("pages/codebook.zh.html")
    page.click("a.switch")
    assert page.url.endswith("pages/codebook.html")
    ready(page, (site / "explorer.html").as_uri() + "#v=gdp&y=2015&p=BJ,SC")
    page.click("a.switch")
    ready(page)
    assert page.url.endswith("explorer.zh.html#v=gdp&y=2015&p=BJ,SC")
    assert "2015年排序" in page.inner_text("#bars figcaption")


def test_search_by_keyboard(site: Path, watched: Watched) -> None:
    page = watched.page
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("/")
    page.keyboard.type("gini provinces")
    page.wait_for_selector("#found [role=option]")
    texts = page.locator("#found [role=option]").all_inner_texts()
    assert all("gini" in text.lower() or "inequality" in text.lower() for text in texts)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.locator("#found [aria-selected=true]").count() == 1
    assert page.get_attribute("#find", "aria-activedescendant") == "found-0"
    wanted = page.locator("#found-0 a").evaluate("(link) => link.href")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert unquote(page.url).split("#")[0] == unquote(wanted).split("#")[0]
    page.keyboard.press("/")
    page.keyboard.type("zzzz")
    page.wait_for_function("document.getElementById('found').textContent === 'Nothing was found.'")
    page.keyboard.press("Escape")
    assert page.is_hidden("#found")


@pytest.mark.parametrize(("kind", "text"), [("变量", "发明专利授权"), ("论断", "技术合同"), ("图", "弹性"), ("发现", "省份")])
def test_search_finds_chinese_inside_a_text(site: Path, watched: Watched, kind: str, text: str) -> None:
    page = watched.page
    page.goto((site / "pages" / "figures.zh.html").as_uri())
    page.fill("#find", text)
    page.wait_for_selector("#found [role=option]")
    found = [one.split("\n") for one in page.locator("#found [role=option]").all_inner_texts()]
    assert kind in {one[0] for one in found}
    assert all(text in "".join(one) for one in found)


def test_the_explorer_shows_the_data(site: Path, watched: Watched, panel: pd.DataFrame) -> None:
    page = watched.page
    ready(page, (site / "explorer.html").as_uri() + "#v=rd_intensity&y=2020")
    year = panel[panel["year"] == 2020].set_index("province")
    page.click("#as-table summary")
    bars = [row.split("\t") for row in page.locator("#rows tbody tr").all_inner_texts()]
    shown = {row[1].lstrip("◆ "): float(row[2]) for row in bars}
    assert shown == {name: pytest.approx(value, abs=0.0051) for name, value in year["rd_intensity"].items()}
    assert list(shown.values()) == sorted(shown.values(), reverse=True)
    nation = year["rd_expenditure"].sum() / year["gdp"].sum() * 100
    assert f"Nation {nation:.2f}" in page.inner_html("#bars .drawn")
    alt = page.get_attribute("#tiles .drawn", "aria-label") or ""
    assert f"Highest: Beijing {year['rd_intensity']['Beijing']:.2f}. Lowest: Tibet {year['rd_intensity']['Tibet']:.2f}" in alt
    assert "2018: economic census" in page.inner_text("#about-lines")  # the change of definition inside the years shown


def test_a_mean_where_no_nation_can_be_computed(site: Path, watched: Watched, panel: pd.DataFrame) -> None:
    page = watched.page
    ready(page, (site / "explorer.html").as_uri() + "#v=hightech_assimilation_exp&y=2020&g=region4-West")
    year = panel[panel["year"] == 2020]
    west = year[year["region4"] == "West"].set_index("province")["hightech_assimilation_exp"]
    mean = year["hightech_assimilation_exp"].mean()
    assert f"Mean of the provinces {mean:,.0f}" in page.inner_html("#bars .drawn")
    assert page.locator("#rows tbody tr").count() == west.notna().sum() < len(west)
    missing = next(text for text in page.locator("#about dd").all_inner_texts() if text.startswith("In 2020: "))
    assert set(missing.removeprefix("In 2020: ").rstrip(".").split(", ")) == set(west.index[west.isna()])


# each text of the charts with its place, in the order of the text: the order of the elements tells how the view was reached
TEXTS = """() => Array.from(document.querySelectorAll(".drawn svg text"), (text) => {
  const [box, home] = [text.getBoundingClientRect(), text.closest("figure").getBoundingClientRect()];
  return [text.closest("figure").id, text.textContent, box.x - home.x, box.y - home.y];
}).filter((one) => one[1])"""
MOVED = 4  # pixels that a text may stand elsewhere: room is left for the widest label that was shown before


def view_of(page: Any) -> tuple[list[object], list[list[Any]]]:
    """What a reader sees of the view."""
    chosen = [page.url, page.input_value("#indicator"), page.input_value("#year"), page.text_content("#compared")]
    texts = sorted(page.evaluate(TEXTS), key=lambda text: (*text[:2], round(text[3] / 9), text[2]))
    return [*chosen, page.text_content("#rows"), [text[:2] for text in texts]], [text[2:] for text in texts]


def test_a_view_is_chosen_and_its_address_leads_back(site: Path, watched: Watched, browser: Any) -> None:
    page = watched.page
    ready(page, (site / "explorer.html").as_uri())
    page.click("#clear")
    page.select_option("#indicator", "patents_per_10k")
    page.select_option("#group", "region4-East")
    page.focus("#year")
    page.keyboard.press("ArrowLeft")
    page.locator("#tiles svg text", has_text="Zhejiang").click()
    page.click("details.compare summary")
    page.check("#compare input[value=GD]")
    page.wait_for_function("location.hash === '#v=patents_per_10k&y=2023&g=region4-East&p=ZJ,GD'")
    ready(page)
    page.wait_for_timeout(300)
    context = browser.new_context(viewport={"width": WIDE, "height": 900})
    again = context.new_page()
    ready(again, page.url)
    (what, where), (what_again, where_again) = view_of(page), view_of(again)
    assert what_again == what
    assert np.allclose(where_again, where, atol=MOVED)
    context.close()
    for letters in ("BJ", "SH", "TJ", "HE"):
        page.check(f"#compare input[value={letters}]") if letters != "HE" else page.click(f"#compare input[value={letters}]")
    assert page.inner_text("#told").startswith("At most 5 provinces")
    assert page.url.endswith("p=ZJ,GD,BJ,SH,TJ")


@pytest.mark.parametrize("address", ["#v=nothing&y=1&g=x&p=XX,BJ", "#y=3000", "#v=gdp&y=abc", "#%%%"])
def test_an_address_that_means_nothing_shows_something(site: Path, watched: Watched, address: str) -> None:
    ready(watched.page, (site / "explorer.html").as_uri() + address)
    assert watched.page.locator("#rows tbody tr").count() == 31


def test_downloads(site: Path, watched: Watched, panel: pd.DataFrame) -> None:
    page = watched.page
    ready(page, (site / "explorer.html").as_uri() + "#v=gdp&y=2020&p=BJ")

    def file(chart: str, kind: str) -> tuple[str, bytes]:
        with page.expect_download() as waiting:
            page.click(f"button[data-chart={chart}][data-kind={kind}]")
        return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()

    for chart in ("tiles", "bars", "lines", "dots"):
        name, content = file(chart, "PNG")
        assert name.startswith("gdp_")
        picture = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
        assert picture.shape[1] > 1200
        assert 0.01 < (picture < 200).mean() < 0.6  # neither blank nor black
        assert "Gross regional product, current prices (100 million yuan)" in file(chart, "SVG")[1].decode()
    name, content = file("bars", "CSV")
    assert name == "gdp_2020_bars.csv"
    found = pd.read_csv(io.BytesIO(content)).set_index("province")["value"]
    expected = panel[panel["year"] == 2020].set_index("province")["gdp"]
    assert found.to_dict() == pytest.approx(expected.to_dict(), rel=1e-5)


@pytest.mark.parametrize("allowed", [True, False], ids=["clipboard", "fallback"])
def test_copy(site: Path, watched: Watched, panel: pd.DataFrame, allowed: bool) -> None:
    page = watched.page
    ready(page, (site / "explorer.zh.html").as_uri() + "#v=rd_fte&y=2020&g=region3-Central")
    if not allowed:
        page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    page.click("#copy")
    page.wait_for_function("document.getElementById('told').textContent === '已复制。'")
    table = pd.read_csv(io.StringIO(page.evaluate("navigator.clipboard.readText()")), sep="\t", index_col=0)
    central = panel[panel["region3"] == "Central"].pivot(index="province", columns="year", values="rd_fte").dropna(axis=1, how="all")
    assert list(table.columns) == [str(year) for year in central.columns]
    assert sorted(table.iloc[:-1].sum(axis=1)) == pytest.approx(sorted(central.sum(axis=1)), rel=1e-5)
    assert table.index[-1] == "各省均值"


def test_the_explorer_is_small_and_paints(site: Path, watched: Watched, record_property: Any) -> None:
    page = watched.page
    ready(page, (site / "explorer.html").as_uri())
    loaded = {Path(unquote(url.removeprefix("file://").split("#")[0])) for url in watched.loaded if url.startswith("file:")}
    assert {"vega.js", "explorer-data.js", "explorer.js"} <= {path.name for path in loaded}
    assert sum(path.stat().st_size for path in loaded) < MOST_BYTES
    paints = dict(page.evaluate("performance.getEntriesByType('paint').map((one) => [one.name, one.startTime])"))
    assert set(paints) == {"first-paint", "first-contentful-paint"}
    record_property("first_paint_ms", round(paints["first-paint"]))  # recorded, not judged: it is the machine's


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_nothing_on_the_explorer_overlaps_or_is_cut(site: Path, watched: Watched, width: int) -> None:
    page = watched.page
    page.set_viewport_size({"width": width, "height": 900})
    ready(page, (site / "explorer.html").as_uri() + "#v=gdp&y=2020")
    boxes = [one.bounding_box() for one in page.locator("figure.chart").all()]
    for place, one in enumerate(boxes):
        for other in boxes[:place]:
            apart = one["x"] >= other["x"] + other["width"] or one["y"] >= other["y"] + other["height"]
            assert apart or other["y"] >= one["y"] + one["height"]
    cut = page.evaluate("""() => Array.from(document.querySelectorAll(".drawn svg text")).filter((text) => {
      const [inner, outer] = [text.getBoundingClientRect(), text.closest("figure").getBoundingClientRect()];
      return text.textContent && (inner.right > outer.right + 1 || inner.left < outer.left - 1);
    }).map((text) => text.textContent)""")
    assert cut == []
    assert page.evaluate(OVERFLOW) <= 0


# Focuses the first control of each kind that can be seen: the kinds, and the controls that then have no ring or no focus.
FOCUSED = """() => {
  const kinds = new Set(), bare = [];
  for (const one of document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")) {
    const kind = one.tagName + "." + one.className;
    if (kinds.has(kind) || !one.checkVisibility({visibilityProperty: true}) || !one.getClientRects().length) continue;
    kinds.add(kind);
    one.focus();
    const style = getComputedStyle(one);
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    if (!ring || document.activeElement !== one) bare.push(one.outerHTML.slice(0, 80));
  }
  return [Array.from(kinds), bare];
}"""


@pytest.mark.parametrize("name", ["index.html", "pages/02_subsidy_and_rd_intensity.html", "explorer.html", "claims.html"])
def test_what_has_the_focus_shows_it(site: Path, watched: Watched, name: str) -> None:
    page = watched.page
    page.goto((site / name).as_uri())
    page.keyboard.press("Tab")  # from here on the browser shows the focus as it does for a keyboard
    kinds, bare = page.evaluate(FOCUSED)
    assert bare == []
    assert len(kinds) >= 4
    page.add_style_tag(content="* { outline: none !important; }")
    assert len(page.evaluate(FOCUSED)[1]) == len(kinds)


def test_lines_differ_without_their_colours(site: Path, watched: Watched) -> None:
    page = watched.page
    ready(page, (site / "explorer.html").as_uri() + "#v=rd_intensity&y=2020&p=BJ,SH,TJ,ZJ,GD")
    drawn = page.locator("#lines svg .mark-line path").evaluate_all(
        "(all) => all.map((one) => [one.getAttribute('stroke'), one.getAttribute('stroke-dasharray')])"
    )
    compared = {stroke: dash for stroke, dash in drawn if stroke in COMPARED}
    assert len(compared) == len(set(compared.values())) == 5


def test_code_is_folded_and_unfolds(site: Path, watched: Watched) -> None:
    page = watched.page
    page.goto(next((site / "pages").glob("02_*[a-z].html")).as_uri())
    codes = page.locator("details.code")
    assert codes.count() > 5
    assert page.locator("details.code[open]").count() == 0
    codes.first.locator("summary").first.click()
    assert page.locator("details.code[open]").count() == 1
    page.click("#all-code")
    assert page.locator("details.code[open]").count() == codes.count()
    page.click("#all-code")
    assert page.locator("details.code[open]").count() == 0


def test_a_phone_has_a_menu_and_tables_scroll_in_their_own_place(site: Path, watched: Watched) -> None:
    page = watched.page
    page.set_viewport_size({"width": PHONE, "height": 740})
    page.goto((site / "pages" / "codebook.html").as_uri())
    assert page.is_hidden("nav > ul")
    page.check("#menu")
    assert page.is_visible("nav > ul")
    wide = page.locator(".wide").first
    assert wide.evaluate("(one) => getComputedStyle(one).overflowX") == "auto"
    assert page.evaluate(OVERFLOW) <= 0


@pytest.mark.parametrize("name", ["index", "explorer", "claims", "pages/codebook"])
def test_paper_shows_the_page_without_its_controls(site: Path, watched: Watched, name: str) -> None:
    page = watched.page
    page.set_viewport_size({"width": PAPER, "height": 1000})
    page.emulate_media(media="print")
    page.goto((site / f"{name}.html").as_uri())
    assert page.is_hidden("nav")
    assert page.is_visible("h1")
    assert page.evaluate(OVERFLOW) <= 0


@pytest.mark.parametrize("name", ["index", "index.zh", "explorer", "explorer.zh", "claims", "pages/figures"])
def test_a_key_page_is_neither_blank_nor_crowded(site: Path, watched: Watched, name: str) -> None:
    page = watched.page
    page.goto((site / f"{name}.html").as_uri())
    if name.startswith("explorer"):
        ready(page)
    picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("L"))
    assert 0.01 < (picture < 160).mean() < 0.35

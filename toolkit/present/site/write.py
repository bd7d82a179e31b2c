"""Write the site: every page in both languages, one style sheet, two small fonts, and the index that the search of every page reads.

No page loads anything from a network. The fonts hold the Chinese characters that the pages use, so that they show on a computer without a
Chinese font.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
from markupsafe import Markup

from toolkit import paths
from toolkit.audit.run import Audit
from toolkit.audit.verdicts import WORDS
from toolkit.language import LANGUAGES, Language, Text
from toolkit.present.site import claims, documents, explorer, front, gallery, references
from toolkit.present.site.shell import HOME, Link, Page, file_of, href, render
from toolkit.registry import Registry

FIRST_CJK = 0x2E80  # below lie Latin, Greek and signs, which every computer has


def chinese_characters(texts: list[str]) -> str:
    """The different CJK characters and punctuation marks in some texts, sorted.

    Examples
    --------
    >>> chinese_characters(["R&D 强度", "强度（%）"])
    '度强（）'
    """
    return "".join(sorted(character for character in set().union(*texts) if ord(character) >= FIRST_CJK))


def _write_subset(source: Path, characters: str, target: Path) -> None:
    """Write the glyphs of ``characters`` in the font ``source`` as WOFF2.

    Raises
    ------
    OSError
        If the font cannot be read or the target cannot be written.
    """
    from fontTools import subset

    options = subset.Options(flavor="woff2", layout_features=[], hinting=False, notdef_outline=True, desubroutinize=True)
    options.drop_tables += ["BASE", "vhea", "vmtx", "VORG"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=characters)
    with subset.load_font(str(source), options, lazy=True) as font, paths.replacing(target) as temporary:
        subsetter.subset(font)
        subset.save_font(font, str(temporary), options)


def write_fonts(characters: str, folder: Path) -> None:
    """Write the sans (text) and serif (tables) subsets that the style sheet names, unless they hold these characters already."""
    from pylopdf_fonts_zh_cn import sans_path, serif_path

    sources = {folder / "sans-sc.woff2": Path(sans_path()), folder / "serif-sc.woff2": Path(serif_path())}
    held = folder / "characters.txt"
    if held.exists() and held.read_text(encoding="utf-8") == characters and all(target.exists() for target in sources):
        return
    for target, source in sources.items():
        _write_subset(source, characters, target)
    paths.write_text(held, characters)


SCRIPTS = {"claims": ("claims.js",), "notebook": ("notebook.js",), "explorer": ("vega.js", "explorer-data.js", "explorer.js")}
OWN_SCRIPTS = ("search.js", "claims.js", "notebook.js", "explorer.js")  # the others are made from packages and data
EXHIBITS = Text("Exhibits", "图表")
VERDICTS = Text("All verdicts", "全部论断")
HELP = Text("Help", "帮助")
DATA = Text("Data and run", "数据与运行")


@dataclass(frozen=True)
class Site:
    """What the pages are made of.

    Attributes
    ----------
    reports : the folder of the site; exhibits are in its figures/ and tables/.
    executed : executed notebook by (name, language); one language is enough.
    record : what the notebooks saved and stated.
    run : the content of run.json.
    verified : what ``verify`` last found of each exhibit, by "notebook/exhibit"; the content of verified.json.
    registry : variables and sources of the codebook.
    claims : the verdicts on the statements of the papers.
    panel : the provincial panel, for the explorer.
    """

    reports: Path
    executed: Mapping[tuple[str, Language], Path]
    record: Mapping[str, Mapping[str, Any]]
    run: Mapping[str, Any]
    verified: Mapping[str, Mapping[str, str]]
    registry: Registry
    claims: Audit
    panel: pd.DataFrame

    @cached_property
    def exhibits(self) -> list[gallery.Exhibit]:
        """All figures and tables, as the notebooks show them."""
        from toolkit.present.site.notebooks import saved_in

        order = {name: saved_in(path) for (name, _), path in self.executed.items()}
        return gallery.exhibits_of(self.record, order, self.verified)

    @cached_property
    def references(self) -> dict[str, references.References]:
        """What each notebook draws on."""
        from toolkit.present.site.notebooks import code_of

        return {name: references.references_of(code_of(path), self.registry) for (name, _), path in self.executed.items()}

    @property
    def notebooks(self) -> list[str]:
        """Names of the notebooks that have been executed, in order."""
        return sorted({name for name, _ in self.executed})


def write_site(site: Site) -> list[Path]:
    """Write all pages and what they load; return the files written, index.html first."""
    links = _links(site)
    pages = [page for language in LANGUAGES for page in _pages(site, links, language)]
    texts = {file_of(page.name, page.language): render(page, links) for page in pages}
    files = []
    for name, text in sorted(texts.items(), key=lambda item: (item[0].count("/"), item[0])):
        paths.write_text(site.reports / name, text)
        files.append(site.reports / name)
    assets = site.reports / "pages" / "assets"
    for page in (site.reports / "pages").glob("*.html"):
        if page not in files:
            page.unlink()
    loaded = [*explorer.write_files(site.panel, site.registry, assets), *_write_indexes(site, links, assets)]
    for name in OWN_SCRIPTS:
        paths.write_text(assets / name, (Path(__file__).parent / name).read_text(encoding="utf-8"))
    shown_by_scripts = [(assets / name).read_text(encoding="utf-8") for name in ("explorer-data.js", "search.zh.js")]
    write_fonts(chinese_characters([*texts.values(), *shown_by_scripts]), assets)
    paths.write_text(assets / "site.css", _style_sheet())
    return [*files, *loaded, *(assets / name for name in ("site.css", *OWN_SCRIPTS, "sans-sc.woff2", "serif-sc.woff2"))]


def _write_indexes(site: Site, links: Sequence[Link], folder: Path) -> Iterator[Path]:
    """Write the index of the search in each language; yield each file."""
    for language in LANGUAGES:
        text = _index_script(
            links=links, record=site.record, exhibits=site.exhibits, registry=site.registry, claims=site.claims, language=language
        )
        paths.write_text(folder / f"search.{language}.js", text)
        yield folder / f"search.{language}.js"


def _links(site: Site) -> list[Link]:
    from toolkit.present.site.notebooks import title_of

    links = [Link("index", HOME), Link("explorer", explorer.EXPLORER)]
    for name in site.notebooks:
        title = Text(*(title_of(_executed(site, name, language), language) for language in LANGUAGES))
        links.append(Link(f"pages/{name}", title, gallery.NOTEBOOKS))
    links += [Link("pages/figures", gallery.FIGURES, EXHIBITS), Link("pages/tables", gallery.TABLES, EXHIBITS)]
    links.append(Link("claims", VERDICTS, EXHIBITS))
    if documents.titles():
        links.append(Link("pages/docs", documents.HOME, HELP))
    return [*links, Link("pages/codebook", gallery.CODEBOOK, DATA), Link("pages/run", gallery.RUN, DATA)]


def _pages(site: Site, links: Sequence[Link], language: Language) -> list[Page]:
    titles = {link.page.removeprefix("pages/"): link.title for link in links}
    bodies: dict[str, Callable[[], Markup]] = {
        "index": lambda: front.front_page(
            links=links,
            exhibits={exhibit.name: exhibit for exhibit in site.exhibits},
            headlines={name: _headline(site, name) for name in site.notebooks},
            claims=site.claims,
            language=language,
            reports=site.reports,
        ),
        "pages/figures": lambda: gallery.gallery_page(
            kind="figure", exhibits=site.exhibits, titles=titles, language=language, reports=site.reports
        ),
        "pages/tables": lambda: gallery.gallery_page(
            kind="table", exhibits=site.exhibits, titles=titles, language=language, reports=site.reports
        ),
        "explorer": lambda: explorer.explorer_page(site.registry, language),
        "claims": lambda: claims.body(site.claims, language, href("claims", file_of("pages/codebook", language))),
        "pages/docs": lambda: documents.home_page(language),
        "pages/codebook": lambda: gallery.codebook_page(site.registry, language),
        "pages/run": lambda: gallery.run_page(site.run, language),
    }
    other: Language = "zh" if language == "en" else "en"
    shelf = [
        Page(
            name=f"pages/{name}",
            language=language,
            title=title.to(language),
            body=documents.page(name, language),
            other=file_of(f"pages/{name}", other),
            scripts=SCRIPTS["notebook"],
        )
        for name, title in documents.titles().items()
    ]
    return shelf + [
        Page(
            name=link.page,
            language=language,
            title=link.title.to(language),
            body=bodies[link.page]() if link.page in bodies else _notebook(site, link, language),
            other=file_of(link.page, other),
            scripts=SCRIPTS.get("notebook" if link.group == gallery.NOTEBOOKS else link.page, ()),
        )
        for link in links
    ]


def _executed(site: Site, name: str, language: Language) -> Path:
    """The executed notebook in a language, or in the other one."""
    return site.executed.get((name, language)) or next(path for (other, _), path in site.executed.items() if other == name)


def _statements(site: Site, name: str) -> dict[str, Mapping[str, Any]]:
    return {key: told for key, told in site.record.get(name, {}).get("statements", {}).items() if "text" in told}


def _headline(site: Site, name: str) -> tuple[Text, Text]:
    from toolkit.present.site.notebooks import stated_in

    told = _statements(site, name)
    keys = {text: key for key, values in told.items() for text in values["text"].values()}
    return front.headline(name, told, [keys[text] for text in stated_in(_executed(site, name, "en")) if text in keys])


def _notebook(site: Site, link: Link, language: Language) -> Markup:
    from toolkit.present.site.notebooks import NotebookRecord, body_of

    name = link.page.removeprefix("pages/")
    path, own = _executed(site, name, language), [one for one in site.exhibits if one.notebook == name]
    sure = Markup(" <b>{}</b> ").format(front.WORDS["sure"].to(language))
    told = NotebookRecord(
        title=link.title.to(language),
        exhibits={one.name: gallery.shown(one, language, site.reports, file_of(name, language)) for one in own},
        labels={one.name: (gallery.label_of(one, language, site.reports), one.title.to(language)) for one in own},
        sentences={
            text: (key, values["text"][language]) for key, values in _statements(site, name).items() for text in values["text"].values()
        },
        headline=sure.join(text.to(language) for text in _headline(site, name) if text.en),
        data=references.data_section(site.references[name], language),
        references=references.references_section(site.references[name], language),
    )
    return body_of(path, language, told)


def _style_sheet() -> str:
    from toolkit.present.site.notebooks import code_style

    own = (Path(__file__).parent / "site.css").read_text(encoding="utf-8")
    return own + "\n" + claims.style_sheet() + "\n" + explorer.style_sheet() + "\n/* highlighted code */\n" + code_style() + "\n"


_WORDS_OF_A_FRAGMENT = 6  # enough to find a sentence on its page

Entry = tuple[str, str, str, str]
"""Kind, title, what else is searched and shown in part, and the address relative to reports/."""


def _index_script(
    links: Sequence[Link],
    record: Mapping[str, Mapping[str, Any]],
    exhibits: Sequence[gallery.Exhibit],
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
        claim, word = verdict.claim, WORDS[verdict.word].to(language)
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

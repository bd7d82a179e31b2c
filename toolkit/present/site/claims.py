"""The page of claims: every statement a row that opens to its reasoning, searchable and filterable without a server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from markupsafe import Markup

from toolkit import glossary
from toolkit.audit.run import Audit
from toolkit.audit.verdicts import GRADES, SHORT_WORDS, WORD_MEANINGS, WORDS, Verdict
from toolkit.language import Language, Text
from toolkit.present.tables.claims import CONTRADICTIONS, LABELS, source_name, with_colon, with_stop
from toolkit.present.templates import fill
from toolkit.registry import registry

CLAIMS = Text("Claim audit", "论断审查")
LEAD = Text(
    "{claims} statements of {papers} papers that can be checked, each with a verdict. A verdict is about the number, not about the paper.",
    "对{papers}篇论文中{claims}条可检验论断逐条给出结论。结论针对数字，而非论文本身。",
)
SEARCH = Text("Search", "搜索")
SEARCH_IN = Text("e.g. contracts 2024", "如：技术合同")
ALL = Text("all", "全部")
FILTERS = {
    "paper": Text("Paper", "论文"),
    "word": glossary.VERDICT,
    "grade": glossary.EVIDENCE,
    "priority": Text("Priority", "优先级"),
}
SHOWN = Text("{shown} of {all} shown", "显示{shown}条，共{all}条")
NO_MATCH = Text("No statement matches.", "没有符合条件的论断。")
OPEN, CLOSE, RESET = Text("Open all", "全部展开"), Text("Close all", "全部收起"), Text("Clear filters", "清除筛选")
MEANINGS = Text("What the verdicts and grades mean", "结论与证据等级的含义")
COUNT = Text("Statements", "条数")
PAPERS = Text("The papers", "论文")
OVERVIEW = Text("Verdicts by paper", "各论文的结论")
NO_CONTRADICTION = Text("None was found.", "未发现。")
NO_CHECK = Text("Nothing is computed for this statement.", "此论断没有可作的计算。")
PRIORITIES = {"must": Text("must", "必查"), "should": Text("should", "应查"), "could": Text("could", "可查")}
RESULTS = {
    "agrees": Text("agrees", "相符"),
    "vintage": Text("other vintage", "其他版本"),
    "contradicts": Text("contradicts", "矛盾"),
    "incoherent": Text("incoherent", "自相矛盾"),
    "depends": Text("depends", "取决于定义"),
    "related": Text("beside it", "仅供参照"),
}
EVIDENCE = {
    "official": Text("official figure", "官方数字"),
    "papers": Text("arithmetic of the papers", "论文自身算术"),
    "secondary": Text("quoted figure", "转引数字"),
    "none": Text("no figure", "无数字"),
}
PAGE_WORDS = {
    "claims": CLAIMS,
    "overview": OVERVIEW,
    "count": COUNT,
    "all": ALL,
    "search": SEARCH,
    "search_in": SEARCH_IN,
    "shown": SHOWN,
    "no_check": NO_CHECK,
    "no_match": NO_MATCH,
    "contradictions": CONTRADICTIONS,
    "no_contradiction": NO_CONTRADICTION,
    "meanings": MEANINGS,
    "papers": PAPERS,
}


def body(audit: Audit, language: Language, codebook: str = "") -> Markup:
    """The main part of the page.

    Parameters
    ----------
    audit : verdicts and contradictions.
    language : language of all texts.
    codebook : address of the codebook page, for links of sources; empty for none.
    """
    papers = list(dict.fromkeys(verdict.claim.paper for verdict in audit.verdicts))
    known = registry().papers
    colon = Markup("{}：{}" if language == "zh" else "{}: {}")
    return fill(
        "claims",
        language,
        words=PAGE_WORDS,
        lead=LEAD.filled(claims=len(audit.verdicts), papers=len(papers)),
        short_words=SHORT_WORDS,
        papers={_paper_name(paper, language): list(audit.only(paper).counts().values()) for paper in papers},
        total=list(audit.counts().values()),
        filter_names=FILTERS,
        filters=_filters(papers, language),
        buttons={"open-all": OPEN, "close-all": CLOSE, "reset": RESET},
        verdicts=[(verdict, _facts(verdict, language)) for verdict in audit.verdicts],
        contradictions=audit.contradictions,
        meanings=WORD_MEANINGS,
        known=[known[name] for name in papers if name in known],
        verdict_words=WORDS,
        grades=GRADES,
        results=RESULTS,
        evidence=EVIDENCE,
        labels=LABELS,
        codebook=codebook,
        source_name=lambda name: source_name(name, language),
        with_colon=lambda name, text: colon.format(name, text),
        bold=Markup("<b>{}</b>").format,
        code=Markup("<code>{}</code>").format,
        link=Markup('<a href="#{0}"><code>{0}</code></a>').format,
    )


def standalone(audit: Audit, language: Language) -> str:
    """The whole page in one file, style and script inside."""
    style, code = Markup(style_sheet()), Markup(script())
    return str(fill("claims_standalone", language, title=CLAIMS, style=style, body=body(audit, language), script=code))


def style_sheet() -> str:
    """The rules of the page."""
    return (Path(__file__).parent / "claims.css").read_text(encoding="utf-8")


def script() -> str:
    """The script that searches and filters."""
    return (Path(__file__).parent / "claims.js").read_text(encoding="utf-8")


def _filters(papers: Iterable[str], language: Language) -> dict[str, Mapping[str, str]]:
    """Filter -> value -> what is shown."""
    return {
        "paper": {paper: _paper_name(paper, language) for paper in papers},
        "word": {word: text.to(language) for word, text in WORDS.items()},
        "grade": {grade: f"{grade} · {text.to(language)}" for grade, text in GRADES.items()},
        "priority": {name: text.to(language) for name, text in PRIORITIES.items()},
    }


def _facts(verdict: Verdict, language: Language) -> list[tuple[str, str]]:
    """Name of a label and its text, the lines above the checks of a claim."""
    claim = verdict.claim
    place = " · ".join(filter(None, [claim.place.to(language), claim.period]))
    return [
        ("stands", f"{_paper_name(claim.paper, language)} {claim.section}"),
        ("printed", f"{with_colon(claim.indicator.to(language), verdict.printed.to(language), language)} · {place}"),
        ("verdict", with_stop(WORDS[verdict.word].to(language), verdict.sentence.to(language), language)),
        ("grade", f"{verdict.grade} · {GRADES[verdict.grade].to(language)}"),
        *((name, getattr(claim, name).to(language)) for name in ("reported", "caution", "settle")),
    ]


def _paper_name(paper: str, language: Language) -> str:
    record = registry().papers.get(paper)
    return paper if record is None else record.short.to(language)

"""The page of claims: every statement a row that opens to its reasoning, searchable and filterable without a server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from toolkit import glossary
from toolkit.audit.findings import findings, still_open
from toolkit.audit.run import Audit
from toolkit.audit.search import FAMILIES, STEPS, Search, search
from toolkit.audit.tables import Tables
from toolkit.audit.verdicts import GRADES, SHORT_WORDS, WORD_MEANINGS, WORDS, Verdict
from toolkit.language import Language, Text
from toolkit.present.tables.claims import CONTRADICTIONS, LABELS, source_name, with_colon, with_stop
from toolkit.present.templates import fill
from toolkit.registry import registry

CLAIMS = Text("Claim audit", "论断审查")
LEAD = Text(
    "{claims} statements of {papers} papers, each with a verdict; evidence of grade A or B decides {decided}. A verdict is about the "
    "number, not about the paper.",
    "对{papers}篇论文的{claims}条论断逐条给出结论，其中A级或B级证据可判定{decided}条。结论针对数字，而非论文本身。",
)
SCALE = Text(
    "Grade A: a document or series of the responsible body; B: its figure quoted with body and date, or an official series under a reading "
    "of ours; P: the papers' own arithmetic; C and D decide nothing. Priority must: the argument of the paper rests on it; should: it "
    "supports it; could: an illustration.",
    "证据等级：A为责任机构自身的文件或序列，B为注明机构与日期的转引或按我们选定口径使用的官方序列，P为论文自身算术，"
    "C、D不作判定。优先级：必查为论文论证所依赖，应查为起支撑作用，可查为举例。",
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
COUNT = Text("Statements", "论断条数")
PAPERS = Text("The papers", "论文")
OVERVIEW = Text("Verdicts by paper", "各论文的结论")
FINDINGS = Text("Ten findings", "十项发现")
OPEN_HEAD = Text("What stays open, and why", "未决论断及其原因")
SETTLED_BY = Text("Most of them would be settled by: {most}.", "其中最多者可由以下出版物判定：{most}。")
TRIED = Text("What was tried", "系统检索")
TRIED_LEAD = Text(
    "Every pair of statements, and every statement with every national series and every figure that was read, went through the same steps; "
    "what passed all of them was compared by its intervals.",
    "每两条论断，以及每条论断与每个全国序列、每个查阅到的官方数字，都经过同样的步骤；全部通过者比较其区间。",
)
MEET, APART = Text("intervals meet", "区间相交"), Text("intervals apart", "区间不相交")
TRIALS = Text("The {n} pairs that passed all steps", "通过全部步骤的{n}对")
NO_CONTRADICTION = Text("None was found.", "未发现。")
NO_CHECK = Text("Nothing is computed for this statement.", "此论断没有可作的计算。")
PRIORITIES = {"must": Text("must", "必查"), "should": Text("should", "应查"), "could": Text("could", "可查")}
RESULTS = {
    "agrees": Text("agrees", "相符"),
    "weak": Text("compatible, weak", "相容（证据弱）"),
    "vintage": Text("other vintage", "其他版本"),
    "contradicts": Text("contradicts", "矛盾"),
    "incoherent": Text("incoherent", "自相矛盾"),
    "depends": Text("depends", "取决于定义"),
    "related": Text("for reference", "仅供参照"),
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
    "scale": SCALE,
    "findings": FINDINGS,
    "open": OPEN_HEAD,
    "settled_by": SETTLED_BY,
    "tried": TRIED,
    "tried_lead": TRIED_LEAD,
    "meet": MEET,
    "apart": APART,
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
    whole = set(registry().claims) <= {verdict.id for verdict in audit.verdicts}
    tables, tried = _searched(audit) if whole else (Tables(), None)
    counts = audit.counts()
    colon = Markup("{}：{}" if language == "zh" else "{}: {}")
    return fill(
        "claims",
        language,
        words=PAGE_WORDS,
        lead=LEAD.filled(claims=len(audit.verdicts), papers=len(papers), decided=sum(verdict.decided for verdict in audit.verdicts)),
        bar={word: count for word, count in counts.items() if count},
        findings=findings(audit, tables) if whole else [],
        remaining=[row for row in still_open(audit) if row.statements],
        tried=tried,
        trials=TRIALS.filled(n=len(tried.trials)) if tried else "",
        steps=STEPS,
        families=FAMILIES,
        short_words=SHORT_WORDS,
        papers={_paper_name(paper, language): list(audit.only(paper).counts().values()) for paper in papers},
        total=list(counts.values()),
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
        official=registry().official,
        source_name=lambda name: source_name(name, language),
        with_colon=lambda name, text: colon.format(name, text),
        bold=Markup("<b>{}</b>").format,
        code=Markup("<code>{}</code>").format,
        link=Markup('<a href="#{0}"><code>{0}</code></a>').format,
    )


@lru_cache(maxsize=1)
def _searched(audit: Audit) -> tuple[Tables, Search]:
    """What was tried, once for both languages."""
    tables = Tables()
    return tables, search(audit, tables)


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

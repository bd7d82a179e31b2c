"""The page of claims: every statement a row that opens to its reasoning, searchable and filterable without a server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path

from toolkit import glossary
from toolkit.audit.checks import Check
from toolkit.audit.run import Audit
from toolkit.audit.verdicts import GRADES, SHORT_WORDS, WORD_MEANINGS, WORDS, Verdict
from toolkit.language import Language, Text
from toolkit.present.claims.flat import source_name
from toolkit.present.claims.terminal import CONTRADICTIONS, LABELS, with_colon, with_stop
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


def body(audit: Audit, language: Language, codebook: str = "") -> str:
    """The main part of the page.

    Parameters
    ----------
    audit : verdicts and contradictions.
    language : language of all texts.
    codebook : address of the codebook page, for links of sources; empty for none.
    """
    papers = list(dict.fromkeys(verdict.claim.paper for verdict in audit.verdicts))
    lead = LEAD.filled(claims=len(audit.verdicts), papers=len(papers)).to(language)
    return "\n".join(
        [
            f"<h1>{CLAIMS.to(language)}</h1>",
            f'<p class="lead">{escape(lead)}</p>',
            _overview(audit, papers, language),
            _controls(audit, papers, language),
            '<div class="claims" id="claims">',
            *(_claim(verdict, language, codebook) for verdict in audit.verdicts),
            "</div>",
            f'<p class="no-match" hidden>{NO_MATCH.to(language)}</p>',
            _contradictions(audit, language),
            _meanings(language),
            _papers(papers, language),
        ]
    )


def standalone(audit: Audit, language: Language) -> str:
    """The whole page in one file, style and script inside."""
    code = "zh-CN" if language == "zh" else "en"
    return f"""<!DOCTYPE html>
<html lang="{code}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{CLAIMS.to(language)}</title>
<link rel="icon" href="data:,">
<style>
body {{ margin: 2rem auto; padding: 0 1.2rem; max-width: 64rem; color: #1d2733; font: 16px/1.6 system-ui, sans-serif; }}
{style_sheet()}
</style>
</head>
<body>
<main id="main">
{body(audit, language)}
</main>
<script>
{script()}
</script>
</body>
</html>
"""


def style_sheet() -> str:
    """The rules of the page."""
    return (Path(__file__).parent / "claims.css").read_text(encoding="utf-8")


def script() -> str:
    """The script that searches and filters."""
    return (Path(__file__).parent / "claims.js").read_text(encoding="utf-8")


def _overview(audit: Audit, papers: Iterable[str], language: Language) -> str:
    head = "".join(f'<th scope="col" class="n">{escape(text.to(language))}</th>' for text in SHORT_WORDS.values())
    rows = []
    for paper in papers:
        counts = audit.only(paper).counts()
        cells = "".join(f'<td class="n">{count or "·"}</td>' for count in counts.values())
        name = escape(_paper_name(paper, language))
        rows.append(f'<tr><th scope="row">{name}</th>{cells}<td class="n">{sum(counts.values())}</td></tr>')
    counts = audit.counts()
    total = "".join(f'<td class="n">{count}</td>' for count in counts.values())
    foot = f'<tr class="total"><th scope="row">{ALL.to(language)}</th>{total}<td class="n">{sum(counts.values())}</td></tr>'
    return (
        f'<div class="wide"><table class="rows verdicts"><caption>{OVERVIEW.to(language)}</caption><thead><tr><td></td>{head}'
        f'<th scope="col" class="n">{COUNT.to(language)}</th></tr></thead><tbody>{"".join(rows)}{foot}</tbody></table></div>'
    )


def _controls(audit: Audit, papers: Iterable[str], language: Language) -> str:
    options: dict[str, Mapping[str, str]] = {
        "paper": {paper: _paper_name(paper, language) for paper in papers},
        "word": {word: text.to(language) for word, text in WORDS.items()},
        "grade": {grade: f"{grade} · {text.to(language)}" for grade, text in GRADES.items()},
        "priority": {name: text.to(language) for name, text in PRIORITIES.items()},
    }
    selects = "".join(_select(name, FILTERS[name].to(language), values, language) for name, values in options.items())
    shown = escape(SHOWN.to(language))
    buttons = "".join(
        f'<button type="button" id="{name}">{text.to(language)}</button>'
        for name, text in (("open-all", OPEN), ("close-all", CLOSE), ("reset", RESET))
    )
    return (
        f'<form class="controls" role="search" hidden><label class="search">{SEARCH.to(language)}'
        f'<input type="search" id="search" placeholder="{escape(SEARCH_IN.to(language))}" autocomplete="off"></label>{selects}'
        f'<p class="buttons">{buttons}<output id="count" aria-live="polite" data-text="{shown}"></output></p></form>'
    )


def _select(name: str, label: str, values: Mapping[str, str], language: Language) -> str:
    options = "".join(f'<option value="{escape(value)}">{escape(text)}</option>' for value, text in values.items())
    return f'<label>{escape(label)}<select data-filter="{name}"><option value="">{ALL.to(language)}</option>{options}</select></label>'


def _claim(verdict: Verdict, language: Language, codebook: str) -> str:
    claim = verdict.claim
    facts = [
        ("stands", f"{_paper_name(claim.paper, language)} {claim.section}"),
        ("printed", f"{with_colon(claim.indicator.to(language), verdict.printed.to(language), language)} · {_place(verdict, language)}"),
        ("verdict", with_stop(WORDS[verdict.word].to(language), verdict.sentence.to(language), language)),
        ("grade", f"{verdict.grade} · {GRADES[verdict.grade].to(language)}"),
        *((name, getattr(claim, name).to(language)) for name in ("reported", "caution", "settle")),
    ]
    rows = "".join(f"<dt>{LABELS[name].to(language)}</dt><dd>{escape(text)}</dd>" for name, text in facts if text)
    checks = "".join(_check(check, language, codebook) for check in verdict.checks)
    return (
        f'<details class="claim" id="{claim.id}" data-paper="{escape(claim.paper)}" data-word="{verdict.word}" '
        f'data-grade="{verdict.grade}" data-priority="{claim.priority}">'
        f'<summary><span class="what">{escape(claim.statement.to(language))}</span>'
        f'<span class="printed">{escape(verdict.printed.to(language))}</span>'
        f'<span class="verdict {verdict.word}">{WORDS[verdict.word].to(language)}</span>'
        f'<span class="grade" title="{escape(GRADES[verdict.grade].to(language))}">{verdict.grade}</span></summary>'
        f'<div class="reasoning"><p class="id"><a href="#{claim.id}"><code>{claim.id}</code></a></p><dl>{rows}</dl>'
        f"{checks or f'<p>{NO_CHECK.to(language)}</p>'}</div></details>"
    )


def _check(check: Check, language: Language, codebook: str) -> str:
    lines = [
        *(("with", f'<a href="#{name}"><code>{name}</code></a>') for name in check.claims),
        *(("data", f"<code>{escape(cell)}</code>") for cell in check.cells),
        *(("source", _source(name, language, codebook)) for name in check.sources),
        *(("weak", escape(text.to(language))) for text in check.weak),
        ("code", f"<code>{escape(check.code)}</code>"),
    ]
    behind = "".join(f"<li>{with_colon(LABELS[name].to(language), text, language)}</li>" for name, text in lines)
    head = with_colon(f"<b>{escape(check.what.to(language))}</b>", escape(check.value.to(language)), language)
    kind = f"{RESULTS[check.result].to(language)} · {EVIDENCE[check.evidence].to(language)}"
    return (
        f'<div class="check"><p>{head} <span class="kind">{kind}</span></p><p>{escape(check.sentence.to(language))}</p>'
        f'<ul class="behind">{behind}</ul></div>'
    )


def _source(name: str, language: Language, codebook: str) -> str:
    text = f"{escape(source_name(name, language))} <code>{escape(name)}</code>"
    return f'<a href="{escape(codebook)}#source-{escape(name)}">{text}</a>' if codebook else text


def _place(verdict: Verdict, language: Language) -> str:
    return " · ".join(filter(None, [verdict.claim.place.to(language), verdict.claim.period]))


def _paper_name(paper: str, language: Language) -> str:
    record = registry().papers.get(paper)
    return paper if record is None else record.short.to(language)


def _contradictions(audit: Audit, language: Language) -> str:
    items = "".join(
        f"<li>{escape(found.sentence.to(language))}<br>"
        + ", ".join(f'<a href="#{name}"><code>{name}</code></a>' for name in found.claims)
        + "</li>"
        for found in audit.contradictions
    )
    inside = f'<ol class="contradictions">{items}</ol>' if items else f"<p>{NO_CONTRADICTION.to(language)}</p>"
    return f"<h2>{CONTRADICTIONS.to(language)}</h2>{inside}"


def _meanings(language: Language) -> str:
    words = "".join(f"<dt>{WORDS[word].to(language)}</dt><dd>{text.to(language)}</dd>" for word, text in WORD_MEANINGS.items())
    grades = "".join(f"<dt>{grade}</dt><dd>{text.to(language)}</dd>" for grade, text in GRADES.items())
    return f'<h2>{MEANINGS.to(language)}</h2><dl class="meanings">{words}{grades}</dl>'


def _papers(papers: Iterable[str], language: Language) -> str:
    known = registry().papers
    items = "".join(
        f"<dt>{escape(known[name].title.to(language))} <code>{name}</code></dt>"
        f"<dd>{escape(known[name].authors.to(language))} ({known[name].year}). {escape(known[name].outlet.to(language))}</dd>"
        for name in papers
        if name in known
    )
    return f"<h2>{PAPERS.to(language)}</h2><dl>{items}</dl>" if items else ""

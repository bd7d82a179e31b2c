r"""Basic research, papers, patents: do they go together within provinces, and in which order?

.. math:: \ln q_{it} = \sum_{k=0}^{3} \beta_k \ln x_{i,t-k} + \alpha_i + \lambda_t + \varepsilon_{it}

q is papers or granted invention patents, x basic research or papers; what is shown is the sum of the slopes. Beside it stand provinces
compared (no province effects), the sum for yearly changes, and next year's x beside this year's: if that moves with q as well, order says
little. Twelve to fourteen years are few for three lags and province effects; associations, not effects.
"""

from __future__ import annotations

import pandas as pd

from toolkit.estimate import fit
from toolkit.language import Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement
from toolkit.studies.subsidy.model import TWO_WAY, cumulative, elasticity

FIRST_YEAR, LAST_YEAR = 2010, 2023
LAGS = 3
LINKS = {
    "basic_papers": ("rd_basic", "papers_sci"),
    "papers_patents": ("papers_sci", "patent_grant_invention"),
    "basic_patents": ("rd_basic", "patent_grant_invention"),
}
_NAMES = {
    "basic_papers": Text("Basic research → papers", "基础研究 → 论文"),
    "papers_patents": Text("Papers → invention patents granted", "论文 → 发明专利授权"),
    "basic_patents": Text("Basic research → invention patents granted", "基础研究 → 发明专利授权"),
    "between": Text("provinces compared, same year", "省际比较，同年"),
    "within": Text("within provinces, same year", "省内，同年"),
    "sum": Text("within provinces, this and three earlier years", "省内，当年及前三年合计"),
    "changes": Text("yearly changes, this and three earlier", "逐年变化，当年及前三年合计"),
    "lead": Text("next year's, given this year's", "下一年（控制当年）"),
}


def run(panel: Panel) -> pd.DataFrame:
    """Rows of link, design, estimate, low, high, p, rows; intervals of the wild bootstrap by province."""
    sample = panel.between(FIRST_YEAR, LAST_YEAR)
    found = []
    for link, (cause, result) in LINKS.items():
        x, q = f"log({cause})", f"log({result})"
        for design, formula in {
            "between": f"{q} ~ {x} | year",
            "within": f"{q} ~ {x} {TWO_WAY}",
            "sum": f"{q} ~ {cumulative(x, LAGS)} {TWO_WAY}",
            "changes": f"D({q}) ~ {cumulative(f'D({x})', LAGS)} | year",
            "lead": f"{q} ~ {x} + F({x}, 1) {TWO_WAY}",
        }.items():
            fitted = fit(formula, sample, cluster="province")
            one = elasticity(fitted, fitted.terms[-1])
            found.append(
                {
                    "link": link,
                    "design": design,
                    "estimate": one.estimate,
                    "low": one.low,
                    "high": one.high,
                    "p": one.p_value,
                    "rows": one.rows,
                }
            )
    return pd.DataFrame(found)


def links(results: pd.DataFrame) -> FigureExhibit:
    """All three links in five designs."""
    frame = results.assign(row=results["link"] + "_" + results["design"])
    return forest_plot(
        marked(frame),
        "row",
        panel="link",
        x_label=Text("Elasticity, or sum of elasticities", "弹性或弹性之和"),
        names={**_NAMES, **{f"{link}_{design}": _NAMES[design] for link in LINKS for design in results["design"].unique()}},
        title=Text("Basic research, papers and patents", "基础研究、论文与专利"),
        notes=[
            Text(
                "Provinces, {first}–{last} (papers end a year earlier), year effects in all rows. Intervals: wild bootstrap by province. "
                "Few years: lags, trends and common growth cannot be told apart well, and a lead that matters warns against reading an "
                "order.",
                "分省，{first}—{last}年（论文止于前一年），各行均含年份固定效应。区间为按省份的野自助法。年份少，滞后、趋势与共同增长难以区分；"
                "若下一年的值也相关，则不能读出先后。",
            ).filled(first=FIRST_YEAR, last=LAST_YEAR)
        ],
    )


def finding(results: pd.DataFrame) -> Statement:
    """What remains within provinces, and what the lead says."""
    estimate, inside = results.set_index(["link", "design"])["estimate"], _design(results, "sum")
    return statement(
        "basic_lags",
        Text(
            "Provinces with ten per cent more basic research have {between:.1%} more papers; within provinces four years of it sum to "
            "{papers:.2f} ({papers_low:.2f} to {papers_high:.2f}) for papers and {patents:.2f} ({patents_low:.2f} to {patents_high:.2f}) "
            "for invention patents, and in yearly changes to {changes:.2f} and {changes_patents:.2f}. Sums whose interval leaves out "
            "zero: {clear} of {links} within provinces, {clear_changes} in changes; next year's value is associated with this year's "
            "result in {leads}. With so few years no lag from basic research to patents can be read from these series.",
            "基础研究多一成的省份，论文多{between:.1%}；省内当年及前三年合计，论文弹性为{papers:.2f}（{papers_low:.2f}至{papers_high:.2f}），发明专利"
            "为{patents:.2f}（{patents_low:.2f}至{patents_high:.2f}），逐年变化下分别为{changes:.2f}与{changes_patents:.2f}。合计区间不含零的，省内{links}条"
            "联系中有{clear}条，逐年变化下有{clear_changes}条；下一年值与当年结果相关的有{leads}条。年份如此之少，无法从中读出基础研究到专利的时滞。",
        ),
        between=1.1 ** float(estimate["basic_papers", "between"]) - 1,
        papers=float(inside["estimate"]["basic_papers"]),
        papers_low=float(inside["low"]["basic_papers"]),
        papers_high=float(inside["high"]["basic_papers"]),
        patents=float(inside["estimate"]["basic_patents"]),
        patents_low=float(inside["low"]["basic_patents"]),
        patents_high=float(inside["high"]["basic_patents"]),
        changes=float(estimate["basic_papers", "changes"]),
        changes_patents=float(estimate["basic_patents", "changes"]),
        links=len(LINKS),
        clear=_clear(inside),
        clear_changes=_clear(_design(results, "changes")),
        leads=int((_design(results, "lead")["p"] < 0.05).sum()),
    )


def _design(results: pd.DataFrame, design: str) -> pd.DataFrame:
    """The rows of a design, by link."""
    return results[results["design"] == design].set_index("link")


def _clear(rows: pd.DataFrame) -> int:
    """Rows whose interval leaves out zero."""
    return int(((rows["low"] > 0) | (rows["high"] < 0)).sum())

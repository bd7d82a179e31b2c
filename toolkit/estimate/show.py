"""An estimate as text and as HTML: coefficients, convention, counts, warnings."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.estimate.result import Estimate

_SHOWN = (
    *("r2", "r2_within", "r2_between", "r2_overall", "rmse", "sigma_u", "sigma_e", "rho", "theta_min", "theta_max"),
    *("r2_pseudo", "deviance"),
)


def number(value: float) -> str:
    """A number in at most six significant characters.

    Examples
    --------
    >>> number(0.123456), number(12345.6), number(1.5e-9)
    ('0.1235', '12345.6', '1.500e-09')
    """
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3e}"
    return f"{value:.4f}" if abs(value) < 100 else f"{value:.1f}"


def _test(statistic: float) -> str:
    return f"{statistic:.2f}" if abs(statistic) < 1e4 else number(statistic)


def p_number(p_value: float, digits: int = 3) -> str:
    """A p value as a cell shows it: never zero.

    Examples
    --------
    >>> p_number(0.0123), p_number(1e-9)
    ('0.012', '<0.001')
    """
    least = 10.0**-digits
    return f"<{least:.{digits}f}" if p_value < least else f"{p_value:.{digits}f}"


def p_equation(p_value: float, digits: int = 3) -> str:
    """A p value as a sentence says it.

    Examples
    --------
    >>> p_equation(0.0123), p_equation(1e-9, 4)
    ('p = 0.012', 'p < 0.0001')
    """
    shown = p_number(p_value, digits)
    return f"p < {shown[1:]}" if shown[0] == "<" else f"p = {shown}"


def convention(estimate: Estimate) -> str:
    """The standard errors in one sentence."""
    info = estimate.covariance
    kinds = {"iid": "iid", "HC1": "HC1", "cluster": f"clustered by {' and '.join(info.clusters)}", "driscoll_kraay": "Driscoll-Kraay"}
    kinds |= {"CR2": f"CR2 (Bell-McCaffrey), {kinds['cluster']}", "conley": "Conley"}
    kinds["poisson"] = "from the Poisson variance (equal to the mean)"
    kinds["windmeijer"] = f"Windmeijer-corrected, {kinds['cluster']}"
    kind = kinds.get(info.kind, info.kind)
    if info.kind == "iid":
        return "; ".join(
            filter(None, [f"Standard errors iid, {info.factor} with K = {info.parameters}; t with {info.df_t:g} df", info.note])
        )
    counted = f", K = {info.parameters}" if "K" in info.factor else ""
    dfs = [f"{df:.4g}" for df in (min(info.df_terms), max(info.df_terms))] if info.df_terms else [f"{info.df_t:g}"]
    judged = "normal distribution" if math.isinf(info.df_t) else f"t with {' to '.join(dict.fromkeys(dfs))} df"
    text = f"Standard errors {kind}; factor {info.factor} = {info.factor_value:.4g}{counted} ({info.small_sample}); {judged}"
    return f"{text}; {info.note}" if info.note else text


def facts(estimate: Estimate) -> list[str]:
    """Lines below the coefficients: convention, counts, drops, omissions, statistics, warnings."""
    counts = estimate.counts
    size = f"{counts.rows} of {counts.rows_given} rows"
    if counts.entities:
        size += f", {counts.entities} entities, {counts.periods} periods"
    size += "".join(f", {g} clusters by {name}" for name, g in counts.clusters)
    lines = [convention(estimate), size]
    lines += [f"Left out: {d.rows} {d.reason} (first {d.first})" for d in counts.dropped]
    lines += [f"Omitted: {o.term} ({o.reason})" for o in estimate.omitted]
    around_zero = " (uncentred)" if "r2_uncentred" in estimate.statistics else ""
    shown = [
        f"{name}{around_zero if name == 'r2' else ''} {number(estimate.statistics[name])}" for name in _SHOWN if name in estimate.statistics
    ]
    lines.append(", ".join(shown))
    return lines + [f"Note: {warning}" for warning in estimate.warnings]


def as_text(estimate: Estimate) -> str:
    """The estimate as plain text."""
    rows = [["", "estimate", "std. error", "t", "p", "95 % interval"]]
    for term in estimate.terms:
        c = estimate.coefficient(term)
        rows.append(
            [
                c.term,
                number(c.estimate),
                number(c.std_error),
                _test(c.statistic),
                p_number(c.p_value),
                f"[{number(c.low)}, {number(c.high)}]",
            ]
        )
    widths = [max(len(row[j]) for row in rows) for j in range(6)]
    table = [
        "  ".join(cell.ljust(w) if j == 0 else cell.rjust(w) for j, (cell, w) in enumerate(zip(row, widths, strict=True))) for row in rows
    ]
    return "\n".join([f"{estimate.method}: {estimate.spec.formula}", *table, *facts(estimate)])


def as_html(estimate: Estimate) -> str:
    """The estimate as a compact HTML table with its notes below."""
    head = "".join(f"<th>{h}</th>" for h in ("", "estimate", "std. error", "t", "p", "95 % interval"))
    body = []
    for term in estimate.terms:
        c = estimate.coefficient(term)
        cells = [number(c.estimate), number(c.std_error), _test(c.statistic), p_number(c.p_value), f"[{number(c.low)}, {number(c.high)}]"]
        body.append(
            f'<tr><th style="text-align:left">{escape(c.term)}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
        )
    notes = "<br>".join(escape(line) for line in facts(estimate))
    caption = f'<caption style="text-align:left"><b>{escape(estimate.method)}</b> <code>{escape(estimate.spec.formula)}</code></caption>'
    return f'<table>{caption}<thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table><p style="font-size:smaller">{notes}</p>'

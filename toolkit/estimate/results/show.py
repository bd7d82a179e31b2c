"""The lines below the coefficients of an estimate: convention, counts, statistics, warnings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from toolkit.estimate.rows.options import Counts, CovarianceInfo, Omitted
from toolkit.report import number

_SHOWN = (
    *("r2", "r2_within", "r2_between", "r2_overall", "rmse", "sigma_u", "sigma_e", "rho", "theta_min", "theta_max"),
    *("r2_pseudo", "deviance"),
)


def t_number(statistic: float) -> str:
    """A t statistic as a cell shows it.

    Examples
    --------
    >>> t_number(2.3456), t_number(1e7)
    ('2.35', '1.000e+07')
    """
    return f"{statistic:.2f}" if abs(statistic) < 1e4 else number(statistic)


def convention(info: CovarianceInfo) -> str:
    """The standard errors in one sentence."""
    kinds = {"iid": "iid", "HC1": "HC1", "cluster": f"clustered by {' and '.join(info.clusters)}", "driscoll_kraay": "Driscoll-Kraay"}
    kinds |= {"CR2": f"CR2 (Bell-McCaffrey), {kinds['cluster']}", "conley": "Conley"}
    kinds["mean_group"] = "from the spread of the entities' coefficients"
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


def facts(info: CovarianceInfo, counts: Counts, omitted: Sequence[Omitted], statistics: Mapping[str, float]) -> list[str]:
    """Convention, size, what was left out, and the statistics that a reader looks for first."""
    size = f"{counts.rows} of {counts.rows_given} rows"
    if counts.entities:
        size += f", {counts.entities} entities, {counts.periods} periods"
    size += "".join(f", {g} clusters by {name}" for name, g in counts.clusters)
    lines = [convention(info), size]
    lines += [f"Left out: {d.rows} {d.reason} (first {d.first})" for d in counts.dropped]
    lines += [f"Omitted: {o.term} ({o.reason})" for o in omitted]
    uncentred = " (uncentred)" if "r2_uncentred" in statistics else ""
    shown = [f"{name}{uncentred if name == 'r2' else ''} {number(statistics[name])}" for name in _SHOWN if name in statistics]
    return [*lines, ", ".join(shown)] if shown else lines

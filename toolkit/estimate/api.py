"""``fit``: the usual case in one call."""

from __future__ import annotations

from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import pandas as pd

from toolkit.errors import UnknownOption
from toolkit.estimate.formula.spec import Spec, parse, refuse_instruments
from toolkit.estimate.linear.fitted import require_method
from toolkit.estimate.linear.within import pooled_estimate, within_estimate
from toolkit.estimate.results.estimate import Estimate, kept_rows
from toolkit.estimate.rows.options import Errors, Options, documented
from toolkit.estimate.rows.sample import select
from toolkit.estimate.rows.source import Source, source_of
from toolkit.panel import Panel
from toolkit.threads import one_thread

if TYPE_CHECKING:
    from toolkit.estimate.large.table import LargeTable


@one_thread
@documented
def fit(
    formula: str | Spec,
    data: Panel | pd.DataFrame | LargeTable | str | Path,
    **errors: Unpack[Errors],
) -> Estimate:
    """Least squares: within if the formula absorbs effects, pooled otherwise; two-stage least squares if it names instruments.

    Parameters
    ----------
    formula : ``"log(rd) ~ log(subsidy) + L(x, 1) | province + year"``; see :mod:`toolkit.estimate.formula.spec` for the grammar.
    data : a panel, or a plain frame as a cross-section; or rows that stay on disk, :class:`~toolkit.estimate.large.LargeTable`. A path
        of Parquet files is taken as one without roles.
    covariance, cluster, weights, small_sample, bandwidth : |options|

    Raises
    ------
    FormulaError, MissingColumn, NotNumeric, EmptySample, NothingToEstimate, TooFewClusters, NotConverged

    Examples
    --------
    >>> frame = pd.DataFrame({"id": list("aaabbbccc"), "t": [1, 2, 3] * 3, "x": [1.0, 2, 4, 2, 3, 5, 1, 4, 6]})
    >>> frame["y"] = 2 * frame["x"] + frame["id"].map({"a": 0.0, "b": 5.0, "c": 9.0}) + [0.1, -0.1, 0, 0, 0.1, -0.1, -0.1, 0, 0.1]
    >>> estimate = fit("y ~ x | id", Panel(frame, "id", "t"))
    >>> round(estimate.coefficient("x").estimate, 2), estimate.covariance.factor
    (2.01, 'G/(G-1)*(N-1)/(N-K)')
    """
    spec = parse(formula)
    if not isinstance(data, Panel | pd.DataFrame):
        from toolkit.estimate.large.fit import fit_large
        from toolkit.estimate.large.table import LargeTable

        table = data if isinstance(data, LargeTable) else LargeTable(data)
        return fit_large(spec, table, **errors)
    source = source_of(data)
    options = Options.read(source, **errors)
    return fit_spec(spec, source, options)


_DEFAULTS = {name: p.default for name, p in signature(Options.read).parameters.items() if p.default is not Parameter.empty}


def question(asked: str | Spec | Estimate, data: Panel | pd.DataFrame | None, purpose: str, **choices: Any) -> tuple[Spec, Source, Options]:
    """Question, data and options of an analysis that takes a formula with data, or a pooled or within estimate, which has all three.

    Parameters
    ----------
    choices : arguments of :meth:`Options.read`, for a formula only.

    Raises
    ------
    UnknownOption
        If a formula stands without data, or an estimate with data or choices.
    NotEstimable
        If the estimate is of another kind, or has dropped its rows.
    """
    if isinstance(asked, Estimate):
        require_method(asked, purpose, ("pooled", "within"))
        beside = [*(["data"] if data is not None else []), *(name for name, value in choices.items() if value != _DEFAULTS[name])]
        if beside:
            raise UnknownOption(
                f"{purpose} takes {' and '.join(beside)} with a formula, not with an estimate, which has its own",
                where=asked.spec.formula,
                remedy=f"leave {' and '.join(beside)} out, or pass the formula and the data",
            )
        kept = kept_rows(asked, purpose, remedy="pass the formula and the data instead of the estimate")
        return asked.spec, kept.source, kept.options
    if data is None:
        raise UnknownOption(f"{purpose} needs the data beside a formula", remedy="pass the panel, or an estimate instead of the formula")
    source = source_of(data)
    return parse(asked), source, Options.read(source, **choices)


def fit_spec(spec: Spec, source: Source, options: Options) -> Estimate:
    """:func:`fit` of a question that is parsed, on data and options that are read."""
    if spec.endogenous:
        from toolkit.estimate.instruments.fit import instruments_estimate
        from toolkit.estimate.instruments.system import make_system

        return instruments_estimate(make_system(spec, source, options), "2sls")
    sample = select(refuse_instruments(spec, "fit"), source, options)
    return within_estimate(sample) if spec.effects else pooled_estimate(sample)

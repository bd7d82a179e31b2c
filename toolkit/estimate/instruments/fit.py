"""Instrumental variables with absorbed effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Unpack

import numpy as np
import pandas as pd

from toolkit.errors import UnderIdentified
from toolkit.estimate.formula.spec import Spec, parse
from toolkit.estimate.instruments.report import WeakInstrumentReport, make_report
from toolkit.estimate.instruments.stages import METHODS, Equation, Method, as_estimate, joint_f, k_class, kappa_of, stage
from toolkit.estimate.instruments.strength import canonical_correlation, endogeneity, first_stage_strength, over_identification
from toolkit.estimate.instruments.system import Projection, System, make_projection, make_system
from toolkit.estimate.linear.least_squares import require_rows
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.options import REDUNDANT_EFFECTS, Errors, Omitted, Options, documented, one_of
from toolkit.estimate.rows.source import source_of
from toolkit.language import Name, Note, Text, note
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.report import Report
from toolkit.threads import frugal

_UNCORRELATED = 1e-9  # a canonical correlation below this is rounding
_DROPPED = Text("Instrument {term} was dropped: {reason}.", "工具变量{term}已剔除（{reason}）。")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class InstrumentsEstimate(Estimate):
    """An estimate with instruments, and the regressions and tests around it.

    Attributes
    ----------
    endogenous, instruments : names of the m endogenous regressors and of the L instruments that were used.
    dropped_instruments : instruments that were left out, and why.
    kappa : k of the k-class; 1 for two-stage least squares.
    first_stages : one estimate per endogenous regressor, on instruments and exogenous regressors.
    reduced_form : the outcome on instruments and exogenous regressors.
    weak : the weak-instrument report.
    """

    endogenous: tuple[str, ...]
    instruments: tuple[str, ...]
    dropped_instruments: tuple[Omitted, ...]
    kappa: float
    first_stages: tuple[Estimate, ...] = field(repr=False)
    reduced_form: Estimate = field(repr=False)
    weak: WeakInstrumentReport = field(repr=False)

    def _report(self) -> Report:
        return replace(super()._report(), below=(self.weak._report(),))


@frugal
@documented
def fit_instruments(
    formula: str | Spec,
    data: Panel | pd.DataFrame,
    *,
    method: Method = "2sls",
    **errors: Unpack[Errors],
) -> InstrumentsEstimate:
    """Two-stage least squares or LIML: y = D d + X b + effects + e, with Z uncorrelated with e.

    The effects are removed from every column; then b = (W'(I - k M)W)^-1 W'(I - k M)y with W = [D X] and M the residual maker of [X Z].
    k = 1 is two-stage least squares, LIML takes the smallest root, Fuller's k is that of LIML less 1/(n - parameters of the first stage).
    The sandwich has the bread (W'(I - k M)W)^-1 and the scores (I - M)w_i e_i of the projected regressors, with the factors of the other
    linear estimators; so does linearmodels. Differentiating the LIML criterion gives the scores (I - k M)w_i e_i instead: both agree as k
    goes to 1, as it does with valid instruments, and are the same for k = 1. With "iid" the covariance is RSS / (N - K) times the bread,
    where linearmodels puts W'(I - M)W between two breads.

    Parameters
    ----------
    formula : ``"y ~ x | entity + time | d1 + d2 ~ z1 + z2"``: exogenous regressors, absorbed effects, endogenous regressors ~ instruments.
        Without absorbed effects, ``"y ~ x | d ~ z"`` or ``"y ~ x | 0 | d ~ z"``; without exogenous regressors, ``"y ~ 1 | ..."``. Exogenous
        regressors are their own instruments and are written once.
    data : a panel, or a plain frame.
    method : "2sls" (default), "liml" or "fuller".
    covariance, cluster, weights, small_sample, bandwidth : |options|

    Returns
    -------
    InstrumentsEstimate
        An :class:`Estimate` with the intercept (if any), then the endogenous, then the exogenous regressors; with its first stages, reduced
        form and weak-instrument report. Weak instruments, instruments dropped and contradictions between them are in ``warnings``.

    Raises
    ------
    FormulaError, UnknownOption, MissingColumn, NotNumeric, EmptySample, NothingToEstimate, UnderIdentified, TooFewClusters, NotConverged

    References
    ----------
    Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, chapters 5 and 11; Anderson and Rubin (1949); Fuller (1977).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> z, u = rng.normal(size=(2, 400))
    >>> d = z + u + rng.normal(size=400)
    >>> estimate = fit_instruments("y ~ 1 | d ~ z", pd.DataFrame({"y": 0.5 * d - u, "d": d, "z": z}))
    >>> estimate.terms, bool(abs(estimate.beta[1] - 0.5) < 2 * estimate.std_errors[1])
    (('Intercept', 'd'), True)
    >>> estimate.weak.anderson_rubin.confidence_set().shape
    'bounded'
    """
    one_of("method", method, METHODS)
    source = source_of(data)
    options = Options.read(source, **errors)
    return instruments_estimate(make_system(parse(formula), source, options), method)


def instruments_estimate(system: System, method: Method) -> InstrumentsEstimate:
    """The estimate on chosen rows."""
    sample = system.sample
    positions = (*system.endogenous, *system.exogenous)
    stages = [stage(system, j + 1) for j in system.endogenous]
    first_stages, errors = tuple(s for s, _ in stages), np.stack([e for _, e in stages])
    projection = _projection(system, first_stages[0])
    names = system.names(system.endogenous), system.names(system.instruments)
    require_correlation(projection, *names, where=f"{system.spec.formula}, {sample.rows} rows")
    kappa = kappa_of(projection, method)
    regressors = system.regressors(positions)
    fitted = regressors.copy()
    at = slice(1, 1 + len(errors)) if system.intercept else slice(len(errors))
    fitted[at] -= errors
    require_rows(sample, len(regressors), system.rank)
    solved = k_class(y=sample.matrix[0], regressors=regressors, fitted=fitted, kappa=kappa, weights=sample.weights)
    extra = {} if method == "2sls" else {"kappa": kappa}
    estimate = as_estimate(system=system, equation=Equation(system.spec, method, 0, positions), scores=fitted, fit=solved, extra=extra)
    report = _report(system=system, projection=projection, first_stages=first_stages, errors=errors, slopes=solved.beta[at])
    notes = [instrument_dropped(o) for o in system.dropped_instruments]
    if not system.exact_rank:
        notes.append(REDUNDANT_EFFECTS)
    values = {f.name: getattr(estimate, f.name) for f in fields(Estimate)}
    values["statistics"] = {**estimate.statistics, **report.statistics()}
    values["warnings"] = (*estimate.warnings, *notes, *report.warnings())
    return InstrumentsEstimate(
        **values,
        endogenous=system.names(system.endogenous),
        instruments=system.names(system.instruments),
        dropped_instruments=system.dropped_instruments,
        kappa=kappa,
        first_stages=first_stages,
        reduced_form=stage(system, 0)[0],
        weak=report,
    )


def instrument_dropped(gone: Omitted) -> Note:
    """The warning that an instrument says nothing of its own."""
    return note("instrument_dropped", _DROPPED, term=Name(gone.term), reason=gone.reason)


def _projection(system: System, first_stage: Estimate) -> Projection:
    sample = system.sample
    basis, outcome, endogenous = make_projection(
        outcome=sample.matrix[0],
        endogenous=system.rows(system.endogenous),
        exogenous=system.regressors(system.exogenous),
        instruments=system.rows(system.instruments),
        weights=sample.weights,
    )
    info = first_stage.covariance
    return Projection(
        basis=basis,
        outcome=outcome,
        endogenous=endogenous,
        on_outcome=basis @ outcome,
        on_endogenous=basis @ endogenous.T,
        df=sample.rows - len(first_stage.terms) - system.rank,
        df_t=info.df_t,
        counted=info.parameters,
        options=sample.options,
        clusters=sample.clusters,
        calendar=sample.calendar,
    )


def require_correlation(projection: Projection, endogenous: Sequence[str], instruments: Sequence[str], where: str) -> None:
    """Raise UnderIdentified if the instruments say nothing of some combination of the endogenous regressors."""
    if canonical_correlation(projection) > _UNCORRELATED:
        return
    why = "are exactly uncorrelated with" if len(endogenous) == 1 else "leave no variation that tells apart"
    raise UnderIdentified(
        f"the instruments {', '.join(instruments)} {why} {', '.join(endogenous)}",
        where=where,
        remedy="use instruments that move each endogenous regressor on its own",
    )


def _report(
    system: System, projection: Projection, first_stages: tuple[Estimate, ...], errors: Floats, slopes: Floats
) -> WeakInstrumentReport:
    terms, instruments = system.names(system.endogenous), system.names(system.instruments)
    return make_report(
        projection=projection,
        covariance=system.sample.options.covariance,
        terms=terms,
        first_stages=tuple(first_stage_strength(projection, j, terms[j], joint_f(instruments, s)) for j, s in enumerate(first_stages)),
        over=over_identification(projection, slopes),
        endogeneity=endogeneity(system, errors),
    )

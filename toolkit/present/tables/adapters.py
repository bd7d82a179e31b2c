"""Results of pyfixest, linearmodels and statsmodels as columns. The libraries are recognised by their results, not imported.

Their traps are kept here: pyfixest writes its effects as one spaced string; linearmodels calls the within R² of a model with effects
``rsquared``; the small-sample factor of each is put into symbols. Some numbers stand in private attributes only (the R² and the covariance
of pyfixest, the covariance of linearmodels' panels): these are read here and nowhere else, and a test compares each with a number worked
out by hand.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import UnknownOption
from toolkit.estimate.rows.options import bartlett
from toolkit.estimate.treatment.event_study import EventStudy
from toolkit.language import Text, note
from toolkit.origin import origin_in
from toolkit.present.tables.column import R2_NAMES, Column, Convention, Drop, spelled
from toolkit.present.words.labels import nodes_of

LEVEL = 0.95

REGHDFE = "G/(G-1)*(N-1)/(N-K)"
PER_DF = "N/(N-K)"
HAC_LAGS = Text("{lags} lags", "滞后{lags}期")
ALL_COUNTED = note("all_effects_counted", Text("all effects counted in K", "全部固定效应计入K"))
NONE_COUNTED = note("no_effects_counted", Text("effects not counted in K", "固定效应不计入K"))
NOT_USED = note("missing_or_singleton", Text("missing values or singletons", "缺失值或单例"))
COLLINEAR = note("collinear", Text("collinear", "共线"))


def from_pyfixest(result: Any) -> Column:
    """A fitted ``feols``, ``fepois`` or instrumental-variable model of pyfixest."""
    tidy = result.tidy()
    formula = result.FixestFormula
    effects = tuple(part.strip() for part in (formula.fixed_effects or "").split("+") if part.strip() not in ("", "0"))
    statistics = {"rows": float(result._N)}
    kinds = {"_r2": "r2", "_r2_within": "r2_within", "_adj_r2": "adj_r2"}
    for theirs, ours in kinds.items():
        statistics |= _finite(ours, getattr(result, theirs, None))
    rows_lost = len(result._na_index)  # the public na_index stays empty
    instruments = formula.endogenous is not None
    return Column(
        library="pyfixest",
        method="instruments"
        if instruments
        else "poisson"
        if "pois" in type(result).__name__.lower()
        else "within"
        if effects
        else "pooled",
        outcome=spelled(formula.second_stage.partition("~")[0].strip()),
        terms=tuple(spelled(str(term)) for term in tidy.index),
        estimate=tidy["Estimate"].to_numpy(),
        std_error=tidy["Std. Error"].to_numpy(),
        statistic=tidy["t value"].to_numpy(),
        p_value=tidy["Pr(>|t|)"].to_numpy(),
        low=tidy["2.5%"].to_numpy(),
        high=tidy["97.5%"].to_numpy(),
        convention=_pyfixest_convention(result),
        effects=effects,
        statistics=statistics,
        dropped=(Drop(NOT_USED, rows_lost),) if rows_lost else (),
        omitted=tuple((spelled(str(term)), COLLINEAR) for term in result._collin_vars),
        origin=_marked(getattr(result, "_data", None)),
    )


def _from_linearmodels(result: Any) -> Column:
    """A fitted panel or instrumental-variable model of linearmodels."""
    interval = result.conf_int()
    statistics = {"rows": float(result.nobs)}
    panel = hasattr(result, "entity_info")
    effects = _linearmodels_effects(result)
    method = _linearmodels_method(result, bool(effects))
    if panel:
        statistics |= {"entities": float(result.entity_info.total), "periods": float(result.time_info.total)}
    if effects:
        statistics |= _finite("r2_within", result.rsquared) | _finite("r2", result.rsquared_inclusive)
    elif type(result).__name__ == "RandomEffectsResults":
        for part in ("within", "between", "overall"):
            statistics |= _finite(f"r2_{part}", getattr(result, f"rsquared_{part}"))
        statistics |= _finite("r2_quasi", result.rsquared)
    else:
        statistics |= _finite(R2_NAMES.get((method, "r2"), "r2"), result.rsquared)
    return Column(
        library="linearmodels",
        method=method,
        outcome=spelled(str((result.model.dependent.vars if panel else result.model.dependent.cols)[0])),
        terms=tuple(spelled(str(term)) for term in result.params.index),
        estimate=result.params.to_numpy(),
        std_error=result.std_errors.to_numpy(),
        statistic=result.tstats.to_numpy(),
        p_value=result.pvalues.to_numpy(),
        low=interval["lower"].to_numpy(),
        high=interval["upper"].to_numpy(),
        convention=_linearmodels_convention(result, panel),
        effects=effects,
        statistics=statistics,
    )


def from_statsmodels(result: Any) -> Column:
    """A fitted regression, generalised linear or discrete model of statsmodels."""
    interval = np.asarray(result.conf_int())
    names = [str(name) for name in result.model.exog_names]
    statistics = (
        {"rows": float(result.nobs)}
        | _finite("r2", getattr(result, "rsquared", None))
        | _finite("adj_r2", getattr(result, "rsquared_adj", None))
    )
    statistics |= _finite("r2_pseudo", getattr(result, "prsquared", None))
    return Column(
        library="statsmodels",
        method="pooled" if type(result.model).__name__ in ("OLS", "WLS") else type(result.model).__name__,
        outcome=spelled(str(result.model.endog_names)),
        terms=tuple(spelled(name) for name in names),
        estimate=np.asarray(result.params),
        std_error=np.asarray(result.bse),
        statistic=np.asarray(result.tvalues),
        p_value=np.asarray(result.pvalues),
        low=interval[:, 0],
        high=interval[:, 1],
        convention=_statsmodels_convention(result),
        statistics=statistics,
        origin=_marked(getattr(result.model.data, "frame", None)),
    )


def _marked(data: Any) -> str:
    """``registry`` if the library kept the frame and the frame says so; else empty: data are often rebuilt before a fit."""
    attrs = getattr(data, "attrs", {})
    return "" if (origin := origin_in(attrs)) == "own" else origin


def _finite(name: str, value: Any) -> dict[str, float]:
    return {} if value is None or not np.isfinite(value) else {name: float(value)}


def _pyfixest_convention(result: Any) -> Convention:
    detail = str(result._vcov_type_detail)
    settings = result._ssc_dict
    counted = settings["k_adj"]
    if result._vcov_type != "CRV":
        kind = {"iid": "iid", "hetero": "HC1", "HC1": "HC1"}.get(detail, detail)
        return Convention(kind, factor=_residual_factor(kind, bool(counted)), df=float(result._df_t))
    parts = ["G/(G-1)"] * bool(settings["G_adj"]) + ["(N-1)/(N-K)"] * bool(counted)
    counting = {"full": ALL_COUNTED, "none": NONE_COUNTED}.get(settings["k_fixef"]) if result.FixestFormula.fixed_effects else None
    names = [str(name) for name in result._clustervar]
    return Convention(
        "cluster" if detail == "CRV1" else detail,
        clusters=tuple((name, int(result._cluster_df[name].nunique())) for name in names),  # _G holds the smallest number for each
        factor="*".join(parts) or "1",
        df=float(result._df_t),
        notes=(counting,) if counting else (),
    )


def _linearmodels_effects(result: Any) -> tuple[str, ...]:
    if type(result).__name__ != "PanelEffectsResults":
        return ()
    model, names = result.model, result.model.dependent.dataframe.index.names
    found = [str(names[0])] * bool(model.entity_effects) + [str(names[1])] * bool(model.time_effects)
    named = (re.fullmatch(r"Other Effect \((.*)\)", str(effect)) for effect in result.included_effects)
    return (*found, *(match.group(1) for match in named if match))


def _linearmodels_method(result: Any, effects: bool) -> str:
    if effects:
        return "within"
    methods = {
        "PooledOLS": "pooled",
        "PanelOLS": "pooled",
        "OLS": "pooled",
        "RandomEffects": "random",
        "BetweenOLS": "between",
        "FirstDifferenceOLS": "differences",
        "IV2SLS": "instruments",
    }
    name = type(result.model).__name__
    return methods.get(name, name)


def _linearmodels_convention(result: Any, panel: bool) -> Convention:
    df = float(result.df_resid) if (result._debiased if panel else result.debiased) else np.inf
    if not panel:
        kind, config = str(result.cov_type), result.cov_config
        clusters = _sizes(config.get("clusters"), {})
        factor = (REGHDFE if result.debiased else "1") if clusters else _residual_factor(_kind(kind), bool(result.debiased))
        return Convention(_kind(kind), clusters, factor, df)
    covariance = getattr(result._deferred_cov, "__self__", None)
    kind = str(result._cov_type)
    factor = PER_DF if result._debiased else "N/(N-K_effects)"
    if kind != "Clustered" or covariance is None:
        bandwidth = getattr(covariance, "_bandwidth", None)
        if _kind(kind) == "iid" and result._debiased:
            factor = "RSS/(N-K)"
        notes = (bartlett(bandwidth),) if bandwidth is not None else ()
        return Convention(kind=_kind(kind), clusters=(), factor=factor, df=df, notes=notes)
    names = result.model.dependent.dataframe.index.names
    known = {str(names[0]): result.model.dependent.entity_ids, str(names[1]): result.model.dependent.time_ids}
    if covariance._group_debias:
        factor = REGHDFE if result._debiased else "G/(G-1)*(N-1)/(N-K_effects)"
    return Convention(kind="cluster", clusters=_sizes(covariance._clusters, known), factor=factor, df=df, notes=(ALL_COUNTED,))


def _statsmodels_convention(result: Any) -> Convention:
    kind = str(getattr(result, "cov_type", "nonrobust"))
    df = float(getattr(result, "df_resid_inference", None) or result.df_resid) if result.use_t else np.inf
    linear = type(result.model).__name__ in ("OLS", "WLS", "GLS")
    if kind != "cluster":
        factor = _residual_factor(_kind(kind), True) if linear and kind in ("nonrobust", "HC1") else ""
        notes = (note("newey_west", HAC_LAGS, lags=result.cov_kwds["maxlags"]),) if kind == "HAC" else ()
        return Convention(kind=_kind(kind), clusters=(), factor=factor, df=df, notes=notes)
    groups = result.cov_kwds["groups"]
    return Convention("cluster", _sizes(groups, {}), REGHDFE if result.cov_kwds.get("use_correction", True) else "1", df)


def _residual_factor(kind: str, counted: bool) -> str:
    """The factor of a covariance without clusters; ``counted`` says that K is taken off N."""
    if kind == "iid":
        return "RSS/(N-K)" if counted else "RSS/N"
    return PER_DF if counted else "1"


def _kind(name: str) -> str:
    kinds = {
        "unadjusted": "iid",
        "homoskedastic": "iid",
        "nonrobust": "iid",
        "robust": "HC1",
        "clustered": "cluster",
        "driscoll-kraay": "driscoll_kraay",
    }
    return kinds.get(name.lower(), name)


def _sizes(clusters: Any, known: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    """Name and number of clusters of each dimension; the name is found by comparing with the ids that are known."""
    if clusters is None:
        return ()
    names = [str(name) for name in getattr(clusters, "columns", [getattr(clusters, "name", None) or ""])]
    columns = np.asarray(clusters).reshape(len(np.asarray(clusters)), -1).T
    sizes = []
    for place, column in enumerate(columns):
        same = [name for name, ids in known.items() if _same_groups(column, np.asarray(ids).ravel())]
        name = same[0] if same else names[place] if place < len(names) else ""
        sizes.append((name, len(np.unique(column))))
    return tuple(sizes)


def _same_groups(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two codings split the rows alike."""
    if len(first) != len(second):
        return False
    one, two = np.unique(first, return_inverse=True)[1], np.unique(second, return_inverse=True)[1]
    pairs = len(np.unique(one.astype(np.int64) * (two.max() + 1) + two))
    return bool(pairs == one.max() + 1 == two.max() + 1)


def as_column(result: Any) -> Column:
    """The column for an estimate of this toolkit, or a fitted result of pyfixest, linearmodels or statsmodels.

    Nothing is computed anew: all numbers are those the result holds. The R² of each library goes under the name of what it measures:
    linearmodels' ``rsquared`` of a model with effects is the within R² (pyfixest ``_r2_within``), its ``rsquared_inclusive`` is the R²
    (pyfixest ``_r2``).

    Raises
    ------
    UnknownOption
        For any other object.
    """
    if isinstance(result, Column):
        return result
    if isinstance(result, EventStudy):
        return _from_event_study(result)
    if hasattr(result, "counts") and hasattr(result, "spec"):
        return _own(result)
    adapt = {
        "pyfixest": from_pyfixest,
        "linearmodels": _from_linearmodels,
        "statsmodels": from_statsmodels,
    }.get(type(result).__module__.partition(".")[0])
    if adapt is None:
        raise UnknownOption(
            f"a table has no column for an object of type {type(result).__name__}",
            remedy="pass estimates of this toolkit, or fitted results of pyfixest, linearmodels or statsmodels",
        )
    return adapt(result)


def _from_event_study(study: EventStudy) -> Column:
    """Effects by event time, without the reference, and their averages."""
    tidy = pd.concat([study.tidy("event time", LEVEL), study.tidy("overall", LEVEL)])
    tidy = tidy[tidy["std_error"] > 0]
    counts = study.counts
    return Column(
        library="toolkit",
        method=study.estimator,
        outcome=study.outcome,
        terms=tuple(tidy["term"]),
        estimate=tidy["estimate"].to_numpy(),
        std_error=tidy["std_error"].to_numpy(),
        statistic=tidy["statistic"].to_numpy(),
        p_value=tidy["p_value"].to_numpy(),
        low=tidy["conf_low"].to_numpy(),
        high=tidy["conf_high"].to_numpy(),
        convention=Convention(kind="cluster", clusters=counts.clusters, factor=study.small_sample, df=study.df),
        statistics={"rows": counts.rows, "entities": counts.entities, "periods": counts.periods},
        dropped=tuple(Drop(drop.reason, drop.rows, str(drop.first or "")) for drop in counts.dropped),
        warnings=(study.normalisation, *study.warnings),
        origin=study.origin,
    )


def _own(result: Any) -> Column:
    tidy, counts, covariance = result.tidy(LEVEL), result.counts, result.covariance
    sizes = dict(counts.clusters)
    sizes_of = {"rows": counts.rows, "entities": counts.entities, "periods": counts.periods}
    renamed = {R2_NAMES.get((result.method, name), name): value for name, value in result.statistics.items()}
    statistics = {name: size for name, size in sizes_of.items() if size} | renamed
    return Column(
        library="toolkit",
        method=result.method,
        outcome=result.spec.outcome,
        terms=tuple(tidy["term"]),
        estimate=tidy["estimate"].to_numpy(),
        std_error=tidy["std_error"].to_numpy(),
        statistic=tidy["statistic"].to_numpy(),
        p_value=tidy["p_value"].to_numpy(),
        low=tidy["conf_low"].to_numpy(),
        high=tidy["conf_high"].to_numpy(),
        convention=Convention(
            kind=covariance.kind,
            clusters=tuple((name, sizes[name]) for name in covariance.clusters),
            factor=covariance.factor,
            df=covariance.df_t,
            notes=covariance.notes,
            df_terms=covariance.df_terms,
        ),
        effects=tuple(result.effects),
        statistics=statistics,
        dropped=tuple(Drop(drop.reason, drop.rows, str(drop.first or "")) for drop in counts.dropped),
        omitted=tuple((item.term, item.reason) for item in result.omitted),
        variables=_variables(result),
        warnings=tuple(result.warnings),
        years=_years(result),
        origin=result.origin,
        nodes=nodes_of(result),
        name=result.NAMES.get(result.method),
        labels=result.LABELS,
        judged_by=result.JUDGED_BY,
    )


def _years(result: Any) -> tuple[int, int] | None:
    """First and last year behind an estimate that still knows its rows; None where the periods are no whole numbers."""
    rows = getattr(result, "_rows", None)
    if rows is None or rows.source.time is None:
        return None
    times = rows.source.frame[rows.source.time].to_numpy()
    times = times if rows.positions is None else times[rows.positions]
    return (int(times.min()), int(times.max())) if times.dtype.kind in "iu" and len(times) else None


def _variables(result: Any) -> tuple[str, ...]:
    """Raw columns of the formula, and those whose ranges cut a slope into regimes."""
    from toolkit.estimate.formula.terms import columns_of

    bands = [column.band for column in getattr(result, "columns", ()) if column.band is not None]
    return tuple(dict.fromkeys([*result.spec.variables, *(name for band in bands for name in columns_of(band.variable))]))

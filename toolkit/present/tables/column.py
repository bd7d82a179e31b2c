"""One column of a regression table: the same record for every kind of estimate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from toolkit.errors import PresentationError, UnknownOption
from toolkit.language import Note
from toolkit.present.words.labels import Node, nodes_of

LEVEL = 0.95
R2_NAMES = {
    ("random", "r2"): "r2_quasi",
    ("random", "adj_r2"): "adj_r2_quasi",
    ("between", "r2"): "r2_between",
    ("differences", "r2"): "r2_differences",
}
"""(method, name) -> the name under which a table shows it: these R² are not those of the outcome itself."""


@dataclass(frozen=True)
class Convention:
    """How the standard errors were computed.

    Attributes
    ----------
    kind : "iid", "HC1", "cluster", "driscoll_kraay", or the name its library uses.
    clusters : (name, number of clusters) of each dimension; an unknown name is empty.
    factor : small-sample factor in symbols, such as ``G/(G-1)*(N-1)/(N-K)``; ``1`` for none, empty if unknown.
    df : degrees of freedom of the t distribution; infinite for the normal.
    df_terms : those of each coefficient where they differ, else empty.
    notes : anything else that decides the number, such as a bandwidth.
    """

    kind: str
    clusters: tuple[tuple[str, int], ...] = ()
    factor: str = ""
    df: float = np.inf
    notes: tuple[Note, ...] = ()
    df_terms: tuple[float, ...] = ()


@dataclass(frozen=True)
class Drop:
    """Rows left out for one reason; ``first`` names the first of them."""

    reason: Note
    rows: int
    first: str = ""


@dataclass(frozen=True)
class Column:
    """An estimate as a table shows it.

    Attributes
    ----------
    library : "toolkit", "pyfixest", "linearmodels" or "statsmodels".
    method : "pooled", "within", "between", "random", "differences", "instruments", or another library's own name.
    outcome : text of the outcome term.
    terms : (k,) texts of the terms, in this toolkit's spelling.
    nodes : text -> node of the formula, of outcome and terms; empty where the library has none.
    estimate, std_error, statistic, p_value, low, high : (k,); the interval is the 95 % one.
    effects : absorbed effects, in the spelling of the formula ("province", "province^year").
    statistics : "rows", "entities", "periods", and each R² under its own name: "r2" (everything in the model counted, absorbed effects
        included), "r2_within", "r2_between", "r2_overall", "r2_quasi" (quasi-demeaned data), "r2_differences".
    convention : the covariance.
    dropped, omitted : rows left out; (term, reason) of regressors left out.
    variables : columns of the data that were used, where known.
    warnings : what the estimate says about itself.
    wild : term -> p-value of the wild cluster bootstrap, printed below the coefficient.
    wild_method : how these were computed; nothing without them.
    origin : whose columns the data are ("registry", "own"); empty where the library does not know.
    """

    library: str
    method: str
    outcome: str
    terms: tuple[str, ...]
    estimate: np.ndarray
    std_error: np.ndarray
    statistic: np.ndarray
    p_value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    convention: Convention
    effects: tuple[str, ...] = ()
    statistics: Mapping[str, float] = field(default_factory=dict)
    dropped: tuple[Drop, ...] = ()
    omitted: tuple[tuple[str, Note], ...] = ()
    variables: tuple[str, ...] = ()
    warnings: tuple[Note, ...] = ()
    wild: Mapping[str, float] = field(default_factory=dict)
    wild_method: tuple[Note, ...] = ()
    origin: str = ""
    nodes: Mapping[str, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("estimate", "std_error", "statistic", "p_value", "low", "high"):
            values = np.asarray(getattr(self, name), dtype=float)
            if values.shape != (len(self.terms),):
                raise PresentationError(
                    f"{name} of an estimate has shape {values.shape} for {len(self.terms)} terms",
                    where=f"{self.library}, outcome {self.outcome}",
                )
            object.__setattr__(self, name, values)


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
    from toolkit.present.tables import adapters

    if isinstance(result, Column):
        return result
    if hasattr(result, "counts") and hasattr(result, "spec"):
        return _own(result)
    adapt = {
        "pyfixest": adapters.from_pyfixest,
        "linearmodels": adapters.from_linearmodels,
        "statsmodels": adapters.from_statsmodels,
    }.get(type(result).__module__.partition(".")[0])
    if adapt is None:
        raise UnknownOption(
            f"a table has no column for an object of type {type(result).__name__}",
            remedy="pass estimates of this toolkit, or fitted results of pyfixest, linearmodels or statsmodels",
        )
    return adapt(result)


def spelled(term: str) -> str:
    """The term in this toolkit's spelling: no ``np.``, no ``[T.``, one blank after each comma.

    Examples
    --------
    >>> spelled("np.log(x)"), spelled("C(w)[T.b]"), spelled("const")
    ('log(x)', 'C(w)[b]', 'Intercept')
    """
    if term in ("const", "_cons", "(Intercept)"):
        return "Intercept"
    return re.sub(r",\s*", ", ", term.replace("np.", "").replace("[T.", "["))


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
        origin=result.origin,
        nodes=nodes_of(result),
    )


def _variables(result: Any) -> tuple[str, ...]:
    """Raw columns of the formula, and those whose ranges cut a slope into regimes."""
    from toolkit.estimate.formula.terms import columns_of

    bands = [column.band for column in getattr(result, "columns", ()) if column.band is not None]
    return tuple(dict.fromkeys([*result.spec.variables, *(name for band in bands for name in columns_of(band.variable))]))

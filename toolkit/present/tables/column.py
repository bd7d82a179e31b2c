"""One column of a regression table: the same record for every kind of estimate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from toolkit.errors import PresentationError
from toolkit.language import Head, Note, Text
from toolkit.present.words.labels import Node

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
    estimate, std_error, statistic, p_value, low, high : (k,); the interval is the 95% one.
    effects : absorbed effects, in the spelling of the formula ("province", "province^year").
    statistics : "rows", "entities", "periods", and each R² under its own name: "r2" (everything in the model counted, absorbed effects
        included), "r2_within", "r2_between", "r2_overall", "r2_quasi" (quasi-demeaned data), "r2_differences".
    convention : the covariance.
    dropped, omitted : rows left out; (term, reason) of regressors left out.
    variables : columns of the data that were used, where known.
    warnings : what the estimate says about itself.
    wild : term -> p-value of the wild cluster bootstrap, printed below the coefficient.
    wild_method : how these were computed; nothing without them.
    years : first and last year of the rows, where they are years and known.
    origin : whose columns the data are ("registry", "own"); empty where the library does not know.
    name, labels, judged_by : name of the estimator, labels of its statistics, and keys of those below the coefficients, where the estimator
        declares them itself.
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
    years: tuple[int, int] | None = None
    origin: str = ""
    nodes: Mapping[str, Node] = field(default_factory=dict)
    name: Text | None = None
    labels: Mapping[str, Text | Head] = field(default_factory=dict)
    judged_by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("estimate", "std_error", "statistic", "p_value", "low", "high"):
            values = np.asarray(getattr(self, name), dtype=float)
            if values.shape != (len(self.terms),):
                raise PresentationError(
                    f"{name} of an estimate has shape {values.shape} for {len(self.terms)} terms",
                    where=f"{self.library}, outcome {self.outcome}",
                )
            object.__setattr__(self, name, values)


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

"""The choices that every estimator shares, checked once."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.errors import UnknownOption
from toolkit.estimate.records import COVARIANCES, SMALL_SAMPLES, Covariance, SmallSample
from toolkit.estimate.source import Source
from toolkit.language import Note, Text, note

CROSS_SECTION = note(
    "cross_section",
    Text("the data are a cross-section without an entity to cluster by, so the covariance is HC1", "截面数据无可聚类的个体，采用HC1"),
)


@dataclass(frozen=True)
class Options:
    """How standard errors are computed.

    Attributes
    ----------
    covariance : "iid", "HC0" to "HC3", "cluster" or "driscoll_kraay".
    clusters : cluster variables, empty unless ``covariance`` is "cluster".
    small_sample : the convention of the factor.
    weights : column of analytic weights, or None.
    bandwidth : lags of Driscoll-Kraay in steps of the calendar, or None for floor(4 (T/100)^(2/9)) with T distinct periods.
    notes : what was chosen on behalf of the caller.
    """

    covariance: Covariance
    clusters: tuple[str, ...]
    small_sample: SmallSample
    weights: str | None
    bandwidth: int | None
    notes: tuple[Note, ...] = ()


def read_options(
    source: Source,
    covariance: Covariance,
    cluster: str | Sequence[str] | None,
    weights: str | None,
    small_sample: SmallSample,
    bandwidth: int | None,
) -> Options:
    """Check the choices against the data.

    The default cluster is the entity of the panel. A cross-section has none, so there the default is HC1, and the note says so.

    Raises
    ------
    UnknownOption, MissingColumn, PanelError
    """
    one_of("covariance", covariance, COVARIANCES)
    one_of("small_sample", small_sample, SMALL_SAMPLES)
    names = _cluster_names(cluster, source)
    notes: tuple[Note, ...] = ()
    if names and covariance != "cluster":
        raise UnknownOption(f"covariance={covariance!r} takes no clusters", remedy="leave cluster out, or use covariance='cluster'")
    if covariance == "cluster" and not names:
        if source.entity is None:
            covariance, notes = "HC1", (CROSS_SECTION,)
        else:
            names = (source.entity,)
    if len(names) > 2:
        raise UnknownOption(f"{len(names)} cluster variables are asked for", remedy="cluster by one or two variables")
    if bandwidth is not None and (covariance != "driscoll_kraay" or bandwidth < 0 or int(bandwidth) != bandwidth):
        raise UnknownOption(f"bandwidth={bandwidth!r} cannot be used", remedy="a whole number of lags, with covariance='driscoll_kraay'")
    if covariance == "driscoll_kraay":
        _ = source.calendar
    for name in names:
        source.parts(name)
    if weights:
        source.column(weights)
    return Options(covariance, names, small_sample, weights, bandwidth, notes)


def one_of(argument: str, value: object, choices: Sequence[str]) -> None:
    """Raise UnknownOption unless ``value`` is one of ``choices``."""
    if value not in choices:
        near = difflib.get_close_matches(str(value), choices, 1, 0.5)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise UnknownOption(f"{argument}={value!r} is not a choice", remedy=f"{hint}choices: {', '.join(map(repr, choices))}")


def _cluster_names(cluster: str | Sequence[str] | None, source: Source) -> tuple[str, ...]:
    """The cluster variables, each in one spelling; a list holds one in each text."""
    if cluster is None:
        return ()
    if isinstance(cluster, str):
        return source.cluster_names(cluster)
    return tuple(dict.fromkeys(name for text in cluster for name in source.cluster_names(text)))

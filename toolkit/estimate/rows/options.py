"""What was asked for and what happened to the rows, as records: covariance, counts, drops, and notes several estimators share.

A shared note is a :class:`~toolkit.language.Note` whose key has one meaning; whoever acts on one asks for its key. A note that one module
alone has is made there.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from typing import Literal, TypedDict, TypeVar, cast

from toolkit.errors import UnknownOption
from toolkit.estimate.rows.source import Source
from toolkit.language import AND, Listed, Name, Named, Note, Text, joined, note

Covariance = Literal["iid", "HC0", "HC1", "HC2", "HC3", "cluster", "driscoll_kraay"]
COVARIANCES: tuple[Covariance, ...] = ("iid", "HC0", "HC1", "HC2", "HC3", "cluster", "driscoll_kraay")
SmallSample = Literal["reghdfe", "xtreg", "plm", "none"]
SMALL_SAMPLES: tuple[SmallSample, ...] = ("reghdfe", "xtreg", "plm", "none")


@dataclass(frozen=True)
class Dropped:
    """Rows that did not enter, for one reason.

    Attributes
    ----------
    reason : for example ``missing gdp``, ``non-positive in log(rd)``, ``singleton province``; see :mod:`toolkit.estimate.rows.options`.
    rows : how many rows; a row is counted once, under the first reason that meets it.
    first : the first of them, for example ``Tibet 2009``.
    """

    reason: Note
    rows: int
    first: str

    @property
    def detail(self) -> str:
        """One sentence."""
        return f"{self.rows} row{'s' * (self.rows > 1)} left out: {self.reason} (first {self.first})"


@dataclass(frozen=True)
class Omitted:
    """A regressor that was left out, and why (``constant``, ``no variation within province``, ``collinear with x``)."""

    term: str
    reason: Note


@dataclass(frozen=True)
class Counts:
    """How many rows of what.

    Attributes
    ----------
    rows_given, rows : rows in the data, and in the estimation.
    entities, periods : in the estimation; 0 for a cross-section.
    clusters : (variable, number of clusters) for each cluster variable.
    dropped : rows that did not enter, by reason.
    """

    rows_given: int
    rows: int
    entities: int
    periods: int
    clusters: tuple[tuple[str, int], ...]
    dropped: tuple[Dropped, ...]


@dataclass(frozen=True)
class CovarianceInfo:
    """Which standard errors these are.

    Attributes
    ----------
    kind : "iid", "HC0" to "HC3", "cluster" or "driscoll_kraay".
    clusters : the cluster variables.
    small_sample : the convention asked for.
    factor : the small-sample factor in symbols.
    factor_value : its value.
    df_t : degrees of freedom of the t distribution.
    notes : anything that was repaired or chosen.
    parameters : K as it was counted.
    df_terms : (k,) degrees of freedom of each coefficient where they differ (CR2), else empty; then ``df_t`` is the smallest, for joint
        tests.
    """

    kind: str
    clusters: tuple[str, ...]
    small_sample: str
    factor: str
    factor_value: float
    df_t: float
    notes: tuple[Note, ...] = ()
    parameters: int = 0
    df_terms: tuple[float, ...] = ()

    @property
    def note(self) -> str:
        """The notes as one English text; empty if there are none."""
        return joined(self.notes)


SINGLETON = "singleton"
CONSTANT = note("constant", Text("constant", "为常数"))
NO_CHANGE = note("no_change", Text("no change over time", "不随时间变化"))
NO_LATER_ROW = note("no_later_row", Text("no later row of the entity", "个体无后续观测"))
NO_EARLIER_ROW = note("no_earlier_row", Text("no row one period earlier", "无前一期观测"))
PREDICTED = note("predicted", Text("zero predicted perfectly", "零值被完全预测"))
PERFECT_FIT = note(
    "perfect_fit",
    Text(
        "The fit is perfect: the residuals are rounding, so standard errors and tests mean nothing.",
        "完全拟合：残差仅为舍入误差，标准误与检验没有意义。",
    ),
)
REDUNDANT_EFFECTS = note(
    "redundant_effects",
    Text(
        "The number of redundant effects is a lower bound, so the degrees of freedom are a lower bound too.",
        "冗余固定效应的个数只是下界，自由度因而也是下界。",
    ),
)


def missing(name: str) -> Note:
    """A value is missing.

    Examples
    --------
    >>> str(missing("gdp"))
    'missing gdp'
    """
    return note("missing", Text("missing {name}", "{name}缺失"), name=Name(name))


def infinite(name: str) -> Note:
    """A value is infinite."""
    return note("infinite", Text("infinite {name}", "{name}为无穷大"), name=Name(name))


def zero_weight(name: str) -> Note:
    """A weight is zero."""
    return note("zero_weight", Text("zero weight {name}", "权重{name}为零"), name=Name(name))


def no_period(term: str) -> Note:
    """A lag looks at a period that the entity does not have."""
    return note("no_period", Text("no such period for {term}", "{term}无对应时期"), term=Name(term))


def outside_domain(term: str) -> Note:
    """A function is not defined at the value."""
    return note("outside_domain", Text("outside the domain of {term}", "超出{term}的定义域"), term=Name(term))


def non_positive(term: str, inside: str = "") -> Note:
    """A logarithm of a value that is not positive; ``inside`` is what it is taken of, where ``term`` is nothing but the logarithm.

    Examples
    --------
    >>> str(non_positive("log(x)", "x")), non_positive("log(x)", "x").to("zh")
    ('non-positive in log(x)', 'x非正')
    """
    return note("non_positive", Text("non-positive {what}", "{what}非正"), what=Named(f"in {term}", inside or term))


def singleton(effect: str) -> Note:
    """A level of an effect is seen once."""
    return note(SINGLETON, Text("singleton {effect}", "单例（{effect}）"), effect=Name(effect))


def always_zero(effect: str) -> Note:
    """The outcome is zero in all rows of a level of an effect."""
    return note("always_zero", Text("outcome always zero within {effect}", "被解释变量在{effect}内恒为零"), effect=Name(effect))


def no_variation(effect: str) -> Note:
    """A regressor has one value in each level of an effect."""
    return note("no_variation", Text("no variation within {effect}", "在{effect}内无变化"), effect=Name(effect))


def collinear_with(others: Sequence[str]) -> Note:
    """A regressor is a combination of others."""
    return note("collinear_with", Text("collinear with {others}", "与{others}共线"), others=tuple(map(Name, others)))


def collinear_with_effects(effects: Sequence[str]) -> Note:
    """A regressor is a combination of absorbed effects."""
    text = Text("collinear with the effects {effects}", "与{effects}固定效应共线")
    return note("collinear_with_effects", text, effects=Listed(tuple(map(Name, effects)), AND))


def bartlett(lags: float) -> Note:
    """How far a Bartlett kernel reaches.

    Examples
    --------
    >>> str(bartlett(1)), bartlett(2).to("zh")
    ('Bartlett kernel, 1 lag', 'Bartlett核，滞后2期')
    """
    one, many = (
        Text("Bartlett kernel, {lags:g} lag", "Bartlett核，滞后{lags:g}期"),
        Text("Bartlett kernel, {lags:g} lags", "Bartlett核，滞后{lags:g}期"),
    )
    return note("bartlett", one if lags == 1 else many, lags=lags)


def cluster_bootstrap(draws: int) -> Note:
    """Whole clusters were drawn with replacement."""
    return note("cluster_bootstrap", Text("cluster bootstrap, {draws} draws", "聚类自助法，抽样{draws}次"), draws=draws)


CROSS_SECTION = note(
    "cross_section",
    Text("the data are a cross-section without an entity to cluster by, so the covariance is HC1", "截面数据无可聚类的个体，采用HC1"),
)


ARGUMENTS: dict[str, str] = {
    "covariance": """"cluster" (default: by entity; on a cross-section HC1 unless ``cluster`` is named), "iid", "HC0" to "HC3" or
        "driscoll_kraay"; see :mod:`toolkit.estimate.solve.covariance`.""",
    "cluster": """one or two columns, ``"province"`` or ``"province + year"``, or a combination, ``"province^industry"``; default the
        entity.""",
    "weights": "column of analytic weights: only their ratios count.",
    "small_sample": """the convention of the factor, "reghdfe" (default), "xtreg", "plm" or "none"; see
        :mod:`toolkit.estimate.solve.covariance`. "xtreg" and "plm" keep singletons.""",
    "bandwidth": """lags of Driscoll-Kraay in steps of the calendar, fewer than the periods from the first row to the last; default
        floor(4 (T/100)^(2/9)) with T distinct periods.""",
}  # what every estimator says of the arguments of Options.read


class Unweighted(TypedDict, total=False):
    """Arguments that an estimator hands on to :meth:`Options.read`, which has their defaults: ``**errors: Unpack[Unweighted]``."""

    covariance: Covariance
    cluster: str | Sequence[str] | None
    small_sample: SmallSample
    bandwidth: int | None


class Errors(Unweighted, total=False):
    """All of them."""

    weights: str | None


_SHARED = re.compile(r"^( *)([a-z_, ]+) : \|options\|$", re.MULTILINE)
_F = TypeVar("_F", bound=Callable[..., object])


def documented(function: _F) -> _F:
    """The function itself, with :data:`ARGUMENTS` in its docstring in the place of a line ``covariance, cluster : |options|``.

    Where it takes ``**errors: Unpack[Errors]``, its signature spells them out, with the defaults of :meth:`Options.read`, and a name
    that is no argument is refused with the nearest one.

    Examples
    --------
    >>> @documented
    ... def fit_it(formula, **errors: Unpack[Errors]):
    ...     '''weights, small_sample : |options|'''
    >>> print(fit_it.__doc__)
    weights : column of analytic weights: only their ratios count.
    small_sample : the convention of the factor, "reghdfe" (default), "xtreg", "plm" or "none"; see
        :mod:`toolkit.estimate.solve.covariance`. "xtreg" and "plm" keep singletons.
    >>> fit_it("y ~ x", weight="w")
    Traceback (most recent call last):
    TypeError: fit_it() has no argument 'weight'; did you mean 'weights'?
    """

    def spelled(line: re.Match[str]) -> str:
        indent = line[1]
        return "\n".join(f"{indent}{name} : {ARGUMENTS[name]}".replace("\n        ", f"\n{indent}    ") for name in line[2].split(", "))

    function.__doc__ = _SHARED.sub(spelled, function.__doc__ or "") or None
    kinds = {f"Unpack[{kind.__name__}]": kind for kind in (Errors, Unweighted)}
    passed = kinds.get(str(function.__annotations__.get("errors")))
    return function if passed is None else _spelled_out(function, passed.__annotations__)


def _spelled_out(function: _F, passed: Collection[str]) -> _F:
    """The function with the arguments that it hands on in its signature, and no others."""
    given = signature(function)
    shared = [argument for name, argument in signature(Options.read).parameters.items() if name in passed]
    whole = given.replace(parameters=[*(p for p in given.parameters.values() if p.kind is not p.VAR_KEYWORD), *shared])

    @wraps(function)
    def called(*args: object, **choices: object) -> object:
        for name in choices:
            if name not in whole.parameters:
                near = difflib.get_close_matches(name, whole.parameters, 1, 0.5)
                hint = f"; did you mean {near[0]!r}?" if near else f": it has {', '.join(whole.parameters)}"
                raise TypeError(f"{function.__name__}() has no argument {name!r}{hint}")
        return function(*args, **choices)

    called.__signature__ = whole  # type: ignore[attr-defined]
    return cast(_F, called)


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

    @classmethod
    @documented
    def read(
        cls,
        source: Source,
        *,
        covariance: Covariance = "cluster",
        cluster: str | Sequence[str] | None = None,
        weights: str | None = None,
        small_sample: SmallSample = "reghdfe",
        bandwidth: int | None = None,
    ) -> Options:
        """The choices of a call, checked against the data. Its arguments are those of every estimator: same names, types and defaults.

        Parameters
        ----------
        source : the data.
        covariance, cluster, weights, small_sample, bandwidth : |options|

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
            raise UnknownOption(
                f"bandwidth={bandwidth!r} cannot be used", remedy="a whole number of lags, with covariance='driscoll_kraay'"
            )
        if covariance == "driscoll_kraay":
            _ = source.calendar
        for name in names:
            source.parts(name)
        if weights:
            source.column(weights)
        return cls(covariance, names, small_sample, weights, bandwidth, notes)


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

"""What several estimators say in the same words: why rows and regressors left, and warnings about a fit.

Each is a :class:`~toolkit.language.Note` whose key has one meaning; whoever acts on one asks for its key. A note that one module alone
has is made there.
"""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.language import AND, Listed, Name, Named, Note, Text, note

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

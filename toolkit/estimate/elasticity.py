"""Which elasticity a coefficient gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from toolkit.errors import NotEstimable
from toolkit.estimate.design import DesignColumn, Level
from toolkit.estimate.spec import Spec
from toolkit.estimate.terms import Column, Difference, Factor, Lag, Transform, columns_of

Form = Literal["log", "level"]


def form_of(factor: Factor) -> Form | None:
    """Whether a factor is the log of a column or the column itself (lags and differences looked through); None for other forms.

    Examples
    --------
    >>> form_of(Lag(Transform("log", Column("x")), 1))
    'log'
    """
    match factor:
        case Column():
            return "level"
        case Transform("log", Column() | Lag()):
            return "log"
        case Lag(argument, _):
            return form_of(argument)
        case Difference(argument, _):
            return "log" if form_of(argument) == "log" else None
        case _:
            return None


def elasticity_weight(
    spec: Spec, term: str, terms: Sequence[str], columns: Sequence[DesignColumn], means: Mapping[str, float]
) -> tuple[str, float]:
    """A name for the elasticity and the number that turns the coefficient into it.

    Raises
    ------
    NotEstimable
    """
    by_name = {column.text: column for column in columns}
    column = by_name.get(term)
    factor = column.parts[0] if column is not None and len(column.parts) == 1 else None
    outcome = form_of(spec.left)
    regressor = None if factor is None or isinstance(factor, Level) else form_of(factor)
    mixed = factor is not None and not isinstance(factor, Level) and isinstance(factor, Difference) != isinstance(spec.left, Difference)
    in_band = column is not None and column.band is not None and not regressor == outcome == "log"  # the mean of one regime is not kept
    if factor is None or isinstance(factor, Level) or regressor is None or outcome is None or mixed or in_band:
        raise NotEstimable(
            f"{term} in a model of {spec.outcome} does not give an elasticity by itself",
            where=spec.formula,
            remedy="use log(...) or the plain variable, on both sides; other forms need a calculation of their own",
        )
    name = columns_of(factor)[0]
    others = [c for c in columns if c.text != term and (c.band is None or column is None or column.band is None)]
    same_time = [c.text for c in others if _also_uses(c, name, factor)]
    if same_time:
        raise NotEstimable(
            f"{name} also enters {', '.join(same_time)}, so one coefficient is not its elasticity",
            where=spec.formula,
            remedy="combine the coefficients with wald(...), or leave the other terms out",
        )
    weight = (1.0 if regressor == "log" else means[term]) / (1.0 if outcome == "log" else _nonzero(means[spec.outcome], spec.outcome))
    return f"elasticity of {columns_of(spec.left)[0]} to {name}", weight


def _also_uses(column: DesignColumn, name: str, factor: Factor) -> bool:
    """Whether another regressor moves with the same variable at the same time (another lag of it does not)."""
    for part in column.parts:
        if isinstance(part, Level) or name not in columns_of(part):
            continue
        if _period(part) == _period(factor):
            return True
    return False


def _period(factor: Factor) -> int:
    return factor.steps if isinstance(factor, Lag) else 0


def _nonzero(mean: float, name: str) -> float:
    if mean == 0:
        raise NotEstimable(f"the mean of {name} is zero, so it has no elasticity at the mean", remedy="use log(...) of the outcome")
    return mean

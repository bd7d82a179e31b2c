"""Does the interval of a measure of money hold? The simulated design once more, on that measure's own regressors and errors."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.estimate import Estimate
from toolkit.estimate.batch.fixed import FixedDesign
from toolkit.estimate.batch.wild import multipliers, wild_draws
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.studies.subsidy.model import SEED
from toolkit.studies.subsidy.worlds import errors_like

REPLICATIONS, DRAWS = 500, 199


def wild_coverage(sample: Panel, two_way: Estimate, money: str, control: str) -> tuple[float, float]:
    """Share of simulated outcomes for which the wild bootstrap does not reject the truth at five per cent, per cent.

    Parameters
    ----------
    sample : a panel whose rows with residuals are balanced.
    two_way : the estimate with province and year effects, whose residuals the errors resemble.
    money, control : names of the columns that stand in logs.

    Returns
    -------
    With province and year effects, and with province trends in addition; the errors are the same.
    """
    frame = sample.frame.assign(_left=two_way.residuals).dropna(subset=["_left"])
    wide = {
        name: frame.assign(_v=values).pivot(index=sample.entity, columns=sample.time, values="_v").to_numpy()
        for name, values in (("x", np.log(frame[money])), ("c", np.log(frame[control])), ("e", frame["_left"]))
    }
    n, periods = wide["e"].shape
    rng = np.random.default_rng(SEED)
    outcomes = errors_like(rng, wide["e"], REPLICATIONS).reshape(REPLICATIONS, -1)
    signs = multipliers(rng, DRAWS, n, "rademacher")
    province, year = np.repeat(np.arange(n), periods), np.tile(np.arange(periods), n)
    effects = np.column_stack([pd.get_dummies(province), pd.get_dummies(year), wide["c"].ravel()]).astype(float)
    trends = pd.get_dummies(province).to_numpy(dtype=float) * (year - year.mean())[:, None]
    x = wide["x"].ravel()

    def held(others: Floats) -> float:
        design = FixedDesign(regressor=x, instrument=x, others=others, clusters=province, nested=n - 1)
        return float(100 * (wild_draws(design.fitted(outcomes), signs).p_value(0.0) > 0.05).mean())

    return held(effects), held(np.column_stack([effects, trends]))

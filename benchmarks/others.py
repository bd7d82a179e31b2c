"""What else the table of ``python -m benchmarks`` compares: estimators and measures beside two-way effects, each with its nearest peer.

An engine takes the frame of its case and returns a call, which returns two lists of numbers: coefficients, or what is measured, and their
standard errors, where there are any. A "loop" and a "floor" are the textbook in bare numpy, with nothing checked, named or counted.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

Fitted = tuple[list[float], list[float]]
Call = Callable[[], Fitted]
Engine = Callable[[pd.DataFrame], Call]

YEARS, INDICATORS, DRAWS, LOOPED = 14, 20, 10_000, 500
SYSTEMS = np.repeat([0, 1], INDICATORS // 2)


def firms(rows: int) -> pd.DataFrame:
    """Firms over ten years, a tenth of the rows missing."""
    rng = np.random.default_rng(1)
    n = max(rows // 9, 2)
    frame = pd.DataFrame({"firm": np.repeat(np.arange(n), 10), "year": np.tile(np.arange(10), n)})
    effect = np.repeat(rng.normal(size=n), 10)
    frame["x"], frame["z"] = rng.normal(size=len(frame)) + effect, rng.normal(size=len(frame))
    frame["y"] = frame["x"] - frame["z"] + effect + rng.normal(size=len(frame))
    frame["patents"] = rng.poisson(np.exp(0.3 * frame["x"] - 0.2 * frame["z"]))
    return frame[rng.random(len(frame)) < 0.9].reset_index(drop=True)


def own_lag(rows: int) -> pd.DataFrame:
    """Firms over ten years whose outcome follows its own lag."""
    rng, n, years = np.random.default_rng(1), rows // 10, 10
    x, effect = rng.normal(size=(years + 5, n)), rng.normal(size=n)
    y = np.zeros((years + 5, n))
    for t in range(1, years + 5):
        y[t] = 0.5 * y[t - 1] + 0.3 * x[t] + effect + rng.normal(size=n)
    columns = {"firm": np.tile(np.arange(n), years), "year": np.repeat(np.arange(years), n), "y": y[5:].ravel(), "x": x[5:].ravel()}
    return pd.DataFrame(columns).sort_values(["firm", "year"], ignore_index=True)


def incomes(rows: int) -> pd.DataFrame:
    """Lognormal values with weights, in twenty groups."""
    rng = np.random.default_rng(1)
    group = rng.integers(0, 20, rows)
    return pd.DataFrame({"value": np.exp(rng.normal(group / 20, 0.5)), "group": group, "weight": rng.uniform(1, 5, rows)})


def indicators(rows: int) -> pd.DataFrame:
    """Normalised indicators of entities over fourteen years, with a common level of each entity."""
    rng, entities = np.random.default_rng(1), rows // YEARS
    level = np.repeat(rng.uniform(0.1, 0.7, entities), YEARS)[:, None]
    found = pd.DataFrame(level + rng.uniform(0, 0.3, (entities * YEARS, INDICATORS))).add_prefix("indicator")
    return found.assign(entity=np.repeat(np.arange(entities), YEARS), year=np.tile(np.arange(YEARS), entities))


def file_of_firms(rows: int) -> pd.DataFrame:
    """A panel as it comes in a text file: codes of firms, years, names, three columns of numbers."""
    rng = np.random.default_rng(1)
    firm = np.arange(rows) // 10
    columns = {"firm": firm + 600_000, "year": np.arange(rows) % 10 + 2010, "name": "c" + pd.Series(firm).astype(str)}
    return pd.DataFrame(columns).assign(rd=rng.normal(size=rows).round(4), sales=rng.normal(size=rows), staff=rng.integers(1, 5000, rows))


def poisson(frame: pd.DataFrame) -> Call:
    from toolkit.estimate import fit_poisson
    from toolkit.panel import Panel

    panel = Panel(frame, "firm", "year")
    return lambda: _of(fit_poisson("patents ~ x + z | firm + year", panel))


def poisson_pyfixest(frame: pd.DataFrame) -> Call:
    """Its default stops at 1e-8 of the deviance."""
    import pyfixest

    def once() -> Fitted:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = pyfixest.fepois("patents ~ x + z | firm + year", frame, vcov={"CRV1": "firm"})
        return found.coef()[["x", "z"]].tolist(), found.se()[["x", "z"]].tolist()

    return once


def random_effects(frame: pd.DataFrame) -> Call:
    from toolkit.estimate import fit_random
    from toolkit.panel import Panel

    panel = Panel(frame, "firm", "year")

    def once() -> Fitted:
        found = fit_random("y ~ x + z", panel)
        return [float(found.coefficient(name).estimate) for name in "xz"], [float(found.coefficient(name).std_error) for name in "xz"]

    return once


def random_effects_linearmodels(frame: pd.DataFrame) -> Call:
    from linearmodels.panel import RandomEffects

    indexed = frame.set_index(["firm", "year"])
    columns = indexed[["x", "z"]].assign(constant=1.0)

    def once() -> Fitted:
        found = RandomEffects(indexed["y"], columns).fit(cov_type="clustered", cluster_entity=True, group_debias=True)
        return found.params[["x", "z"]].tolist(), found.std_errors[["x", "z"]].tolist()

    return once


def difference_gmm(frame: pd.DataFrame) -> Call:
    from toolkit.estimate import fit_dynamic
    from toolkit.panel import Panel

    panel = Panel(frame, "firm", "year")
    return lambda: _of(fit_dynamic("y ~ L(y, 1) + x", panel, gmm={"y": (2, None)}, iv=("x",)))


def difference_gmm_statspai(frame: pd.DataFrame) -> Call:
    import statspai

    def once() -> Fitted:
        found = statspai.xtabond(frame, y="y", x=["x"], id="firm", time="year", gmm_lags=(2, None), twostep=True)
        return found.params.tolist(), found.std_errors.tolist()  # of the lag alone

    return once


def theil(frame: pd.DataFrame) -> Call:
    from toolkit.measure import decompose_theil, theil_t

    x, group, w = (frame[name].to_numpy() for name in ("value", "group", "weight"))

    def once() -> Fitted:
        parts = decompose_theil(x, group, w)
        return [theil_t(x, w), parts.within, parts.between], []

    return once


def theil_floor(frame: pd.DataFrame) -> Call:
    x, group, w = (frame[name].to_numpy() for name in ("value", "group", "weight"))

    def once() -> Fitted:
        y = x / (w @ x / w.sum())
        whole = float(w @ (y * np.log(y)) / w.sum())
        mass, total = np.bincount(group, w), np.bincount(group, w * x)
        mean = total / mass
        own = x / mean[group]
        inside = np.bincount(group, w * own * np.log(own)) / mass
        share, relative = total / total.sum(), mean / (total.sum() / mass.sum())
        return [whole, float(share @ inside), float(share @ np.log(relative))], []

    return once


def composite(frame: pd.DataFrame) -> Call:
    from toolkit.measure.composite.uncertainty import ranking_uncertainty

    matrices, entity, year = _matrices(frame)

    def once() -> Fitted:
        rng = np.random.default_rng(1)
        found = ranking_uncertainty(matrices, np.ones(INDICATORS), SYSTEMS, entity, year, rng=rng, draws=DRAWS)
        return found.ranks[:LOOPED].mean(axis=0).tolist(), []

    return once


def composite_loop(frame: pd.DataFrame) -> Call:
    """One draw after the other, for a twentieth of the draws; see ``SCALED``."""
    from toolkit.measure.composite.uncertainty import ranking_uncertainty

    matrices, entity, year = _matrices(frame)
    rng = np.random.default_rng(1)
    choices = ranking_uncertainty(matrices, np.ones(INDICATORS), SYSTEMS, entity, year, rng=rng, draws=DRAWS).choices
    rows = [np.flatnonzero(year == t) for t in range(YEARS)]

    def once() -> Fitted:
        ranks = np.zeros((LOOPED, len(year)))
        for b in range(LOOPED):
            x, w = matrices[choices.normalisation[b]], choices.weights[b]
            first, second = x[:, SYSTEMS == 0] @ w[SYSTEMS == 0], x[:, SYSTEMS == 1] @ w[SYSTEMS == 1]
            index = np.sqrt(2 * np.sqrt(first * second) / (first + second) * (first + second) / 2)
            for here in rows:
                ranks[b, here[np.argsort(-index[here])]] = np.arange(1, len(here) + 1)
        return ranks.mean(axis=0).tolist(), []

    return once


def reading(frame: pd.DataFrame) -> Call:
    from toolkit.data import read_panel

    path = _written(frame)
    return lambda: _sums(read_panel(path, entity="firm", time="year").frame)


def reading_pandas(frame: pd.DataFrame) -> Call:
    path = _written(frame)
    return lambda: _sums(pd.read_csv(path).sort_values(["firm", "year"], ignore_index=True))


def _of(found: object) -> Fitted:
    return found.beta.tolist(), found.std_errors.tolist()  # type: ignore[attr-defined]


def _sums(frame: pd.DataFrame) -> Fitted:
    return [float(frame[name].sum()) for name in ("rd", "sales", "staff")], []


def _matrices(frame: pd.DataFrame) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Four normalisations of the indicators, entity and year."""
    values = frame.filter(like="indicator").to_numpy()
    return [values**power for power in (1.0, 0.9, 0.8, 0.7)], frame["entity"].to_numpy(), frame["year"].to_numpy()


def _written(frame: pd.DataFrame) -> Path:
    path = Path(tempfile.mkdtemp()) / "panel.csv"
    frame.to_csv(path, index=False)
    return path


SCALED = {"loop": DRAWS / LOOPED}  # seconds of an engine that does a part of the work are multiplied

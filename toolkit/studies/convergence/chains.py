"""How the whole distribution moves: densities, transitions between classes, and the neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.data import load_frame
from toolkit.errors import MeasureError
from toolkit.language import Text
from toolkit.measure import (
    Chain,
    ChainTest,
    SpatialMarkov,
    densities,
    ergodic,
    markov_chain,
    mean_first_passage,
    mobility,
    neighbour_mean,
    order_test,
    spatial_markov,
    states_by_quantiles,
    stationarity_test,
)
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.studies.convergence.growth import VARIABLES, grid
from toolkit.transform import Weights, contiguity_weights

CLASSES = (5, 4, 3)  # tried in this order, until the chain of every variable can reach each class from each
NEIGHBOUR_CLASSES = 3  # nine rows of transitions for the own class and the one of the neighbours are already thin
FEW = 5  # transitions in a cell


@dataclass(frozen=True)
class Refused:
    """A number of classes that was not used.

    Attributes
    ----------
    classes, variable : how many, and for which variable the chain has a dead end.
    closed : classes that are never left for the others.
    transient : classes that are left for good.
    """

    classes: int
    variable: str
    closed: tuple[tuple[str, ...], ...]
    transient: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ChainResults:
    """The chain of one variable.

    Attributes
    ----------
    chain : transitions over one year between classes of the value relative to the mean of the provinces in that year.
    long_run : (k,) share of each class in the ergodic distribution.
    passage : (k, k) mean years from class to class for the first time.
    order : whether the class two years before adds something.
    halves : whether the first and the second half of the years have the same transitions.
    spatial : transitions by the class of the neighbours.
    """

    chain: Chain
    long_run: np.ndarray
    passage: np.ndarray
    order: ChainTest
    halves: ChainTest
    spatial: SpatialMarkov


def relative(panel: Panel, variable: str) -> pd.DataFrame:
    """Value over the unweighted mean of the provinces in the same year: growth that all share drops out."""
    wide = grid(panel, variable)
    return wide / wide.mean()


def log_densities(panel: Panel, variable: str) -> pd.DataFrame:
    """Kernel density of the log relative value by year: columns variable, year, x, density, bandwidth, units."""
    found = densities(relative(panel, variable).map(np.log))
    found.insert(0, "variable", variable)
    return marked(found)


def neighbours() -> Weights:
    """Common borders, row-standardised; Hainan is joined to Guangdong."""
    return contiguity_weights(load_frame("contiguity"), load_frame("provinces"), hainan="joined").row_standardised()


def number_of_classes(panel: Panel) -> tuple[int, tuple[Refused, ...]]:
    """The largest of :data:`CLASSES` for which every chain can reach each class from each, and why larger numbers were refused.

    Raises
    ------
    MeasureError
        When no number of classes will do.
    """
    refused: list[Refused] = []
    for classes in CLASSES:
        problems = [problem for variable in VARIABLES if (problem := _problem(panel, variable, classes)) is not None]
        if not problems:
            return classes, tuple(refused)
        refused += problems
    last = refused[-1]
    where = f"{last.variable}, {last.classes} classes, left for good: {', '.join(last.transient)}"
    raise MeasureError("no number of classes gives chains without a dead end", where=where, remedy="use fewer classes")


def _problem(panel: Panel, variable: str, classes: int) -> Refused | None:
    chain = markov_chain(states_by_quantiles(relative(panel, variable), classes))
    found = ergodic(chain.probabilities, chain.labels)
    return None if found.irreducible else Refused(classes, variable, found.closed, found.transient)


def chains(panel: Panel, classes: int, weights: Weights) -> dict[str, ChainResults]:
    """The chain of each variable: pooled quantiles of the relative value, yearly steps."""
    found = {}
    for variable in VARIABLES:
        values = relative(panel, variable)
        states = states_by_quantiles(values, classes)
        chain = markov_chain(states)
        middle = int(values.columns[len(values.columns) // 2])
        own, around = (states_by_quantiles(frame, NEIGHBOUR_CLASSES) for frame in (values, neighbour_mean(values, weights)))
        found[variable] = ChainResults(
            chain=chain,
            long_run=ergodic(chain.probabilities, chain.labels).distribution,
            passage=mean_first_passage(chain.probabilities, chain.labels),
            order=order_test(states),
            halves=stationarity_test(states, [middle]),
            spatial=spatial_markov(own, around),
        )
    return found


def chain_table(found: dict[str, ChainResults]) -> pd.DataFrame:
    """One row per variable: transitions, the share that stays, rises, falls (%), mobility, the long run, passage times, tests."""
    rows = []
    for variable, result in found.items():
        counts = result.chain.counts
        total = counts.sum()
        rows.append(
            {
                "variable": variable,
                "transitions": int(total),
                "stay": 100 * np.trace(counts) / total,
                "rise": 100 * np.triu(counts, 1).sum() / total,
                "fall": 100 * np.tril(counts, -1).sum() / total,
                "trace": mobility(result.chain.probabilities).trace,
                "long_bottom": 100 * result.long_run[0],
                "long_top": 100 * result.long_run[-1],
                "up": result.passage[0, -1],
                "down": result.passage[-1, 0],
                "order_p": result.order.lr_p,
                "halves_p": result.halves.lr_p,
            }
        )
    return marked(pd.DataFrame(rows))


def spatial_table(found: dict[str, ChainResults]) -> pd.DataFrame:
    """One row per variable: statistics that the neighbours do not matter, with degrees of freedom, p-values and the smallest cell."""
    rows = []
    for variable, result in found.items():
        test = result.spatial.test
        statistics = {"chi2": test.chi2, "chi2_p": test.chi2_p, "lr": test.lr, "lr_p": test.lr_p, "df": test.df}
        rows.append({"variable": variable, **statistics, "smallest": test.smallest_expected})
    return marked(pd.DataFrame(rows))


def matrix(values: np.ndarray, labels: tuple[str, ...]) -> pd.DataFrame:
    """A matrix with the classes in rows and columns."""
    return marked(pd.DataFrame(values, index=list(labels), columns=list(labels)))


def matrices(found: dict[str, ChainResults]) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Probabilities and counts of the chain of each variable."""
    chains = {variable: result.chain for variable, result in found.items()}
    return (
        {variable: matrix(chain.probabilities, chain.labels) for variable, chain in chains.items()},
        {variable: matrix(chain.counts, chain.labels) for variable, chain in chains.items()},
    )


def spatial_matrices(found: dict[str, ChainResults]) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame], dict[str, Text]]:
    """Probabilities and counts by variable with one row per class of the neighbours and own class, and the names of these rows."""
    values, counts = {}, {}
    names: dict[str, Text] = {}
    for variable, result in found.items():
        spatial = result.spatial
        pairs = [(around, own) for around in spatial.neighbour_labels for own in spatial.labels]
        keys, columns = [f"{around}|{own}" for around, own in pairs], list(spatial.labels)
        names |= {key: Text(f"{own} near {around}", f"本省{own}，邻省{around}") for key, (around, own) in zip(keys, pairs, strict=True)}
        shown = np.where(spatial.observed[:, :, None], spatial.probabilities, np.nan).reshape(len(keys), -1)
        values[variable] = marked(pd.DataFrame(shown, keys, columns))
        counts[variable] = pd.DataFrame(spatial.counts.reshape(len(keys), -1), keys, columns)
    return values, counts, names


def thin_cells(found: dict[str, ChainResults]) -> dict[str, tuple[int, int]]:
    """Cells with at least one but fewer than :data:`FEW` transitions, and all cells with transitions, by variable."""
    return {
        variable: (int(((result.chain.counts > 0) & (result.chain.counts < FEW)).sum()), int((result.chain.counts > 0).sum()))
        for variable, result in found.items()
    }

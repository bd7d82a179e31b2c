r"""A published spatial panel: the product of US states and public capital (Munnell 1990), with the models of Millo and Piras (2012).

.. math:: \ln y_{it} = \rho \sum_j w_{ij} \ln y_{jt} + x_{it}'\beta + \alpha_i + u_{it},\; u_{it} = \lambda \sum_j w_{ij} u_{jt} + e_{it}

with 48 states, 1970 to 1986, and the states that touch as neighbours.
"""

from __future__ import annotations

import pandas as pd

from toolkit.data import load_frame
from toolkit.estimate import Estimate, fit_spatial, fit_within
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present.exhibit import TableExhibit
from toolkit.present.tables.regression import regression_table
from toolkit.transform import Weights, edge_weights

FORMULA = "log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp | state"
_LABELS = {
    "gsp": Text("state product", "州生产总值"),
    "pcap": Text("public capital", "公共资本"),
    "pc": Text("private capital", "私人资本"),
    "emp": Text("employment", "就业"),
    "unemp": Text("Unemployment (%)", "失业率（%）"),
    "state": Text("State", "州"),
}
_SPELLED = {"TENNESSEE": "TENNESSE"}  # as the data set has it


def state_weights() -> Weights:
    """Row-standardised borders of the 48 contiguous states, under the names of the data set ``Produc``."""
    pairs = load_frame("us_state_borders")
    edges = pd.concat([pairs, pairs.rename(columns={"state_a": "state_b", "state_b": "state_a"})])[["state_a", "state_b"]]
    named = edges.apply(lambda ends: ends.str.upper().str.replace(" ", "_").replace(_SPELLED)).reset_index(drop=True)
    return edge_weights(named, sorted(set(named["state_a"]))).row_standardised()


def estimates(produc: Panel) -> dict[str, Estimate]:
    """State effects alone, and with a spatial lag, a spatial error, and both.

    Parameters
    ----------
    produc : the data set ``Produc`` of the R package plm, by state and year.
    """
    weights = state_weights()
    spatial = {model: fit_spatial(FORMULA, produc, weights, model=model) for model in ("SAR", "SEM", "SAC")}
    return {"within": fit_within(FORMULA, produc, covariance="iid"), **spatial}


def table(produc: Panel) -> TableExhibit:
    """The four side by side."""
    return regression_table(
        list(estimates(produc).values()),
        labels=_LABELS,
        title=Text("Public capital and the product of US states: spatial panels", "公共资本与美国各州产出：空间面板"),
    )

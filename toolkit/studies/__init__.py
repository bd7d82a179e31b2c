"""The questions of the project, each asked once: named specifications, and a ``run`` for each notebook."""

from toolkit.studies import convergence, measurement, regions, subsidy

__all__ = ["convergence", "measurement", "regions", "subsidy"]

"""The questions of the project, each asked once: named specifications, and a ``run`` for each notebook."""

from toolkit.studies import convergence, integration, measurement, regions, subsidy

__all__ = ["convergence", "integration", "measurement", "regions", "subsidy"]

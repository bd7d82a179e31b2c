"""Data beyond memory: the same formulas and estimates, computed by grouped scans inside a database."""

from toolkit.estimate.large.table import LargeTable

__all__ = ["LargeTable"]

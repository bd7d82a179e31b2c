"""Least squares with and without absorbed effects, entity means, differences."""

"""Quantile regression: with absorbed effects via moments, without them by the check function."""

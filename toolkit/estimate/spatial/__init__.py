"""Spatial models: neighbours' outcomes, regressors and errors."""

"""Convergence: dispersion, growth and initial level, clubs, and densities over time."""

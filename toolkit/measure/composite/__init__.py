"""Composite indices of several indicators and systems: normalisation, weights, scores, coupling, obstacles, uncertainty."""

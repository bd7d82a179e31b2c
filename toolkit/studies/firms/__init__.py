"""Firms: real ones whose truth is unknown, and simulated ones whose truth is known."""

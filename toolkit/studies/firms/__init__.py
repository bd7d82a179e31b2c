"""Firms that report own and public money: real ones, and simulated ones whose truth is known."""

"""Horizons of capital, the sharing of proceeds, public money at risk and tax proposals: arithmetic on stated parameters."""

"""Neighbours, spillovers, core and periphery, and flows between the provinces."""

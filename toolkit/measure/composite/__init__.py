"""Composite indices of indicator systems: coupling, uncertainty, sensitivity and what to beware of."""

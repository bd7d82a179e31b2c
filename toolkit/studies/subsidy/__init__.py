"""Subsidy and R&D intensity on the provincial panel, one module for each section of the notebook."""

"""Specification curves: every combination of declared choices, solved from shared cross-products, with joint inference by permutation."""

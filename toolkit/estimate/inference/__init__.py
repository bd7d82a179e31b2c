"""Inference where the usual t test misleads: few clusters, neighbours in space, treatments that could have fallen otherwise.

Each takes the estimate, and the data only where it has dropped its rows. :func:`cr2` and :func:`conley` give the estimate back with another
covariance, :func:`wild_cluster_bootstrap` and :func:`permutation_test` give small records of their own.
"""

"""Markov chains of classes of a distribution: states, transitions, long run, tests, neighbours."""

"""Instrumental variables: two-stage least squares and LIML with absorbed effects, tests of the instruments, and instruments to build."""

"""What every estimator answers with."""

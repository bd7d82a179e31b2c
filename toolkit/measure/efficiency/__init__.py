"""How far units stay below a frontier: data envelopment analysis with bootstrapped intervals, and the stochastic frontier."""

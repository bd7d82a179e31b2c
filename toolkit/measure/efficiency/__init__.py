"""How much comes out of what goes in: data envelopment with bootstrapped intervals, the stochastic frontier, funnels and queues."""

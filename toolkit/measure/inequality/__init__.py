"""How unequal a distribution is, and where the inequality lies."""

"""Do the provinces come together? Dispersion, growth on the initial level, clubs, ranks, and transitions between classes."""

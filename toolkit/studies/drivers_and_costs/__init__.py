"""What moves R&D intensity, what an elasticity says in yuan, and what the tax side of R&D costs."""

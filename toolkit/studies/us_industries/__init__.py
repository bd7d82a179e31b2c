"""Company-paid R&D on federally paid R&D in US industries, and the claimed elasticity among published ones."""

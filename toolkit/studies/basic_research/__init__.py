"""Basic research and the make-up of R&D: notebook 14, a file for each section of it."""

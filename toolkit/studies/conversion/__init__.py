"""From R&D to sales: notebook 10, a file for each section of it."""

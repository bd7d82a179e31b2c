"""Transfer of technology: notebook 15, a file for each section of it."""

"""One module per file format: each gives tidy names and published units, and decides nothing else."""

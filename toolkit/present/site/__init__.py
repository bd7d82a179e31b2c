"""The pages of reports/: notebooks, figures, tables and codebook as HTML that loads nothing from a network."""

"""Panel threshold regression (Hansen 1999)."""

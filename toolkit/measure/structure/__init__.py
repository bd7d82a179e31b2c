"""Where activities are, and how alike structures are."""

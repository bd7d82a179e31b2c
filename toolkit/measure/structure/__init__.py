"""Where activities are, how alike structures are, and whether neighbours are alike."""

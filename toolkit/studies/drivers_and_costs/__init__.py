"""What goes before R&D and with which sign, who moves first, and what the tax side of R&D costs."""

"""The claim audit for readers: flat rows, the terminal, the page."""

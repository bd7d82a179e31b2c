"""Tables: from results to cells, and from cells to HTML, Markdown, LaTeX and Word."""

"""The questions of the project, each asked once: a chapter for each notebook, a file for each section of it."""

"""What the official figures measure and where they come from: notebook 01, a file for each section of it."""

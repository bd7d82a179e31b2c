"""What is asked of estimates once they are there."""

"""Names, labels, words and formats in both languages."""

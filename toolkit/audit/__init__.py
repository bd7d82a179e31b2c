"""Claims of papers against official figures and against themselves: intervals of printed numbers, units, vintages, verdicts."""

"""From data to the rows of an estimation: columns, groups, what leaves and why."""

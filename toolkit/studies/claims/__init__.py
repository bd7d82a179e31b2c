"""The claim audit as exhibits: verdicts, what printed numbers imply, and the share of the three centres."""

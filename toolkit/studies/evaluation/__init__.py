"""Who votes, what is counted and who pays whom: panels, evaluation and the helix."""

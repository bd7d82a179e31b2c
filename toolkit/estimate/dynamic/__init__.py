"""Dynamic panels: difference and system GMM (Arellano and Bond 1991; Blundell and Bond 1998), and vector autoregressions."""

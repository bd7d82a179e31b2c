"""Published results: notebook 12. The numbers stand in toolkit/registry/published.yaml, the data come with packages."""

"""The numeric core: effects removed, least squares, covariances, and the doors to other engines."""

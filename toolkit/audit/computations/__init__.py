"""The computations that test single claims, one module per paper; every module here is found by itself."""

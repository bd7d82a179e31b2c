"""The same estimators on many panels at once, for simulations: arrays in, arrays out, checked against ``fit`` on single panels."""

"""Values and groups as measures take them, checked by name."""

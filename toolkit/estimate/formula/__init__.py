"""How a model is written: terms, the parser, and the parsed question."""

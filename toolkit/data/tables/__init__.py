"""One module per table, each with ``build(raw)``: from verified raw files to a frame under registry ids."""

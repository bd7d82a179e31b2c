"""From raw files to the site: build the data, run the notebooks, collect what they found, compare it with what is recorded."""

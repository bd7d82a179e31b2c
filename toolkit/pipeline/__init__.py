"""From raw files to the site: build the data, run the notebooks, collect what they found, compare it with what is recorded."""

import sys

# nbformat imports jsonschema, which does without this package; with it, 38 grammars are compiled at each start, which takes 1.4 s.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

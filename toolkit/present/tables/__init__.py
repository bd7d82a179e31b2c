"""Tables: from results to cells."""

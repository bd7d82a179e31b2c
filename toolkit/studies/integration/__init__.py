"""How integrated are S&T and industrial innovation? Coupling coordination of two, four and four-part systems, and how sure it is."""

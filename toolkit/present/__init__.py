"""Exhibits: labels, tables, figures and maps in English and Chinese. Presentation reads results and never refits."""

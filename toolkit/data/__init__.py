"""Official figures: verified raw files, checked tables, a codebook in two languages, and a door for the user's own files."""

from __future__ import annotations

from toolkit.data.build import BuildReport, build_tables
from toolkit.data.catalogue import load, load_frame, tables

__all__ = ["BuildReport", "build_tables", "load", "load_frame", "tables"]

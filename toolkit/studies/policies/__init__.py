"""Policies with a date: what demonstration zones and reform pilots did on the provincial panel, and what 31 provinces can show."""

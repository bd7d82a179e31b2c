"""Treatments that begin at a date: event studies, what two-way effects weigh, bounds, synthetic controls."""

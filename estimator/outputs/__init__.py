"""Quotes and projections as something to look at."""

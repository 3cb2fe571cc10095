"""Readers of the yearly files that agencies publish, each writing one region's tables."""

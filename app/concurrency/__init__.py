"""Bounded caches, rate limits, single flights and background workers."""

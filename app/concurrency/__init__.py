"""Bounded caches, rate limits, single flights and background workers: the machine, not the hunt."""

"""Organisers test puzzles; authors read how it went."""

"""Leaderboards, their chart, and the statistics after the hunt."""

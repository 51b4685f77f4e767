"""Hints, hint credits, XP, power-ups and questions to the organisers."""

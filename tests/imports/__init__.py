"""Hunts from elsewhere."""

"""Hunts that come from elsewhere: a new file to begin with, spreadsheets, other platforms."""

"""Values that every feature knows, pure: no clock, database, Flask or randomness."""

"""Domain values and rules. Pure: no clock, database, Flask or randomness."""

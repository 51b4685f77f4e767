"""From raw records to checked content."""

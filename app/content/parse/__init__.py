"""From raw records to checked content, or to the list of every fault."""

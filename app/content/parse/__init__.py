"""Raw records to checked content, or to the list of all faults."""

"""What a team sees of the hunt: levels, puzzle pages, story, print and archive."""

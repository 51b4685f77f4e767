"""Game pages: levels, puzzles, story, print and archive."""

"""Markdown, HTML and CSS by authors, rendered and sanitised at a restock."""

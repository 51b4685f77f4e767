"""The hunt written in the site: its own tables, and patches of what is written elsewhere."""

"""The hunt written in the site: its own tables, and patches of other sources."""

"""People using the site: a real browser against the real program, nothing mocked."""

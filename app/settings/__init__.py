"""Hunt settings: storage and admin pages."""

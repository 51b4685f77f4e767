"""Team accounts, roles, API tokens and their admin pages."""

"""Accounts: names, passwords, login, registration, profile, roles and API tokens; organisers’ pages about teams."""

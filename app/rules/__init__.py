"""The rules of the hunt, and nothing else.

Pure functions and frozen values: no Flask, no SQL, no network, no clock, no randomness, no logging. Time, secrets and
counts come in as arguments, so every rule can be tried in a table of cases. Called by ``services`` (and by ``content``
for the shapes in :mod:`app.rules.model`).
"""

"""The only SQL. One module a noun; functions are named for the question they answer.

Reads go through :func:`app.store.connections.reading` (no transaction, the connection is back in the pool when the
block ends), changes through :func:`app.store.connections.writing` (one short transaction). Nothing in here decides
about the hunt, reads the clock or talks to Flask's request.
"""

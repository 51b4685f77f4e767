"""From Airtable or a file to one immutable :class:`~app.core.model.Content` in memory.

The way of a restock: :mod:`airtable` or :mod:`file` fetch records as a :class:`~app.content.sources.tables.Source`,
:mod:`parse` turns them into a content or into the list of everything that is wrong with them, :mod:`freeze` writes the
result down for the database, and :mod:`current` holds what is being played. Nothing in here knows Flask, the database
or the time of day. Called by ``services``; pages never are the reason for a call to Airtable.
"""

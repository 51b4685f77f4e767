"""How the program is served: green threads, the hashing pool, processes, logs, and an orderly end.

Nothing outside this package knows eventlet or bcrypt. Nothing in here knows the hunt. ``python -m app.runtime`` is the
way in; the factory takes the hasher and the after-the-answer worker from here.
"""

"""Serving: green threads, hashing pool, processes, logs, shutdown.

Only this package knows eventlet, and it knows nothing of the hunt.
"""

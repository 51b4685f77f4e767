"""What stands in deploy/, tried as it is: real HAProxy, PgBouncer, PostgreSQL, Redis and nodes, all on loopback."""

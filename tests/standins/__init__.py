"""Stand-ins for services that tests must not call: real servers on loopback, with the faults of the real ones."""

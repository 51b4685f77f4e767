"""The test bed: real servers in temporary folders, clients that check every page, a clock that stands still.

Tests get all of it through the fixtures of conftest.py. Nothing here knows the rules of the hunt, nothing leaves the
loopback interface, and nothing outlives the test process, however that ends.
"""

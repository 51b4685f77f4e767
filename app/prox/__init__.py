"""Other people's pictures, served by this host: signed addresses, one policy, one fetch, the puzzle's lock.

A picture's address carries our signature and is made at a restock; no address to fetch is ever read from a request.
"""

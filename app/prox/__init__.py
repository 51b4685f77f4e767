"""Proxy for third-party pictures. URLs are signed at restock; the URL to fetch never comes from a request."""

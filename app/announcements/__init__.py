"""Announcements and errata, their drafts and their audiences."""

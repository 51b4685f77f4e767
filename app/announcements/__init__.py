"""Announcements, errata and drafts."""

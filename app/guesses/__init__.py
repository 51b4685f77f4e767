"""Guesses: from the form to the verdict, and what a solve brings."""

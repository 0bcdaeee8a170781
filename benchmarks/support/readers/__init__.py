"""Readers of results files, and of a source while it runs."""

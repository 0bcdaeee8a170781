"""Output files: atomic replacement, and files that stay readable while they grow."""

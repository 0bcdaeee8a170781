"""Files that are written whole or not at all, and files that stay usable while they grow."""

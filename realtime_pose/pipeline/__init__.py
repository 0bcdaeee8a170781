"""The threads, what lies between them, and the composition root."""

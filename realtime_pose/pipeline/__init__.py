"""The threads of a run, the channels between them, and the composition root."""

"""Real-time multi-person pose tracking: sources of frames to tracked skeletons."""

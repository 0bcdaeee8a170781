"""Person detectors: a frame to boxes."""

"""Tracking: poses of one frame after another to tracks with ids; smoothing."""

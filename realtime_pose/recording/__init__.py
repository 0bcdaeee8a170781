"""Scenes to recordings: H.264 in MP4 with the times of the frames, the sound of the source, and the poses beside."""

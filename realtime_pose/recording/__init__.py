"""Recordings of scenes: H.264 in MP4 with the times of the frames, the audio of the source, and the poses beside it."""

"""The Python API: pictures, own frames and sources in; people out. ``realtime_pose`` gives its names to programs."""

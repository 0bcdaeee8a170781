"""Containers and kinds of H.264 whose times are tested, and the times that are written."""

RATE_HZ, COUNT = 30, 20
# With pauses in the middle, and a steady start and end: AVI does not keep the gap between the last frames.
STEPS = (0, 1, 2, 3, 4, 9, 10, 11, 12, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31)
VARIABLE_S = [step / RATE_HZ for step in STEPS]
H264 = {
    "no B-frames": {"bf": "0", "g": "10", "crf": "5", "preset": "veryfast"},
    "B-frames": {"bf": "3", "g": "10", "crf": "5", "preset": "veryfast"},
    "no pyramid": {"bf": "2", "g": "10", "crf": "5", "preset": "veryfast", "x264-params": "b-pyramid=none"},
    "open GOP": {"bf": "3", "g": "10", "crf": "5", "preset": "veryfast", "x264-params": "open-gop=1"},
}
SUFFIXES = ("mp4", "mov", "mkv", "avi", "asf", "wmv", "flv", "ts", "nut", "3gp", "m4v")
STEADY_SUFFIXES = (*SUFFIXES, "mpg", "vob", "mxf", "h264")  # these cannot tell a variable rate

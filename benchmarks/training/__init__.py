"""Does training learn? Each file answers one question with `realtime-pose train`."""

"""Words for people: codes and their values to plain English, for the window, the commands and the files."""

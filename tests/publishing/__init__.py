"""The picture on its way out of the program."""

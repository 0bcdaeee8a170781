"""The commands of the command line, one file each: its arguments as a frozen dataclass, and what runs it.

The parser needs all arguments at each start, so these files import heavy libraries inside their functions.
"""

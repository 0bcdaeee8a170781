"""The size, length and rate of a small video with one person, in this box."""

WH = (160, 120)
COUNT, RATE_HZ = 12, 10
BOX = (60, 20, 100, 110)

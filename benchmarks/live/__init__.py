"""Live runs under faults and load, and screenshots of the window in each state."""

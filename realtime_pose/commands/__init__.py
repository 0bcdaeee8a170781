"""The commands of `realtime-pose`, one file each: its arguments, and what it does. Heavy imports stand inside."""

"""How well trackers keep identities."""

"""Appearance: what people wear, and who of those who left has come back. Kept in memory only, and per stream."""

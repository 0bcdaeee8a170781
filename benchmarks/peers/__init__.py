"""The whole application compared with rtmlib."""

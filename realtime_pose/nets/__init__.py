"""Torch networks: layers and shapes only."""

"""Encoded audio on its way from a source to a recording. It is never decoded."""

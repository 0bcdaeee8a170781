"""Coded sound on its way from a source to a recording; it is never decoded."""

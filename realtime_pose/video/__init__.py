"""Encoded video on its way from a live source to a recording that copies it."""

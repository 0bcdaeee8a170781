"""Evaluation: our results through the field's own scorers.

This file imports nothing: the scorers are an extra, and the command line must start without them.
"""

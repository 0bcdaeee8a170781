"""Evaluation: our results through the field's own scorers.

Nothing is imported here: the command line asks `evaluate.arguments` alone, and the scorer is an extra.
"""

"""Results to images that a person reads: curves, error types, and the worst images beside their ground truth."""

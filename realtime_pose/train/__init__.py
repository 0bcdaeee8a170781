"""Parameters fitted to data with ground truth; the results are the defaults in `config`."""

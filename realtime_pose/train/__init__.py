"""Parameters from data with truth: fitted here, shipped as defaults in `config`."""

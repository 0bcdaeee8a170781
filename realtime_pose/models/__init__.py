"""Networks: the manifest, their files, and the backends that run them."""

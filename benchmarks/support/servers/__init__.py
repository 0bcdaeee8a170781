"""Real servers and a proxy on this machine."""

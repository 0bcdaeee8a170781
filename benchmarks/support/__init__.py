"""What benchmarks and tests share: servers, clips, readers, live runs."""

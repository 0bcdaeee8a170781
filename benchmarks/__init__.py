"""One file per question about speed, accuracy and reliability; see README.md."""

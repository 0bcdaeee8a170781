# `make check` is everything that CI runs once all is installed.
PYTHON ?= .venv/bin/python

.PHONY: setup demo check test lint types imports bench

.venv/installed: pyproject.toml
	python3 -m venv .venv
	.venv/bin/pip install -e ".[dev]"
	touch .venv/installed

setup: .venv/installed

demo: setup
	$(PYTHON) run_live.py demo --record demo_annotated.mp4

check: setup lint types imports test

lint: setup
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types: setup
	$(PYTHON) -m mypy

imports: setup
	.venv/bin/lint-imports

test: setup
	$(PYTHON) -m pytest

bench: setup
	$(PYTHON) benchmarks/end_to_end.py realtime_pose/media/demo.mp4

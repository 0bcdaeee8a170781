# `make demo` and `make check` set up what they need: system packages, the virtual environment .venv, the packages in it.
PYTHON ?= .venv/bin/python
BASE_PYTHON ?= python3
PIP_INSTALL = .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
SYSTEM_PACKAGES = $(BASE_PYTHON) realtime_pose/system/packages.py
# Tests start the program two hundred times; each start is 0.4 s longer where Python may not keep compiled modules.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo check test test-fast lint types imports collect bench docs translations constraints system-demo system-check

system-demo:
	@$(BASE_PYTHON) -c 'import sys; sys.exit("expected Python 3.11 or newer, got " + sys.version.split()[0] + "; name one: make BASE_PYTHON=python3.12 ..." if sys.version_info < (3, 11) else 0)'
	@$(SYSTEM_PACKAGES) base window

system-check: system-demo
	@$(SYSTEM_PACKAGES) display rtsp rtmp

# The newest pip: the one that comes with Python 3.11 takes twice as long to find what is compatible.
.venv/bin/pip: | system-demo
	$(BASE_PYTHON) -m venv --upgrade-deps .venv

# What a user needs. The stamp is newer than what it was made from.
.venv/user: pyproject.toml constraints.txt | .venv/bin/pip
	@echo "Setting up the folder .venv, once. PyPI's torch for Linux brings CUDA: about 3 GB to download, 7 GB in the folder."
	@echo "Where pip finds a torch without CUDA: 0.7 GB to download, 2.3 GB in the folder."
	$(PIP_INSTALL) -e .
	@touch $@

# What a developer needs: the same with the tools, in one run of pip, which takes long to find what is compatible.
.venv/dev: pyproject.toml constraints.txt | .venv/bin/pip
	@echo "Setting up the folder .venv with the development tools, once. PyPI's torch for Linux brings CUDA: about 3 GB"
	@echo "to download, 7.5 GB in the folder. Where pip finds a torch without CUDA: 0.8 GB to download, 2.7 GB in the folder."
	$(PIP_INSTALL) -e ".[dev]"
	@touch .venv/user $@

setup: system-check .venv/dev

demo: system-demo .venv/user
	$(PYTHON) run_live.py demo --record demo_annotated.mp4 --overwrite

check: setup lint types imports test

lint: setup
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types: setup
	$(PYTHON) -m mypy
	$(PYTHON) docs/check_types.py

imports: setup
	.venv/bin/lint-imports

# Three workers on two cores: many tests wait for servers and programs. --dist worksteal: the slow tests of a module spread.
# Tests with real servers, windows and deadlines can fail beside others on a busy machine. So what has failed runs once more,
# alone, and must pass then.
test test-fast: export OMP_NUM_THREADS := 1  # threads of PyTorch and NumPy that wait for each other take the other worker's core
test: setup
	$(PYTHON) -m pytest -n 3 --dist worksteal --durations=40 || $(PYTHON) -m pytest --last-failed --last-failed-no-failures none

# Under a minute on two cores. A third worker would import everything once more for a minute of work.
test-fast: setup
	$(PYTHON) -m pytest -q -n 2 --dist worksteal -m "not server and not gui and not process and not slow"

# Find all tests. In a new environment one process compiles all modules here, which else each worker of `make test` does.
collect: setup
	$(PYTHON) -m pytest -qq --collect-only >/dev/null || true  # the tests themselves show what is wrong

ifdef CI
test: collect
endif

bench: setup
	$(PYTHON) benchmarks/end_to_end.py realtime_pose/media/demo.mp4

# The user's guide and the reference as a site: site/index.html. The variable hides the theme's own news.
docs: setup
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict --quiet

# Renew the translations of the window; needs lrelease of Qt 5 (Debian: qttools5-dev-tools).
translations: setup
	$(PYTHON) docs/write_translations.py

# Renew the exact versions in constraints.txt, for all systems and Python versions at once. PyQt5-Qt5 is left out: its
# newest version has no wheel for Windows, and PyQt5 itself bounds it.
constraints: .venv/dev
	$(PIP_INSTALL) uv
	.venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --all-extras --upgrade --quiet \
	  --no-header --no-annotate --no-emit-index-url --no-emit-package pyqt5-qt5 --output-file constraints.txt

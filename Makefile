# make demo · make test · make lint · make bench · make clean: everything installs itself into .venv first.

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: demo test lint bench clean

# Scan the demo marketplace on this machine: prints the candidates and where the report is.
demo: $(VENV)/.installed
	$(BIN)/copycatch demo

# The whole suite, file by file on two cores, in the order of tests/conftest.py: the longest files first.
test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# Style, types and the direction of imports.
lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# How good and how fast, beside other matchers; benchmarks/RESULTS.md keeps the figures. Under an hour on two cores.
bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .cache build dist demo-workspace

$(VENV)/bin/python $(VENV)/Scripts/python:
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "copycatch needs Python 3.11 or newer; try: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing copycatch into $(VENV); this takes one to three minutes, once."
	$(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing copycatch and its tools into $(VENV); this takes one to three minutes, once."
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.installed

# Two commands on a fresh machine with Python 3.11 or newer: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.complete

.PHONY: demo test check lint types contracts wheel clean

demo: $(STAMP)
	@$(BIN)/coverage-check demo

test: $(STAMP)
	$(BIN)/python -m pytest

check: lint types contracts test wheel

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

contracts: $(STAMP)
	$(BIN)/lint-imports --config setup.cfg

wheel: $(STAMP)
	PYTHON=$(BIN)/python tests/wheel.sh

# The stamp is written last: an interrupted set-up is made anew by the next run.
$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@rm -f $(STAMP)
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[parquet,postgres,notebook,test]'
	@touch $(STAMP)

clean:
	rm -rf $(VENV) build dist *.egg-info

# Two commands on a fresh machine with Python 3.11 or newer: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.complete
SPARK := $(VENV)/.spark

.PHONY: demo test check spark lint types contracts wheel data clean

demo: $(STAMP)
	@$(BIN)/coverage-check demo

test: $(STAMP)
	$(BIN)/python -m pytest

# Apache Spark for its tests, which skip without it: a download of 450 MB that nothing else needs.
spark: $(SPARK)

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
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[excel,h3,parquet,postgres,raster,notebook,web,test]'
	@touch $(STAMP)

$(SPARK): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[spark]'
	@touch $(SPARK)

# The demonstration's snapshot and register, compiled from data/vato/ (data/README.md has the recipe of the rest).
data: $(STAMP)
	$(BIN)/coverage-check import data/vato/layers.toml -o data/vato/snapshot --overwrite
	$(BIN)/coverage-check register build data/vato/addresses.csv -o data/vato/register.sqlite \
		--source-name "invented house positions (data/README.md)" --licence CC0-1.0

clean:
	rm -rf $(VENV) build dist *.egg-info

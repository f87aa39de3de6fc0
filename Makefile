# The commands of this repository; `make help` lists them. Needs Python 3.11 and make, nothing else.

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
STORE ?= sqlite:///var/demo.db
BUNDLES ?= CustomerInteraction,CustomerInteractionDemo
WORKERS ?= auto
ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest

# What is installed is remembered by a file in the environment: it is done again only when a lock
# file or pyproject.toml is newer.
RUNTIME := $(VENV)/.installed-runtime
DEV := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check format bench openapi docs lock upgrade clean distclean fuzz

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  Variables: PORT, STORE and BUNDLES of run; WORKERS of test; ARGS, handed on to gateway,"
	@echo "  pytest or the benchmark; PYTHON, with which the environment in $(VENV) is made."

run: $(RUNTIME) ## Install, and serve the KlantenRegister with demo data on http://127.0.0.1:8000
	@mkdir -p var
	GATEWAY_BUNDLES=$(BUNDLES) $(BIN)/gateway serve --demo --port $(PORT) --store $(STORE) $(ARGS)

test: check ## Install, check the code and run every test
	$(PYTEST) -n $(WORKERS) --maxprocesses 4 --dist loadfile $(ARGS)

check: $(DEV) ## Formatting, lint, types and the order of the rooms
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV) ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(DEV) ## Measure, each figure beside its floor
	$(BIN)/python -m bench $(ARGS)

fuzz: $(DEV) ## Run 100,000 random templates through the mapping language (ARGS="COUNT FIRST" for others)
	$(BIN)/python tests/template_fuzz.py $(ARGS)

openapi: $(RUNTIME) ## Write the API document of the bundled configuration to var/openapi.json
	@mkdir -p var
	$(BIN)/gateway openapi > var/openapi.json
	@echo "var/openapi.json"

docs: $(DEV) ## Write the pages of docs/reference that follow from the code
	$(BIN)/python tools/write_reference.py

# The locks hold names, versions and hashes, never an address: the index is pip's own configuration.
UV := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-package schema-gateway --custom-compile-command "make lock"

lock: $(DEV) ## Write both lock files anew from pyproject.toml, keeping the versions that still fit
	$(UV) --extra build --extra postgresql --output-file requirements.lock $(UPGRADE)
	$(UV) --extra dev --constraint requirements.lock --output-file requirements-dev.lock $(UPGRADE)

upgrade: ## As lock, with the newest versions
	$(MAKE) lock UPGRADE=--upgrade

clean: ## Remove what building and testing leave behind
	rm -rf build dist .coverage htmlcov .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find gateway_core tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean ## As clean, and the environment and the demo's store too
	rm -rf $(VENV) var

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"Python 3.11 or newer is needed, and this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# The second stamp counts for the first: the development lock holds all of the other.
$(DEV): requirements-dev.lock requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $(RUNTIME) $@

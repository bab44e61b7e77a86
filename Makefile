# Keyday: every task of the project. `make help` lists them.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.keyday-ready
KILLS ?= 100
SEED ?= 1
WORKERS ?= 2
CODE := events schemas streams projections
PYTEST := $(BIN)/python -m pytest
# These tests wait more than they work; each of the two processes has brokers of its own.
KAFKA_TESTS := $(PYTEST) tests/kafka --numprocesses 2 --dist worksteal

# pip is quiet about what is already there, and never asks.
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --build-deps-for editable --strip-extras \
	--no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options $(if $(UPGRADE),--upgrade)

.PHONY: help setup run test test-fast test-kafka mutation chaos bench screenshots lint types format schemas schemas-check lock clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv from the lock file (quick when nothing changed)

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "setup: Keyday needs Python 3.11 or newer; name one with 'make setup PYTHON=python3.12'" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || test -x $(BIN)/python || { \
		echo "setup: this Python cannot make virtual environments; install its venv package (Debian, Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { echo "==> Making .venv"; $(PYTHON) -m venv --clear .venv; }
	@echo "==> Installing the locked dependencies into .venv"
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@echo "==> Installing Keyday itself"
	@PYTHONWARNINGS=ignore $(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $(READY)

run: setup ## Run Keyday on this machine with sample orders (ONCE=1: end after the summary; ORDERS=FILE: your own)
	@$(BIN)/keyday demo --data build/demo $(if $(ONCE),--once) $(if $(ORDERS),--orders "$(ORDERS)")

# Those with a broker measure time and kill what they started: one after the other, with nothing beside them.
test: setup lint types schemas-check ## Lint, types, and every test that this machine can run
	@echo "==> Tests"
	@status=0; $(PYTEST) --ignore tests/kafka --numprocesses auto || status=$$?; \
	echo "==> Tests with a broker"; $(KAFKA_TESTS) || status=$$?; exit $$status

test-fast: setup ## Tests that need no broker and little time
	@$(PYTEST) -m "not kafka and not slow" --numprocesses auto

test-kafka: setup ## Tests on a real Kafka broker; fails when none can run
	@KEYDAY_REQUIRE_KAFKA=1 $(KAFKA_TESTS)

mutation: setup ## Break the rules one line at a time: do the tests notice? (MODULES="caps tiers", WORKERS=2, RESUME=1)
	@nice -n 15 $(BIN)/python -m tests.mutation --workers $(WORKERS) $(if $(RESUME),--resume) $(MODULES)

chaos: setup ## Kill workers on a real broker and compare the ledgers (KILLS=100 SEED=1)
	@$(BIN)/python -m tests.chaos --kills $(KILLS) --seed $(SEED)

bench: setup ## Measure on a real broker; writes build/bench.json
	@$(BIN)/python -m benchmarks

screenshots: setup ## Take the pictures of docs/images anew (needs chromium)
	@$(BIN)/python -m tests.browser.screenshots

lint: setup ## Lint and check the format
	@echo "==> Lint"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup ## Check the types, strictly
	@echo "==> Types"
	@$(BIN)/mypy $(CODE)

format: setup ## Format the code and mend what can be mended
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

schemas: setup ## Regenerate the committed JSON Schemas and the AsyncAPI document
	@$(BIN)/python -m schemas.generate

schemas-check: setup ## Whether the committed schemas are those of the code
	@echo "==> Schemas are current"
	@$(BIN)/python -m schemas.generate --check

lock: setup ## Resolve the dependencies again (UPGRADE=1: take newer ones) and write both lock files
	@$(LOCK) --output-file requirements.lock pyproject.toml
	@$(LOCK) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean: ## Remove what the tools made, but not .venv
	@rm -rf build mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

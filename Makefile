# Every way to start, prove and mend the portal. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh

# Read from the environment: PORT, DATA_DIR, DATABASE_URL, REDIS_URL, PG_FLAVOUR (system or wheel).
WORKERS ?= 2
BIN := .venv/bin
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
PIP := $(BIN)/python -m pip install --quiet --progress-bar off --disable-pip-version-check --only-binary :all: --require-hashes
ATTACH := $(BIN)/python -m portal.local.attach --
FLASK := $(BIN)/python -m flask --app wsgi
OTHER = $(shell $(BIN)/python -m portal.local.binaries)
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --custom-compile-command "make lock" pyproject.toml

# Where SQL, rights and locks are proved; all the rest sees the other PostgreSQL at night.
DEEP ?= $(addprefix tests/,architecture concurrency isolation queries stateful)

.PHONY: help run test test-other test-nightly test-kills bench study lint format migrate shell flask psql demo-code demo-reset lock

help: ## List what can be asked
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

run: $(BIN)/.installed ## Start the whole portal on http://localhost:8000 (PORT=… for another)
	@$(PYTHON) portal/local/prerequisites.py pdf
	@exec $(BIN)/python -m portal.local.run

test: lint ## Prove everything: rules, types, the whole suite, then the database's part on the other PostgreSQL
	@$(PYTHON) portal/local/prerequisites.py pdf browser office
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal
	@$(MAKE) --no-print-directory test-other

test-other: $(BIN)/.installed-dev ## The tests that need a database, on the other PostgreSQL of this machine, if any
	@other="$(OTHER)"; if [ -z "$$other" ]; then echo "Only one PostgreSQL here: nothing more to prove."; else \
	echo "Once more with the $$other's PostgreSQL:"; \
	PG_FLAVOUR=$$other $(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal -m "postgres and not browser and not nightly" $(DEEP); fi

test-nightly: $(BIN)/.installed-dev ## The slow proofs
	@$(BIN)/python -m pytest -q -n $(WORKERS) -m nightly --timeout 3600
	@$(MAKE) --no-print-directory test-other DEEP=tests

test-kills: $(BIN)/.installed-dev ## A thousand kills of every process, at every named point, and ten at real leases
	@$(BIN)/python -m tests.kills --kills 1000 --worlds $(WORKERS)
	@$(BIN)/python -m tests.kills --leisure

bench: $(BIN)/.installed-dev ## Measure what is claimed, side by side in one run; a table, and bench.json
	@$(BIN)/python -m tests.bench

study: $(BIN)/.installed ## The policies compared on the demonstration's season, and its forecast: study.pdf, for a board
	@$(PYTHON) portal/local/prerequisites.py pdf
	@$(ATTACH) $(FLASK) study --out $(CURDIR)/study.pdf

lint: $(BIN)/.installed-dev ## Rules, types, imports and templates, without running anything
	@$(BIN)/python -m ruff check --quiet .
	@$(BIN)/python -m ruff format --check --quiet .
	@$(BIN)/python -m mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m djlint --lint --quiet portal/templates

format: $(BIN)/.installed-dev ## Put the code in order
	@$(BIN)/python -m ruff check --fix --quiet . ; $(BIN)/python -m ruff format .

migrate: $(BIN)/.installed ## Bring the database up to date
	@$(ATTACH) $(FLASK) migrate

shell: $(BIN)/.installed ## A Python shell inside the portal
	@$(ATTACH) $(FLASK) shell

flask: $(BIN)/.installed ## A command of the portal on the demonstration: make flask CMD="morning verify"
	@$(ATTACH) $(FLASK) $(CMD)

psql: $(BIN)/.installed ## A SQL shell on the demonstration's database
	@$(ATTACH) psql

demo-code: $(BIN)/.installed ## The six figures that every demo account signs in with now
	@$(ATTACH) $(FLASK) demo code

demo-reset: $(BIN)/.installed ## Forget the demonstration's data; the next run makes it anew
	@$(BIN)/python -m portal.local.reset

lock: $(BIN)/.installed-dev ## Choose the newest allowed versions and write both requirements files
	@$(COMPILE) --upgrade --extra dev --output-file requirements-dev.txt
	@$(COMPILE) --constraint requirements-dev.txt --output-file requirements.txt

$(BIN)/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install python3 (apt-get install python3)."; exit 1; }
	@$(PYTHON) portal/local/prerequisites.py venv
	@$(PYTHON) -m venv .venv

$(BIN)/.installed: requirements.txt | $(BIN)/pip
	@echo "Installing the Python parts (once, about a minute)…"
	@$(PIP) --requirement requirements.txt
	@touch $@

$(BIN)/.installed-dev: requirements-dev.txt $(BIN)/.installed
	@echo "Installing the tools of the tests (once)…"
	@$(PIP) --requirement requirements-dev.txt
	@touch $@

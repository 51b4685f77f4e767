# Everything a person types. `make` alone explains itself.
# tools/prepare.py makes the environment in .venv/, once; no target needs anything but Python 3.11 to 3.13 and make.

SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Three test processes keep two processors busy: much of a test is waiting for a server or a browser.
JOBS ?= 3
RANGE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for it in python3 python3.13 python3.12 python3.11 python; do "$$it" -c '$(RANGE)' 2>/dev/null && echo "$$it" && break; done)

.PHONY: help run test check types fmt lock words bench hops screenshots clean environment dev-environment servers need-python

help: ## Say what there is.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: environment ## Serve the demo hunt on http://127.0.0.1:5000 (HOST, PORT, DATABASE_URL ... from the environment or .env).
	@exec $(BIN)/dotenv --file .env run --no-override -- $(BIN)/python -m app.runtime --demo

test: dev-environment servers ## Run all tests, on SQLite and PostgreSQL, in a real browser. ARGS="-k word" for some.
	@if command -v node >/dev/null 2>&1 && ls tests/static/*.test.*js >/dev/null 2>&1; then node --test tests/static/*.test.*js; fi
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

check: dev-environment ## Formatter, linter, types, unused code and deploy files; fast, no servers.
	@$(BIN)/ruff format --check --quiet . || { echo "make fmt would put the files above in order."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy app config.py wsgi.py
	@$(BIN)/python -m tools.dead_code
	@$(BIN)/python tools/check_deploy.py

fmt: dev-environment ## Put all Python files in order.
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

words: dev-environment ## Bring the catalogues of the site's languages up to date, and say what is still to translate.
	@$(BIN)/python -m tools.words $(ARGS)

bench: dev-environment servers ## The benchmarks, as tables; never part of the tests.
	@$(BIN)/python -m bench $(ARGS)

hops: dev-environment ## Count the files and functions of app/ that a page, a guess, a solve and a restock enter.
	@$(BIN)/python -m tools.hops $(ARGS)

screenshots: dev-environment servers ## Draw docs/screenshots/ anew.
	@$(BIN)/python -m tools.screenshots $(ARGS)

# No address of a package index goes into the files: uv takes it from the environment, or uses the public one.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --custom-compile-command "make lock" $(ARGS)
lock: dev-environment ## Pin anew what requirements*.in ask for (ARGS=--upgrade takes the newest).
	@$(LOCK) requirements.in --output-file requirements.txt
	@$(LOCK) requirements-dev.in --constraint requirements.txt --output-file requirements-dev.txt

clean: ## Remove what can be made again; the database and .env stay.
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

need-python:
	@test -n "$(PYTHON)" || { echo "Infinity needs Python 3.11, 3.12 or 3.13; none was found. PYTHON=/path/to/python make ... names one." >&2; exit 1; }

environment: need-python
	@"$(PYTHON)" tools/prepare.py

dev-environment: need-python
	@"$(PYTHON)" tools/prepare.py --dev

servers:
	@tools/install_test_servers.sh

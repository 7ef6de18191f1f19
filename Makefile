# `make run` starts the console, `make test` checks everything. `make` alone lists all targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
AUDIT := .venv-audit
INSTALL = -m pip install --quiet --disable-pip-version-check --require-hashes --requirement
# Each lock holds for every Python from 3.11 on, and for every system; it names no address of a registry.
COMPILE = $(AUDIT)/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)
HOST ?= 127.0.0.1
PORT ?= 8000
POD_PORT ?= 8100
WORKERS ?= 2
TESTS = $(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal
# Tests on SQLite must not use the servers that these variables name.
ON_SQLITE := env -u TEST_DATABASE_URL -u TEST_BROKER_URL
# What of tests/ needs no PostgreSQL: it makes no difference which database runs, or it takes minutes.
DATABASE_INDEPENDENT := browser console edges kaleyra packages sandbox sign_in_extra upgrade faults/test_receiver.py \
  docs $(patsubst %,views/test_%.py,access fuzz logs malformed rights)
LONG := faults/test_harness.py sending/test_outages.py
# Read when make starts, so before the target .env creates the file.
IS_FIRST_RUN := $(if $(wildcard .env),,yes)
.DEFAULT_GOAL := help
SHELL := /bin/bash

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

run: $(VENV)/.runtime .env lookup-key ## install what is needed and serve the console with its practice pod (PORT=8000 POD_PORT=8100)
	@$(BIN)/python -c 'import socket, sys; \
	taken = [p for p in map(int, sys.argv[1:]) if not socket.socket().connect_ex(("127.0.0.1", p))]; \
	sys.exit(f"Port {taken[0]} is in use. Choose others: make run PORT=8001 POD_PORT=8101" if taken else 0)' $(PORT) $(POD_PORT)
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@$(BIN)/python manage.py demo --api-domain 127.0.0.1:$(POD_PORT) --at http://$(HOST):$(PORT)/
	@$(if $(IS_FIRST_RUN),echo "Made .env with fresh secrets. Keep it: without FIELD_ENCRYPTION_KEYS what is stored cannot be read.")
	@trap 'kill $$(jobs -p) 2>/dev/null; wait' EXIT; trap 'exit 0' INT TERM; \
	$(BIN)/python manage.py sandbox --port $(POD_PORT) --console http://127.0.0.1:$(PORT) & \
	$(BIN)/python manage.py dispatch & \
	$(BIN)/gunicorn fallback_console.wsgi --bind $(HOST):$(PORT) --worker-class gthread --threads 8 --no-control-socket --log-level warning & \
	wait -n

test: $(VENV)/.dev packages ## check style, types and layers, and run every test, on SQLite and on PostgreSQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint templates
	DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py makemigrations --check --dry-run
	$(MAKE) --no-print-directory test-sqlite test-postgres

test-sqlite: $(VENV)/.dev ## run every test that does not need PostgreSQL, including the browser tests
	$(ON_SQLITE) $(TESTS)

test-postgres: $(VENV)/.dev ## run the database and Celery tests on a temporary PostgreSQL, or on TEST_DATABASE_URL
	$(BIN)/python -m tests.servers --postgres --quick -- $(TESTS) $(patsubst %,--ignore tests/%,$(DATABASE_INDEPENDENT) $(LONG))

test-quick: $(VENV)/.dev ## run the tests on SQLite without the browser tests
	$(ON_SQLITE) $(TESTS) --ignore tests/browser

cover: $(VENV)/.dev ## run the same tests as test-quick and print the coverage by file, with the lines that are missing
	$(ON_SQLITE) $(TESTS) --ignore tests/browser --cov --cov-report=term-missing:skip-covered

bench-preview: $(VENV)/.dev ## measure the live preview against the cheapest page
	@$(BIN)/python -m benchmarks.preview

bench-history: $(VENV)/.dev packages ## measure the history as it grows, against Django's change list (half an hour; ROWS=1000000 for less)
	@$(BIN)/python -m benchmarks.history --rows $(or $(ROWS),10000000)

bench-pages: $(VENV)/.dev packages ## measure the pages that staff open most, against Django's change list (ROWS=10000 GROWN=1000000 OPTIONS="--postgresql")
	@$(BIN)/python -m benchmarks.pages --rows $(or $(ROWS),10000) --grown $(or $(GROWN),1000000) $(OPTIONS)

bench-callbacks: $(VENV)/.dev packages ## measure receiving results, beside two dispatchers, and count lost ones (OPTIONS="--rate 100 --sqlite")
	@PYTHONPATH=. $(BIN)/python -m benchmarks.callbacks $(OPTIONS)

bench-dispatch: $(VENV)/.dev packages ## measure a send against bare requests, Celery and newman (OPTIONS="--quick")
	@PYTHONPATH=. $(BIN)/python -m benchmarks.dispatch $(OPTIONS)

bench-privacy: $(VENV)/.dev ## measure removing old values and erasing one person (ROWS=20000)
	@PYTHONPATH=. $(BIN)/python -m benchmarks.privacy --rows $(or $(ROWS),20000)

bench-import: $(VENV)/.dev packages ## measure reading, checking and storing files of recipients (OPTIONS="--rows 100000 --no-postgresql")
	@PYTHONPATH=. $(BIN)/python -m benchmarks.imports $(OPTIONS)

bench-million: $(VENV)/.dev packages ## turn keys, purge, erase and verify among many messages, killed half-way, while sends go on (ROWS=1000000 OPTIONS="--sqlite")
	@PYTHONPATH=. $(BIN)/python -m benchmarks.million --rows $(or $(ROWS),1000000) $(OPTIONS)

bench-audit: $(VENV)/.dev ## measure a send with and without its row of the trail, and sealing and verifying the trail
	@$(BIN)/python -m benchmarks.audit

crash-test: $(VENV)/.dev ## kill dispatchers and the web server while they work, and count what is lost, sent twice or shown wrongly (N=300, SEED=7 repeats a run)
	@$(BIN)/python -m tests.faults.harness $(if $(SEED),--seed $(SEED)) --invocations $(or $(N),300) --batch-rows 200 --kills 20 --workers 3 --moves 1 --restores 1
	@$(BIN)/python -m tests.faults.harness $(if $(SEED),--seed $(SEED)) --invocations 60 --batch-rows 100 --kills 6 --workers 2 --web-kills 5

crash-test-bugs: $(VENV)/.dev ## run crash-test with one known bug at a time: each must be found
	@$(BIN)/python -m tests.faults.harness --every-bug

crash-soak: $(VENV)/.dev packages ## run crash-test for long, killing PostgreSQL too (N=10000 messages, KILLS=500, SEED=7 repeats a run)
	@$(BIN)/python -m tests.faults.harness $(if $(SEED),--seed $(SEED)) --invocations $(or $(N),10000) --kills $(or $(KILLS),500) \
	  --batch-rows $(or $(ROWS),2000) --database-kills 20 --workers 6 --postgres $(ARGS)

fuzz: $(VENV)/.dev ## send malformed requests to every address (N=20000 requests, SEED=7 repeats a run)
	$(ON_SQLITE) FUZZ_REQUESTS=$(or $(N),20000) FUZZ_SEED=$(or $(SEED),$$RANDOM) $(BIN)/pytest tests/views/test_malformed.py

words: $(VENV)/.dev ## print every sentence that people read, with its place, in order
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m tests.words

format: $(VENV)/.dev ## fix and format the Python code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: | $(AUDIT)/.installed ## pin what requirements*.txt need, with hashes, in requirements*.lock (UPGRADE=1 takes the newest that fit)
	@$(COMPILE) requirements.txt --output-file requirements.lock
	@$(COMPILE) requirements-sign-in.txt --constraint requirements.lock --output-file requirements-sign-in.lock
	@$(COMPILE) requirements-dev.txt --constraint requirements.lock --output-file requirements-dev.lock
	@$(COMPILE) requirements-audit.txt --output-file requirements-audit.lock

audit: $(AUDIT)/.installed ## look for traps in the code, and for known vulnerabilities of what the console runs on
	@$(AUDIT)/bin/bandit --quiet --configfile pyproject.toml --recursive fallback_console invocations manage.py \
	  2> >(grep --invert-match "but no failed test" >&2)  # it says so of each other line of a statement
	@$(AUDIT)/bin/python -m tools.vulnerabilities requirements.lock

outdated: $(VENV)/.dev $(AUDIT)/.installed ## say what is outdated of what is installed
	@$(AUDIT)/bin/uv pip list --outdated --python $(BIN)/python 2>/dev/null \
	  || echo "No registry can be reached from here: nothing is known about newer versions."

sbom: $(VENV)/.runtime $(AUDIT)/.installed ## write what the console runs on into sbom.json (CycloneDX)
	@$(AUDIT)/bin/python -m tools.sbom $(BIN)/python > sbom.json.tmp && mv sbom.json.tmp sbom.json
	@echo "Written: sbom.json"

packages:
	@tests/install-packages.sh

.env: | $(VENV)/.runtime
	@umask 077; $(BIN)/python -c 'import secrets; from cryptography.fernet import Fernet; from fallback_console import lookup_key; \
	fresh = {"SECRET_KEY=": secrets.token_urlsafe(50), "FIELD_ENCRYPTION_KEYS=": Fernet.generate_key().decode(), "LOOKUP_KEY=": lookup_key.fresh()}; \
	print("\n".join(line + fresh.get(line, "") for line in open(".env.example").read().splitlines()))' > .env.tmp && mv .env.tmp .env

# For a .env of a version before: the key that is derived there, so that all that is stored is found.
# Files of such a version could be opened by other users of this machine.
lookup-key: $(VENV)/.runtime .env
	@chmod -f 600 .env db.sqlite3* || true
	@grep -q '^LOOKUP_KEY=.' .env || { umask 077; line=$$($(BIN)/python -W ignore manage.py make_lookup_key) && \
	{ grep -v '^LOOKUP_KEY=' .env; echo "$$line"; } > .env.tmp && mv .env.tmp .env; }

# A file in each environment notes when a lock was installed there.
$(VENV)/.runtime: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed. Name it: make run PYTHON=python3.11")'
	@echo "Building the environment in $(VENV) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python $(INSTALL) requirements.lock
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@$(BIN)/python $(INSTALL) requirements-dev.lock
	@touch $@

$(AUDIT)/.installed: requirements-audit.lock
	@test -x $(AUDIT)/bin/python || $(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/python $(INSTALL) requirements-audit.lock
	@touch $@

.PHONY: help run lookup-key test test-sqlite test-postgres test-quick cover fuzz bench-preview bench-history bench-pages bench-callbacks bench-dispatch bench-privacy bench-million bench-audit bench-import \
  crash-test crash-test-bugs crash-soak words format packages lock audit outdated sbom

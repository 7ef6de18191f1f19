# The two commands are `make run` and `make test`. `make` alone lists all.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 8000
POD_PORT ?= 8100
WORKERS ?= 2
TESTS = $(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal
ASK_NO_DATABASE := browser console kaleyra sandbox
.DEFAULT_GOAL := help
SHELL := /bin/bash

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

run: $(VENV)/.runtime .env ## build what is needed and serve the console with its practice pod
	@$(BIN)/python -c 'import socket, sys; \
	taken = [p for p in map(int, sys.argv[1:]) if not socket.socket().connect_ex(("127.0.0.1", p))]; \
	sys.exit(f"Port {taken[0]} is in use. Choose others: make run PORT=8001 POD_PORT=8101" if taken else 0)' $(PORT) $(POD_PORT)
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@$(BIN)/python manage.py demo --api-domain 127.0.0.1:$(POD_PORT) --at http://$(HOST):$(PORT)/
	@trap 'kill $$(jobs -p) 2>/dev/null; wait' EXIT; trap 'exit 0' INT TERM; \
	$(BIN)/python manage.py sandbox --port $(POD_PORT) --console http://127.0.0.1:$(PORT) & \
	$(BIN)/python manage.py dispatch & \
	$(BIN)/gunicorn fallback_console.wsgi --bind $(HOST):$(PORT) --worker-class gthread --threads 8 --no-control-socket --log-level warning & \
	wait -n

test: $(VENV)/.dev packages ## check style, types and structure, and run every test, on SQLite and on PostgreSQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint templates
	DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py makemigrations --check --dry-run
	$(MAKE) --no-print-directory test-sqlite test-postgres

test-sqlite: $(VENV)/.dev ## every test that needs no PostgreSQL, the browser's too
	env -u TEST_DATABASE_URL -u TEST_BROKER_URL $(TESTS)

test-postgres: $(VENV)/.dev ## the tests that ask the database, and Celery's, on PostgreSQL: a private one, or TEST_DATABASE_URL
	$(BIN)/python -m tests.servers --postgres --quick -- $(TESTS) $(ASK_NO_DATABASE:%=--ignore tests/%) --ignore tests/faults/test_harness.py

test-quick: $(VENV)/.dev ## the tests on SQLite without the browser
	env -u TEST_DATABASE_URL -u TEST_BROKER_URL $(TESTS) --ignore tests/browser

bench-preview: $(VENV)/.dev ## how long the live preview takes, beside the cheapest page
	@$(BIN)/python -m benchmarks.preview

bench-history: $(VENV)/.dev packages ## how long the history takes as it grows, beside Django's own change list (half an hour; ROWS=1000000 for less)
	@$(BIN)/python -m benchmarks.history --rows $(or $(ROWS),10000000)

bench-callbacks: $(VENV)/.dev packages ## how long results take that come 200 a second, and whether one is lost (OPTIONS="--rate 100 --workers 1")
	@$(BIN)/python -m tests.servers --postgres -- $(BIN)/python -m benchmarks.callbacks $(OPTIONS)

bench-dispatch: $(VENV)/.dev packages ## what a send costs, beside bare requests, Celery and newman (OPTIONS="--quick")
	@PYTHONPATH=. $(BIN)/python -m benchmarks.dispatch $(OPTIONS)

crash-test: $(VENV)/.dev ## kill dispatchers while they send: is anything lost, sent twice, or shown wrongly?
	@$(BIN)/python -m tests.faults.harness $(if $(SEED),--seed $(SEED)) --invocations $(or $(N),300) --kills 20 --workers 3

crash-test-bugs: $(VENV)/.dev ## the same with bugs put in, one after another: each must be caught
	@$(BIN)/python -m tests.faults.harness --every-bug

crash-soak: $(VENV)/.dev packages ## the long one: N=10000 messages, 500 kills, PostgreSQL is killed too; SEED=7 repeats
	@$(BIN)/python -m tests.faults.harness $(if $(SEED),--seed $(SEED)) --invocations $(or $(N),10000) --kills $(or $(KILLS),500) \
	  --database-kills 20 --workers 6 --postgres $(ARGS)

format: $(VENV)/.dev ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

packages:
	@tests/install-packages.sh

.env: | $(VENV)/.runtime
	@umask 077; $(BIN)/python -c 'import secrets; from cryptography.fernet import Fernet; \
	fresh = {"SECRET_KEY=": secrets.token_urlsafe(50), "FIELD_ENCRYPTION_KEYS=": Fernet.generate_key().decode()}; \
	print("\n".join(line + fresh.get(line, "") for line in open(".env.example").read().splitlines()))' > .env.tmp && mv .env.tmp .env
	@echo "Made .env with fresh secrets. Keep it: without FIELD_ENCRYPTION_KEYS what is stored cannot be read."

$(VENV)/.runtime: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed. Name it: make run PYTHON=python3.11")'
	@echo "Building the environment in $(VENV) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@

.PHONY: help run test test-sqlite test-postgres test-quick bench-preview bench-callbacks bench-history bench-dispatch crash-test crash-test-bugs crash-soak format packages

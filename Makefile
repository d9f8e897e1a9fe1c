# Needs GNU make and Python 3.11 or later with venv (Debian: apt-get install python3-venv). Everything else it fetches
# itself, at the versions and hashes of the lock files, into .venv.
#
# VENV=folder uses that environment as it is, for whoever has made one already (CI does).

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)) python3)
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet
# Two at a time; tests that must not run beside each other share an xdist group.
PYTEST_ARGS ?= -n 2 --dist loadgroup

ifeq ($(origin VENV),file)
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
endif

.PHONY: help
help: ## Show these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

.PHONY: demo
demo: $(RUNTIME) ## Show the gateway at work on this machine
	@$(BIN)/pesagate demo

.PHONY: test
test: $(DEV) ## Run all tests
	$(BIN)/pytest $(PYTEST_ARGS)

.PHONY: crash
crash: $(DEV) ## Kill processes under load and check the history: make crash SEEDS=1-200
	PESAGATE_SEEDS=$(or $(SEEDS),1-20) $(BIN)/pytest tests/crash/test_history.py -n $(or $(JOBS),2) -rP

.PHONY: chaos
chaos: $(DEV) ## Everything that can befall a gateway, at full length (an hour): make chaos SEEDS=1-50
	PESAGATE_CHAOS=$(or $(SEED),1) PESAGATE_SEEDS=$(or $(SEEDS),1-20) $(BIN)/pytest tests/crash -n $(or $(JOBS),2) -rP

.PHONY: erp
erp: $(DEV) .venv-tryton/.ready ## Book into a real Tryton (needs PostgreSQL)
	$(BIN)/pytest tests/erp $(PYTEST_ARGS)

.PHONY: fuzz
fuzz: $(DEV) ## Fuzz what reads callbacks (Linux on x86-64): make fuzz SECONDS=600
	$(BIN)/python tests/fuzz/callbacks.py -max_total_time=$(or $(SECONDS),60) $(FUZZ_ARGS)

.PHONY: check
check: $(DEV) ## Check style, types, import rules and known weaknesses of code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --severity-level medium gateway adapters

.PHONY: docs
docs: $(DEV) ## Build the pages of docs/ as a site, into site/
	@# --quiet would not even count the warnings that --strict ends with.
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict $(DOCS_ARGS)

.PHONY: bench
bench: $(RUNTIME) ## Compare the speed with servers that store nothing (some minutes)
	@$(BIN)/python bench/run.py $(BENCH_ARGS)

.PHONY: lock
lock: ## Bring the lock files up to date with pyproject.toml (needs uv)
	@command -v $(or $(UV),uv) >/dev/null || { echo "make lock needs uv: pip install uv, or UV=path/to/uv" >&2; exit 1; }
	$(COMPILE) pyproject.toml --output-file requirements.lock
	$(COMPILE) pyproject.toml --extra test --extra dev --extra docs --constraints requirements.lock --output-file requirements-dev.lock
	$(COMPILE) pyproject.toml --extra postgres --extra mysql --constraints requirements-dev.lock \
		--output-file deploy/requirements.lock
	$(COMPILE) tests/erp/requirements-tryton.in --output-file tests/erp/requirements-tryton.lock

COMPILE = $(or $(UV),uv) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

.PHONY: clean
clean: ## Remove everything that was made here
	rm -rf .venv .venv-tryton build dist site .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache .fuzz
	find gateway adapters tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Pesagate needs Python 3.11 or later; $(PYTHON) is not. PYTHON=... names another one." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) comes without venv: install python3-venv (Debian, Ubuntu) first." >&2; exit 1; }
	@echo "Preparing .venv (once; a minute or less)"
	@$(PYTHON) -m venv .venv
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --editable .
	@touch $@

# A real Tryton for tests. Its packages would not go together with ours in one environment.
.venv-tryton/.ready: tests/erp/requirements-tryton.lock
	@$(PYTHON) -m venv .venv-tryton
	@.venv-tryton/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r $<
	@touch $@

.venv/.dev: requirements-dev.lock requirements-judges.txt .venv/.runtime
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --require-hashes --no-deps -r requirements-judges.txt
	@touch $@

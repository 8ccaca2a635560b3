# `make help` lists the targets. PYTHON=… chooses another Python, VENV=… another folder for what is installed,
# ARGS=… is handed on to pytest or the bench.

VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
COMPILE = $(VENV)/lock/bin/uv --no-config pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) pyproject.toml -

.DEFAULT_GOAL := help
.PHONY: help run test check lint format types floors guards bench lock clean FORCE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

run: $(VENV)/.run ide/dist/.stamp ## Set up what is missing, then database, gateway and worker; Ctrl-C stops all
	@exec $(BIN)/crossfade up

test: $(VENV)/.dev ide/dist/.stamp ## Run every test but the browser's and the audits of others, in parallel
	@$(BIN)/python -m pytest -n auto -m "not browser and not conformance" $(ARGS)

check: lint format types floors guards ## Lint, format, types, floors, guards, SDL and migrations

lint: $(VENV)/.dev
	@$(BIN)/ruff check .

format: $(VENV)/.dev
	@$(BIN)/ruff format --check .

types: $(VENV)/.dev
	@$(BIN)/mypy
	@$(BIN)/mypy -p bench

floors: $(VENV)/.dev
	@$(BIN)/lint-imports

guards: $(VENV)/.dev
	@$(BIN)/python -m pytest -q $(wildcard tests/test_*.py tests/migrations)

bench: $(VENV)/.dev ## Measure: one table, machine and versions named
	@$(BIN)/python -m bench $(ARGS)

lock: ## Write both locks anew, keeping the versions that still fit; UPGRADE=1 takes newer ones
	@python=$${PYTHON:-$$(tools/python)} && "$$python" -m venv $(VENV)/lock
	@$(VENV)/lock/bin/pip install --quiet --disable-pip-version-check uv==0.13.8
	@echo 'setuptools>=80' | $(COMPILE) --output-file requirements.lock
	@echo 'setuptools>=80' | $(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## Remove what was built here; the database in .data stays
	rm -rf $(VENV) *.egg-info ide/dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is worth nothing where the interpreter of the venv is gone or broken.
ifneq ($(shell $(BIN)/python -c 'print("starts")' 2>/dev/null),starts)
$(VENV)/.run: FORCE
endif

# setuptools is in the lock, so that the last step asks no index for it.
$(VENV)/.run: requirements.lock pyproject.toml
	@$(BIN)/python -c '' 2>/dev/null || { \
	    python=$${PYTHON:-$$(tools/python)} && echo "Setting up $(VENV) with $$python" && "$$python" -m venv --clear $(VENV); }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# The gateway runs without GraphiQL: where there is no network, its page says how to get it.
ide/dist/.stamp: $(wildcard ide/*.* ide/examples/*) | $(VENV)/.run
	@if $(BIN)/python -m gateway.ide install; then touch $@; fi

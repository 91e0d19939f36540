# Everything a contributor types. Python 3.11+ and a package registry do for all but `make test-vscode`, a part of `make test`,
# which needs Node 20+ and Chromium too.
SHELL := /bin/bash
PYTHON := .venv/bin/python
BIN := .venv/bin
# Processes that run the suite; `make test WORKERS=0` runs one test after the other.
WORKERS := logical
# In CI: what failed beside others is tried alone, once; both results stay to be read.
ONCE_MORE := { echo "==> what failed is tried once more, one test after the other"; \
	$(BIN)/coverage run -m pytest --last-failed --last-failed-no-failures none --exitfirst; }

.DEFAULT_GOAL := help
.PHONY: help setup run test test-python test-vscode check format schema lock bench clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

setup: ## Build .venv from the lock and install Tercet into it (quick when nothing changed)
	@scripts/setup

run: setup ## Repair a failing test of a fresh copy of the example, and show how it was proved
	@$(PYTHON) scripts/demonstrate.py

test: test-python test-vscode ## Run every suite

test-python: setup ## Run the Python suite on every core with coverage across processes, and hold the thresholds
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(WORKERS) --maxprocesses=8 --dist loadfile $(ARGS) $(if $(CI),|| $(ONCE_MORE))
	@$(BIN)/coverage combine -q
	$(PYTHON) scripts/check_coverage.py

test-vscode: setup ## Check, package and try the VS Code extension in VS Code's own workbench, the oldest and the newest
	@scripts/setup_vscode
	cd vscode-extension && npm run -s check && npm run -s package && npm test

check: setup ## Format, lint, types (mypy, pyright), layers, spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright --warnings
	$(BIN)/lint-imports --no-cache
	$(BIN)/codespell

format: setup ## Format the code and apply the linter's safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schema: setup ## Write what is generated from the code anew: docs/schema, the tables of settings
	$(PYTHON) scripts/generate_schema.py
	$(PYTHON) scripts/generate_configuration_page.py

lock: setup ## Resolve the dependencies anew into requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header \
		--extra all --group dev pyproject.toml -o requirements.lock

bench: setup ## Measure (see docs/benchmarks.md)
	$(PYTHON) -m benchmarks.lsp $(ARGS)

clean: ## Remove what was built and cached; .venv too
	rm -rf .venv .coverage .coverage.* htmlcov dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		vscode-extension/out vscode-extension/node_modules vscode-extension/test/workbench/*/node_modules

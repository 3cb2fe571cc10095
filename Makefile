# Works with the make of macOS (3.81) and of Debian. `make` alone lists the commands.
PYTHON_BIN := .venv/bin
READY := .venv/.ready
READY_DEV := .venv/.ready-dev

.DEFAULT_GOAL := help
.PHONY: help setup run test check format lint types imports coverage bench bench-ui schemas messages snapshots pictures lock clean

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

setup: $(READY_DEV) ## set up .venv with everything, tests and linters too

run: $(READY) ## set up .venv and open the app on its example
	@$(PYTHON_BIN)/estimator app

test: $(READY_DEV) ## set up .venv and run the tests
	@$(PYTHON_BIN)/python -m pytest

check: lint types imports test ## format check, lint, types, import contracts, tests

format: $(READY_DEV) ## format the code and mend what the linter can
	@$(PYTHON_BIN)/ruff check --fix-only --quiet .
	@$(PYTHON_BIN)/ruff format .

lint: $(READY_DEV) ## check the format and lint
	@$(PYTHON_BIN)/ruff format --check .
	@$(PYTHON_BIN)/ruff check .

types: $(READY_DEV) ## check the types
	@$(PYTHON_BIN)/mypy

imports: $(READY_DEV) ## check who may import whom
	@$(PYTHON_BIN)/lint-imports --no-logo

coverage: $(READY_DEV) ## run the tests and show which lines and branches they miss
	@$(PYTHON_BIN)/python -m pytest --cov --cov-report=term

bench: $(READY_DEV) ## measure the speed
	@$(PYTHON_BIN)/python -m benchmarks

bench-ui: $(READY_DEV) ## measure how long people wait, in a browser (needs Chromium)
	@$(PYTHON_BIN)/python -m benchmarks.browser

schemas: $(READY_DEV) ## publish the JSON Schemas under docs/schemas
	@$(PYTHON_BIN)/python -m tools.schemas

messages: $(READY_DEV) ## bring the message catalogues up to date after a text has changed
	@$(PYTHON_BIN)/python -m tools.messages

snapshots: $(READY_DEV) ## rewrite tests/golden/snapshot; review the diff
	@$(PYTHON_BIN)/python -m pytest --rewrite-snapshots

pictures: $(READY_DEV) ## take the pictures of the app in docs/pictures (needs Chromium)
	@$(PYTHON_BIN)/python -m tools.screenshot / docs/pictures/app.png --height 1290
	@$(PYTHON_BIN)/python -m tools.screenshot / docs/pictures/app-dark.png --height 1290 --dark
	@$(PYTHON_BIN)/python -m tools.screenshot '/?lang=es' docs/pictures/app-spanish.png --height 1290
	@$(PYTHON_BIN)/python -m tools.screenshot / docs/pictures/app-phone.png --width 390 --height 1500
	@$(PYTHON_BIN)/python -m tools.screenshot /compare docs/pictures/compare.png --height 1090
	@$(PYTHON_BIN)/python -m tools.screenshot /sources docs/pictures/sources.png --height 1000

lock: $(READY_DEV) ## update the locked versions within pyproject.toml (needs uv)
	@tools/lock.sh

clean: ## remove .venv and every cache
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage

# The set-up runs again only when a lock, pyproject.toml or the script is newer than its stamp.
$(READY): requirements.lock pyproject.toml tools/setup.sh
	@tools/setup.sh requirements.lock
	@touch $@

$(READY_DEV): requirements-dev.lock requirements.lock pyproject.toml tools/setup.sh
	@tools/setup.sh requirements-dev.lock
	@touch $(READY) $@

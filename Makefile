# The commands of this project; `make help` lists them. Nothing is needed beforehand but python3 and make.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-stop test check bench format requirements clean

help: ## List the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY) ## Make a virtual environment with everything pinned and hashed

$(READY): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## Send recorded agent sessions to a server, show what boto3 reads, leave the server up
	@$(BIN)/python -m demo

demo-stop: $(READY) ## Stop the server that `make demo` left up
	@$(BIN)/python -m demo --stop

test: check ## Run every check and test
	$(BIN)/python -m coverage erase
	$(BIN)/python -m pytest -n 2 --dist loadgroup --cov --cov-report=
	$(BIN)/python -m coverage report --format=total --fail-under=90
	$(BIN)/python -m coverage report --fail-under=100 --include='src/spanglass/model/*,src/spanglass/conventions/*,src/spanglass/mapping/*'

check: $(READY) ## Check format, lint, types, layers and dependencies
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry src

bench: $(READY) ## Measure, each figure beside a baseline of the same run
	@$(BIN)/python -m bench

format: $(READY) ## Format and mend what can be mended by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

requirements: ## Pin again, with hashes and without download addresses (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements/runtime.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --group dev pyproject.toml \
		-c requirements/runtime.txt -o requirements/dev.txt

clean: ## Remove what the other commands made
	rm -rf .venv .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*

# The commands of this project; `make help` lists them. Nothing is needed beforehand but python3 and make.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
PAGES := src/spanglass/viewer/static/index.html
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix viewer

.DEFAULT_GOAL := help
.PHONY: help setup setup-clients setup-cassandra browser demo demo-stop test test-long test-cluster test-viewer fuzz check check-python check-viewer bench record guides site format types pictures requirements clean

# Processes that run tests: two for two processors, and one that mostly waits for Cassandra.
PROCESSES := 3

# The tests that cover the pure packages by themselves (tests/conftest.py). Coverage takes twice the time of what it watches,
# so it watches nothing else.
PURE := tests/model tests/conventions tests/mapping tests/masking

# Python may be told by its environment not to keep what it has compiled; servers, which tests start by the hundred, would
# then compile all of it each time. Empty is as good as unset.
export PYTHONDONTWRITEBYTECODE :=

# The AWS clients that tests drive, beside the boto3 of this environment: those whose programs are here.
CLIENTS := boto3_2025 awscli javascript go java
PROGRAM_go := go
PROGRAM_java := mvn
INSTALLABLE := $(foreach client,$(CLIENTS),$(if $(PROGRAM_$(client)),$(if $(shell command -v $(PROGRAM_$(client))),$(client)),$(client)))

help: ## List the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY) $(PAGES) browser ## Make a virtual environment with everything pinned and hashed; build the viewer

# Nothing is compiled beforehand: most of it is never imported, and compiling all takes half a minute.
$(READY): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup-clients: $(INSTALLABLE:%=client-%) ## Install the AWS clients that tests drive

.PHONY: client-boto3 $(CLIENTS:%=client-%)
client-boto3: $(READY)
client-boto3_2025: .clients/boto3_2025/ready
client-awscli: .clients/awscli/ready
client-javascript: tests/clients/javascript/node_modules/.package-lock.json
client-go: .clients/go/driver
client-java: .clients/java/ready

.clients/boto3_2025/ready .clients/awscli/ready: .clients/%/ready: tests/clients/%/requirements.txt $(READY)
	$(PYTHON) -m venv --clear --without-pip .clients/$*
	$(BIN)/python -m pip --python .clients/$*/bin/python install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

tests/clients/javascript/node_modules/.package-lock.json: tests/clients/javascript/package-lock.json | $(READY)
	cd $(<D) && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent --no-audit --no-fund
	@touch $@

.clients/go/driver: $(wildcard tests/clients/go/*)
	cd tests/clients/go && go build -o ../../../$@ .

.clients/java/ready: tests/clients/java/pom.xml
	rm -rf $(@D)
	mvn --quiet --batch-mode --file $< dependency:copy-dependencies -DoutputDirectory=$(abspath $(@D))
	@touch $@

setup-cassandra: $(if $(shell command -v java),$(if $(shell command -v mvn),.cassandra/ready)) ## Fetch the Cassandra that tests run, where java and mvn are

.cassandra/ready: tests/cassandra/pom.xml
	rm -rf $(@D)
	mvn --quiet --batch-mode --file $< dependency:copy-dependencies -DoutputDirectory=$(abspath $(@D))
	@touch $@

viewer/node_modules/ready: viewer/package-lock.json | $(READY)
	$(NPM) ci --silent
	@touch $@

$(PAGES): viewer/node_modules/ready viewer/index.html viewer/vite.config.ts $(shell find viewer/src viewer/public -type f)
	$(NPM) run --silent build

browser: ## Install the browser that the tests drive, where there is none and it can be
	@command -v chromium >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
		then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null; \
		else echo "Chromium is missing: install it with your system's packages to run the browser tests."; fi

demo: $(READY) $(PAGES) ## Send recorded agent sessions to a server, show what boto3 reads, leave the server up
	@$(BIN)/python -m demo

demo-stop: $(READY) ## Stop the server that `make demo` left up
	@$(BIN)/python -m demo --stop

test: ## Run every check and test
	$(MAKE) --no-print-directory --jobs=2 --output-sync check test-viewer setup-clients setup-cassandra browser
	$(BIN)/python -m pytest -n $(PROCESSES) -q -m pure $(PURE) --cov --cov-report=term:skip-covered
	$(BIN)/python -m pytest -n $(PROCESSES) -m 'not pure' --dist loadgroup -rs

check: check-python check-viewer ## Check format, lint, types, layers and dependencies, of the viewer too

check-python: $(READY) $(PAGES)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry src

check-viewer: viewer/node_modules/ready
	$(NPM) run --silent check

test-viewer: viewer/node_modules/ready
	$(NPM) run --silent test

test-long: export EFFORT := 4
test-long: test ## The same, with four times as many kills and examples, and of what is huge four times as much

test-cluster: $(READY) setup-cassandra ## Test what needs Cassandra nodes of its own: a cluster of three broken in every way, TLS, load
	$(BIN)/python -m pytest -rs -s -o python_files='faults_*.py own_nodes_*.py' tests/cassandra

fuzz: $(READY) ## Send 100,000 generated requests to both APIs
	@$(BIN)/python -m tests.fuzz

bench: $(READY) $(PAGES) ## Measure, each figure beside a baseline of the same run
	@$(BIN)/python -m bench

record: $(READY) ## Record what a framework exports, with the truth: EMITTER=strands [CASES=…], none: list them
	@$(BIN)/python -m recorder $(EMITTER) $(CASES)

guides: $(READY) ## Run the programs of the page of frameworks, each in an environment of its own: GUIDE=agno, none: all
	@$(BIN)/python -m tests.docs.guides $(GUIDE)

site: $(READY) ## Build the documentation as a site into site/
	$(BIN)/sphinx-build -q -W --keep-going -c docs/site . site
	@echo "site/index.html"

format: $(READY) viewer/node_modules/ready ## Format and mend what can be mended by itself
	$(NPM) run --silent format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(READY) viewer/node_modules/ready ## Make the viewer's types anew from the API's own description
	$(BIN)/python -m tools.describe_api > viewer/openapi.json
	$(NPM) run --silent types

pictures: $(READY) $(PAGES) browser ## Take a picture of every view and state of the viewer, into .pictures
	$(BIN)/python -m tests.browser.pictures

requirements: ## Pin again, with hashes and without download addresses (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements/runtime.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --group dev pyproject.toml \
		-c requirements/runtime.txt -o requirements/dev.txt
	for client in boto3_2025 awscli; do \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
			tests/clients/$$client/requirements.in -o tests/clients/$$client/requirements.txt || exit; \
	done

clean: ## Remove what the other commands made
	rm -rf .venv .clients .cassandra .demo .pictures site tests/clients/javascript/node_modules viewer/node_modules src/spanglass/viewer/static .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*

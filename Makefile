# The commands of the README. Each does its own set-up; what is there already costs nothing.
#   make grade   grade two shipped submissions on a real cluster: one right, one wrong
#   make test    run all tests: unit, browser and cluster
#   make unit    run the tests that need no cluster, no root and no network
#   make lint    check style and types
#   make docs    write docs/reference/checks.md anew, from the docstrings of checks/
#   make clean   remove the cluster, the registry, results and caches

SHELL := /bin/sh
.DELETE_ON_ERROR:
.PHONY: grade test test-kept-cluster test-own-clusters unit lint docs clean setup

BIN := .venv/bin
# What sudo hands on: how this machine reaches others, and what the person has chosen.
KEPT := http_proxy,https_proxy,no_proxy,HTTP_PROXY,HTTPS_PROXY,NO_PROXY,GOPROXY,GOSUMDB,GONOSUMDB
KEPT := $(KEPT),KIND_EXPERIMENTAL_PROVIDER,KUBEPROCTOR_REGISTRY
# Nodes, network namespaces and Debian images need root.
AS_ROOT := $(if $(filter 0,$(shell id -u)),,sudo --preserve-env=$(KEPT))
PROCTOR := $(AS_ROOT) $(BIN)/kubeproctor
UNIT := $(BIN)/python -m pytest tests/unit tests/hostile -m 'not cluster and not root' -n 2 -q
CLUSTER := $(AS_ROOT) $(BIN)/python -m pytest tests/cluster tests/hostile
SLICE := assignments/custom-load-balancing
GRADE := $(PROCTOR) grade --assignment custom-load-balancing

grade: setup
	@mkdir -p results; $(GRADE) $(SLICE)/wrong/label-on-deployment > results/wrong.txt 2>&1 & wrong=$$!; \
	  $(GRADE) $(SLICE)/solutions/manifests; right=$$?; wait $$wrong; wrong=$$?; echo; cat results/wrong.txt; \
	  echo; if [ $$right = 0 ] && [ $$wrong = 1 ]; then echo 'The right submission passed and the wrong one failed: as it should be.'; \
	  else echo "exit codes: right $$right (not 0), or wrong $$wrong (not 1)" >&2; exit 1; fi

# On the cluster come first the tests that need the whole machine, then those that disturb the kept cluster beside
# those that make clusters of their own, then those that share the kept one.
test: setup
	$(UNIT)
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m pytest tests/browser -n 2 -q
	$(PROCTOR) cluster up
	$(CLUSTER) -m alone
	@$(MAKE) --no-print-directory -j 2 test-kept-cluster test-own-clusters
	$(AS_ROOT) $(BIN)/python -m pytest tests/root tests/cluster tests/hostile \
	  -m 'shared or root or engine or network' -n 3 --dist loadfile

test-kept-cluster:
	$(CLUSTER) -m 'cluster and not (shared or alone or own_clusters)'

test-own-clusters:
	@said=$$(mktemp); $(CLUSTER) -m own_clusters > "$$said" 2>&1; code=$$?; cat "$$said"; rm "$$said"; exit $$code

unit:
	@./bootstrap
	$(UNIT)

lint:
	@./bootstrap
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

docs:
	@./bootstrap
	$(BIN)/python docs/reference/make_checks.py

setup:
	@./bootstrap
	@$(PROCTOR) doctor --fix --quiet

clean:
	@[ ! -x $(BIN)/kubeproctor ] || $(PROCTOR) cluster down --all
	@[ ! -x $(BIN)/kubeproctor ] || $(PROCTOR) images prune --all
	$(AS_ROOT) rm -rf .venv results .mypy_cache .pytest_cache .ruff_cache

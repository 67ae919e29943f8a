# Everything a newcomer runs. `make` alone lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
N ?= 20

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench faults docs lock clean

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(READY) ## play a day, a flood, an operator's evening and a midnight, and prove the result
	@$(BIN)/huma-xledger demo

test: lint ## check everything, as CI does
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: $(READY) ## formatting, rules of style, types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/mypy --python-version 3.13

bench: $(READY) ## measure beside the peers; takes a while
	@$(BIN)/python -m benchmarks

faults: $(READY) ## kill and break things at random: make faults N=200
	@HUMA_XLEDGER_TEST_FAULT_ROUNDS=$(N) $(BIN)/python -m pytest tests/faults --timeout 0 -s

docs: $(READY) ## write the generated documents anew
	@$(BIN)/python -m console.documentation
	@HUMA_XLEDGER_TEST_WRITE_TRANSCRIPT=1 $(BIN)/python -m pytest -q --no-header --no-summary \
		tests/console/dead_letters/test_transcript.py

lock: ## resolve the dependencies anew: hashes, no addresses
	@$(PYTHON) -m venv $(VENV)-lock
	@$(VENV)-lock/bin/pip --disable-pip-version-check install --quiet uv
	@$(VENV)-lock/bin/uv pip compile --universal --generate-hashes --no-header --no-emit-index-url \
		--no-annotate --upgrade --group dev pyproject.toml -o requirements.lock

clean: ## remove what was built, never data
	@rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(not (3, 11) <= v <= (3, 13) and "huma-xledger needs Python 3.11, 3.12 or 3.13, and this is %d.%d: make PYTHON=python3.12" % v)'
	@echo "Setting up $(VENV) (once)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes --no-deps \
		--requirement requirements.lock
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps \
		--no-build-isolation --editable .
	@touch $(READY)

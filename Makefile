# Every target makes what it needs in .venv: on a fresh clone, Python 3.11 or later and make are enough.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
PYTEST_ARGS ?=
BENCH_ARGS ?=
export PYTHON

MADE := $(VENV)/.atlas-made
CORE := $(VENV)/.atlas-core
DEVELOPMENT := $(VENV)/.atlas-development

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench

help: ## Show the targets
	@echo "make TARGET, each on a fresh clone:"
	@sed -n 's/^\([a-z]*\):.*## /  \1	/p' Makefile

setup: $(DEVELOPMENT) ## Install everything into .venv and compile the kernel
	$(BIN)/atlas doctor --warm

demo: $(CORE) ## Run a backtest on the sample data and write its report
	$(BIN)/atlas demo

test: $(DEVELOPMENT) ## Run the tests (PYTEST_ARGS="-m slow" for the soak and exhaustive ones)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(DEVELOPMENT) ## Check format, lint, types and architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/architecture --quiet

bench: $(CORE) ## Measure Atlas, beside its targets and its peers, each in its own environment (BENCH_ARGS="--help")
	$(BIN)/python -m benchmarks.run_all $(BENCH_ARGS)

$(MADE):
	sh scripts/make_environment.sh $(VENV)
	@touch $@

$(CORE): pyproject.toml constraints.txt $(MADE)
	@echo "Installing Atlas and its libraries into $(VENV) (minutes on the first run)"
	$(PIP) --editable .
	@touch $@

$(DEVELOPMENT): $(CORE)
	@echo "Installing the development tools into $(VENV)"
	$(PIP) --editable '.[dev]'
	@touch $@

# `make run` and `make test` need Python 3.10 or newer with its venv module; all else is installed into .venv.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
AZURITE := $(VENV)/.azurite-3.35.0
PIP := $(if $(shell command -v uv),uv pip install --python $(PY),$(PY) -m pip install)

.PHONY: run test lint bench
.DELETE_ON_ERROR:

run: $(VENV)/.examples  ## run the example pipeline
	$(VENV)/bin/podium run examples/digits.py

test: $(VENV)/.dev $(VENV)/.programs $(AZURITE)  ## run the tests; more options in PYTEST_ARGS
	$(PY) -m pytest -n auto $(PYTEST_ARGS)

lint: $(VENV)/.dev  ## style, types, import contracts
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: $(VENV)/.dev  ## measure; ROWS="chain cli" chooses, QUICK=1 measures less
	$(PY) -m tests.benchmarks $(if $(QUICK),--quick) $(ROWS)

# One stamp per extra: installed again only when pyproject.toml changes.
$(VENV)/.%: pyproject.toml | $(PY)
	$(PIP) --quiet --editable '.[$*]'
	@touch $@

# The real programs that tests talk to.
$(VENV)/.programs: tests/programs.sh | $(PY)
	bash tests/programs.sh
	@touch $@

# Azure's Blob Storage for the tests, by the npm that the dev extra brings; it trusts what this machine does.
$(AZURITE): export NODE_EXTRA_CA_CERTS ?= $(wildcard /etc/ssl/certs/ca-certificates.crt)
$(AZURITE): | $(VENV)/.dev
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm install --prefix $(VENV)/azurite --omit=dev --ignore-scripts \
		--no-package-lock --no-audit --no-fund --loglevel=error azurite@$(AZURITE:$(VENV)/.azurite-%=%)
	@touch $@

$(PY):
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

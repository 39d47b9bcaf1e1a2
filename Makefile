# The two commands of the README are `make run` and `make test`; `make help` lists the rest.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# The machine's certificates, not uv's own: a company's proxy has one of its own.
export UV_SYSTEM_CERTS := 1

.DEFAULT_GOAL := help
.PHONY: help setup run test check lock benchmark clean

help:  ## lists the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | column -t -s '	'

setup: $(INSTALLED)  ## installs everything into .venv

$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "setup: $(PYTHON) is missing: install Python 3.11, or say PYTHON=..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13,<1'
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $@

run: setup  ## runs the main job on demonstration sources, and says where marts and pages are
	@$(BIN)/cmn demo

test: setup  ## runs all tests
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

check: setup  ## format, lint, types, imports: runs all, counts failures
	@failures=0; for step in \
		"ruff format --check ." "ruff check ." "sqlfluff lint --processes 2 dbt_project" "mypy" "lint-imports"; do \
		echo "== $$step"; PATH="$(CURDIR)/$(BIN):$$PATH" $$step || failures=$$((failures + 1)); done; \
	echo "$$failures of 5 checks failed"; test $$failures -eq 0

benchmark: setup  ## speed and memory, as ratios in one run
	@$(BIN)/python -m benchmarks

lock: setup  ## resolves requirements.lock anew
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --extra test --upgrade pyproject.toml -o requirements.lock

clean:  ## removes the environment and the demonstration home
	rm -rf $(VENV) var

# The two commands of the README are `make run` and `make test`; `make help` lists the rest.
# Which Python: the first of 3.11 to 3.13 that `.ci/fitting-python` finds, or PYTHON=NAME.
PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# What must hold on every Python, and not only on the one that runs all tests: reading, the gate, recoding, the audit,
# what a release holds, and one run of the whole.
ON_EVERY_PYTHON := tests/unit \
	tests/property/test_csv_records.py tests/property/test_gate_agrees.py tests/property/test_judge_agrees.py \
	tests/property/test_recoding_is_optimal.py tests/property/test_recoding_is_safe.py \
	tests/promises/gate tests/promises/deliveries/test_damaged_consents.py \
	tests/promises/deliveries/test_input_refusals.py tests/promises/deliveries/test_session_judgement.py \
	tests/attacks/test_audit_of_releases.py tests/attacks/test_recoding_attacks.py tests/attacks/test_release_audit.py \
	tests/dags/test_dag_files.py tests/end_to_end/test_canaries.py tests/end_to_end/test_demonstration.py

# The machine's certificates, not uv's own: a company's proxy has one of its own.
export UV_SYSTEM_CERTS := 1

.DEFAULT_GOAL := help
.PHONY: help setup run test test-python .test-python check crash-test damage-test fuzz audit sbom lock benchmark clean

help:  ## lists the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | column -t -s '	'

setup: $(INSTALLED)  ## installs everything into .venv

# A Python that is named, and is not the one of the environment, makes it anew.
ifneq ($(PYTHON),)
ifneq ($(shell { $(PYTHON) -V; } 2>/dev/null),$(shell { $(BIN)/python -V; } 2>/dev/null))
.PHONY: $(INSTALLED)
endif
endif

$(INSTALLED): requirements.lock pyproject.toml
	@python=$$(.ci/fitting-python "$(PYTHON)") && "$$python" -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13,<1'
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $@

run: setup  ## runs the main job on demonstration sources, and says where marts and pages are
	@$(BIN)/cmn demo

test: setup  ## runs all tests
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-python:  ## runs, in an environment of its own, what must hold on every Python: `make test-python PYTHON=python3.13`
	@python=$$(.ci/fitting-python "$(PYTHON)") && version=$$("$$python" -V) && \
		$(MAKE) --no-print-directory PYTHON="$$python" VENV="build/python-$${version#Python }" .test-python

.test-python: setup
	@$(BIN)/python -V
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(ON_EVERY_PYTHON)

# The same call again goes on where it ended; another SEED, other moments.
KILLS ?= 500
SEED ?= 1
MINUTES ?= 60
FOLDER ?= var/crash

crash-test: setup  ## kills whole runs in every step, fills their disk, and compares what comes of them; for an hour
	@$(BIN)/python -m tests.crash --kills $(KILLS) --seed $(SEED) --minutes $(MINUTES) --folder $(FOLDER)

damage-test: setup  ## damages every file of a finished home in five ways under every command; for an hour
	@CMN_EVERY_DAMAGE=1 $(BIN)/python -m pytest tests/promises/home/test_damaged_home.py

# What is found is kept in tests/fuzz/kept, and tried again by every `make test`.
INPUTS ?= 100000

fuzz: setup  ## mutated deliveries over every reader: each is records that are all accounted for, or one refusal
	@$(BIN)/python -m tests.fuzz --inputs $(INPUTS) --seed $(SEED)

# Tools of other hands, in an environment of their own: what they need never meets what we lock.
AUDIT_TOOLS := build/audit-tools
SERVICE ?= osv

$(AUDIT_TOOLS)/.installed:
	@$(BIN)/python -m venv --clear $(AUDIT_TOOLS)
	@$(AUDIT_TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1 cyclonedx-bom==7.5.0
	@touch $@

audit: setup $(AUDIT_TOOLS)/.installed sbom  ## known vulnerabilities of the locked versions (SERVICE: osv or pypi), and the bill of materials
	@$(BIN)/python -m tests.supply_chain --pip-audit $(AUDIT_TOOLS)/bin/pip-audit --service $(SERVICE)

sbom: setup $(AUDIT_TOOLS)/.installed  ## bill of materials of what is installed, build/sbom.cdx.json (CycloneDX); asks nobody
	@$(AUDIT_TOOLS)/bin/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml \
		--output-format JSON --output-file build/sbom.cdx.json $(BIN)/python
	@echo "build/sbom.cdx.json holds what is installed"

check: setup  ## format, lint, types, imports: runs all, counts failures
	@failures=0; for step in \
		"ruff format --check ." "ruff check ." "sqlfluff lint --processes 2 dbt_project" \
		"sqlfluff lint --templater placeholder consent demonstration home ingestion" "mypy" "lint-imports"; do \
		echo "== $$step"; PATH="$(CURDIR)/$(BIN):$$PATH" $$step || failures=$$((failures + 1)); done; \
	echo "$$failures of 6 checks failed"; test $$failures -eq 0

benchmark: setup  ## speed and memory, as ratios in one run
	@$(BIN)/python -m benchmarks

lock: setup  ## resolves requirements.lock anew, one for all Pythons, no version changed without need (UPGRADE=--upgrade)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra test $(UPGRADE) \
		pyproject.toml -o requirements.lock

clean:  ## removes environments and the demonstration home
	rm -rf .venv build var

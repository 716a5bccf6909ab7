# make run    start Atelier on this machine (the first time it installs it into .venv)
# make test   lint, types, import contracts and every test
# Options: PYTEST="tests/faults -k disk"  PYTEST_PROCESSES=1  PYTHON=python3.12  VENV=/path  PIP_OPTIONS="--index-url ..."  UP="--home DIR --port N"

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
PIP_OPTIONS ?=
UP ?=
PYTEST ?=
# Many tests wait for processes rather than compute: more of them at once than there are cores. Files keep their
# order: those of one folder share what they start, and the long ones come before the many short ones.
PYTEST_PROCESSES ?= 3
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.atelier-run
TEST_STAMP := $(VENV)/.atelier-test
BENCH_STAMP := $(VENV)/.atelier-bench

.PHONY: run test install lint types contracts pytest secrets wheel bench clean

run: $(RUN_STAMP)
	exec $(BIN)/atelier up $(UP)

install: $(RUN_STAMP)

$(RUN_STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Atelier needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(PIP_OPTIONS) --editable '.[worker]'
	touch $@

$(TEST_STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Atelier needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(PIP_OPTIONS) --editable '.[worker,postgres,s3,test]'
	touch $(RUN_STAMP) $@

# What Atelier is measured against comes on top.
$(BENCH_STAMP): $(TEST_STAMP)
	$(BIN)/python -m pip install $(PIP_OPTIONS) --editable '.[bench]'
	touch $@

test: lint types contracts pytest

lint: $(TEST_STAMP)
	$(BIN)/ruff check .

types: $(TEST_STAMP)
	$(BIN)/mypy

contracts: $(TEST_STAMP)
	$(BIN)/lint-imports

pytest: $(TEST_STAMP)
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
		|| echo 'No Chromium on PATH: the tests under tests/browser are skipped.'
	$(BIN)/python -m pytest --numprocesses $(PYTEST_PROCESSES) --dist loadfile --no-loadscope-reorder $(PYTEST)

# Secrets for docker-compose.yml. The folder is closed; each file alone is mounted, readable, into its container.
secrets:
	mkdir -p -m 0700 secrets
	for name in postgres redis password; do \
		test -s secrets/$$name || $(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(24), end="")' > secrets/$$name; \
	done
	printf 'postgresql+psycopg://atelier:%s@postgres/atelier' "$$(cat secrets/postgres)" > secrets/database_url
	printf 'redis://:%s@redis:6379/0' "$$(cat secrets/redis)" > secrets/redis_url
	chmod 0644 secrets/*

wheel: $(RUN_STAMP)
	$(BIN)/python -m pip wheel $(PIP_OPTIONS) --no-deps --wheel-dir dist .

bench: $(BENCH_STAMP)
	$(BIN)/python -m bench.start
	$(BIN)/python -m bench.round_trip
	$(BIN)/python -m bench.memory
	$(BIN)/python -m bench.train
	$(BIN)/python -m bench.music_speed
	$(BIN)/python -m bench.analysis_speed
	$(BIN)/python -m bench.analysis_examine
	$(BIN)/python -m bench.queue
	$(BIN)/python -m bench.generation
	$(BIN)/python -m bench.backlog
	$(BIN)/python -m bench.fairness
	$(BIN)/python -m bench.affinity
	$(BIN)/python -m bench.preemption
	$(BIN)/python -m bench.scale
	$(BIN)/python -m bench.submit
	$(BIN)/python -m bench.polling
	$(BIN)/python -m bench.reliability

clean:
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

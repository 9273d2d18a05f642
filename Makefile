# Everything a fresh machine needs is set up by the first target that is called: Python 3.11 or newer and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint format docs benchmark backlog memory chaos soak lock clean

demo: $(READY)          ## the whole tour against the sandbox; nothing to configure
	$(BIN)/syncd demo $(if $(DEMO_TRAFFIC),--traffic $(DEMO_TRAFFIC))

test: $(READY)          ## the test-suite
	$(BIN)/python -m pytest -n auto --dist worksteal

lint: $(READY)          ## ruff, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)        ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY)          ## write syncd.yaml.example and the reference pages from the schemas
	$(BIN)/python -m syncd.config.generate

benchmark: $(READY)     ## calls and seconds for a thousand orders
	$(BIN)/python benchmarks/thousand_orders.py

backlog: $(READY)       ## two thousand orders against slow answers: use of the allowed rate, CPU. ARGS="--requests 10"
	$(BIN)/python benchmarks/backlog.py $(ARGS)

memory: $(READY)        ## the idle daemon, with an empty ledger and with 100,000 orders in it. ARGS="--orders 1000"
	$(BIN)/python benchmarks/memory.py $(ARGS)

chaos: $(READY)         ## kills, faults, lost ledgers, late answers: is anything made twice or lost? ARGS="a --every 10"
	PYTHONPATH=tests $(BIN)/python -m chaos $(ARGS)

soak: $(READY)          ## two weeks of the daemon's time: intervals, memory, outages
	SOAK_DAYS=14 $(BIN)/python -m pytest tests/daemon/test_a_day.py --timeout 0

lock:                   ## resolve requirements.lock anew (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header -q -o requirements.lock

clean:
	rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "syncd needs Python 3.11 or newer; name one with make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

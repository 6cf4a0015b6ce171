# make demo     install the program, mirror the bundled sample of LL2, prove it, ask it
# make test     install the developers' tools, too, and run the tests
# make schema   write schema.sql, docs/columns.md and the metadata for plain Datasette from what
#               ll2_mirror/ll2 declares
# make check    what CI runs: format, lint, types, then the tests
# make soak     the tests that take long, and all cases of those that are sampled: 200 kills, a
#               simulated year of cron, an hour of fuzz
# make man      write the manual page from the help
# make screenshots  take the pictures of the docs again, with the machine's Chromium
# make bench    time and memory as ratios to a floor, in one run

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Two steps of installing: the program with what it needs to run, then its developers' tools.
PROGRAM := $(VENV)/.program
TOOLS := $(VENV)/.tools
SOURCE := etl tests bench docs/man.py

# Each worker of the tests, and each process that they start, reads what the first one compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo screenshots schema test soak lint check man bench clean

demo: $(PROGRAM)
	@$(BIN)/ll2-mirror demo data/demo

schema: $(PROGRAM)
	$(BIN)/python -m ll2_mirror.ll2.generate

test: $(TOOLS)
	$(BIN)/python -m pytest -n auto --dist loadfile

soak: $(TOOLS)
	LL2_MIRROR_SOAK=1 $(BIN)/python -m pytest -m 'soak or sampled'

lint: $(TOOLS)
	$(BIN)/ruff format --check $(SOURCE)
	$(BIN)/ruff check $(SOURCE)
	$(BIN)/mypy

check: lint test

man: $(PROGRAM)
	COLUMNS=80 $(BIN)/python docs/man.py > docs/ll2-mirror.1

screenshots: $(TOOLS)
	$(BIN)/python bench/screenshots.py

bench: $(TOOLS)
	$(BIN)/python bench/bench.py
	$(BIN)/python bench/serve.py
	$(BIN)/python bench/lists.py
	$(BIN)/python bench/share.py
	$(BIN)/python bench/pages.py
	$(BIN)/python bench/freshness.py

$(PROGRAM): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

# Only pip 25.1 and later read groups.
$(TOOLS): $(PROGRAM)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

clean:
	rm -rf $(VENV) data/demo dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

# make demo     install, mirror the bundled sample of LL2, ask it, and serve it as a site
# make test     install, then run the tests
# make schema   make schema.sql and docs/columns.md anew from what ll2_mirror/ll2 declares
# make check    what CI runs: format, lint, types, then the tests
# make soak     the tests that take long: 200 kills, a simulated year of cron, an hour of fuzz
# make man      write the manual page from the help
# make screenshots  make the pictures of the docs anew, with the Chromium of the machine
# make bench    time and memory as ratios to a floor, in one run

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SOURCE := etl tests bench docs/man.py

.PHONY: demo screenshots schema test soak lint check man bench clean

demo: $(STAMP)
	$(BIN)/ll2-mirror demo data/demo
	@if [ -t 1 ]; then $(BIN)/ll2-mirror serve data/demo/demo.db; fi

schema: $(STAMP)
	$(BIN)/python -m ll2_mirror.ll2.generate

test: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist loadfile

soak: $(STAMP)
	$(BIN)/python -m pytest -m soak

lint: $(STAMP)
	$(BIN)/ruff format --check $(SOURCE)
	$(BIN)/ruff check $(SOURCE)
	$(BIN)/mypy

check: lint test

man: $(STAMP)
	COLUMNS=80 $(BIN)/python docs/man.py > docs/ll2-mirror.1

screenshots: $(STAMP)
	$(BIN)/python bench/screenshots.py

bench: $(STAMP)
	$(BIN)/python bench/bench.py
	$(BIN)/python bench/serve.py
	$(BIN)/python bench/lists.py
	$(BIN)/python bench/share.py
	$(BIN)/python bench/pages.py

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

clean:
	rm -rf $(VENV) data/demo dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

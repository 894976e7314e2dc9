# One command each: the demo, the tests, the checks, a benchmark. Everything lives in .venv; nothing is installed elsewhere.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP ?= $(BIN)/python -m pip
DEMO_FLAGS ?=

.PHONY: demo test lint docs pictures bench bench-table clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, found " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(PIP) install --quiet --editable '.[all]' --group dev
	touch $@

demo: $(VENV)/.installed
	$(BIN)/python examples/milling-cell/demo.py $(DEMO_FLAGS)

test: $(VENV)/.installed
	PYTHON=$(BIN)/python tests/all.sh $(PYTEST_FLAGS)

lint: $(VENV)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m mypy --num-workers 2
	$(BIN)/lint-imports

docs: $(VENV)/.installed
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going docs build/docs
	@echo "Open build/docs/index.html"

pictures: $(VENV)/.installed
	$(BIN)/python -m pytest -q tests/workbench/browser/test_guide.py tests/workbench/browser/test_pictures.py
	@echo "The pictures of the guide and of the workbench are in docs/pictures; now: make docs"

bench: $(VENV)/.installed
	@test -n "$(NAME)" || { echo "Name one: make bench NAME=import  (see benchmarks/)"; exit 2; }
	$(BIN)/python benchmarks/$(NAME).py

bench-table: $(VENV)/.installed
	$(BIN)/python benchmarks/table.py

clean:
	rm -rf $(VENV) .demo build docs/pictures .mypy_cache .ruff_cache .pytest_cache .hypothesis

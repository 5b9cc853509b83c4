# The project's commands. Paths are quoted throughout: a clone may lie in a folder with spaces in its name.
# The work of `setup` and `bundle` is in tools/setup.py and tools/bundle.py.

.DEFAULT_GOAL := help
.PHONY: help migrations setup demo test long lint lock bench bench-tracing screenshots journal-verify bundle clean
MAKEFLAGS += --no-print-directory
PY := .venv/bin/python

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1|/p' Makefile | awk -F'|' '{printf "make %-16s %s\n", $$1, $$2}'

setup: ## build .venv, the front end and the messages; quick when nothing changed
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if command -v "$$python" >/dev/null 2>&1 \
	    && "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    exec "$$python" tools/setup.py; \
	  fi; \
	done; \
	echo "setup: needs Python 3.11 or newer; install it, or name it: make setup PYTHON=/path/to/python3.11" >&2; exit 1

demo: setup ## start a whole centre and play the synthetic province into it
	@exec $(PY) -m yipanqi.rehearsal

test: setup lint ## lint, types, imports, messages and all tests
	@exec $(PY) -m pytest

lint:
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' --no-cache
	@$(PY) tools/messages.py check

long: setup ## 1,000 random lives of a stop and splits of a fund, 10,000 random ledgers per tracing method; half an hour
	@env YIPANQI_RUNS=1000 $(PY) -m pytest tests/ops/measures/test_machine.py
	@env YIPANQI_RUNS=1000 $(PY) -m pytest tests/engine/restitution/test_against_oracle.py
	@exec env YIPANQI_RUNS=10000 $(PY) -m pytest tests/engine/tracing/test_against_oracle.py tests/engine/tracing/test_live.py

lock: ## resolve the Python packages anew into requirements.lock (needs uv)
	@command -v uv >/dev/null 2>&1 || { echo "lock: needs uv" >&2; exit 1; }
	uv pip compile pyproject.toml --extra dev --generate-hashes --no-emit-index-url --universal \
	  --python-version 3.11 -o requirements.lock --custom-compile-command "make lock"

bench: setup ## run the benchmarks and write what was reached
	@exec $(PY) -m benchmarks

bench-tracing: setup ## run the tracing engine beside DuckDB, SQLite, rustworkx and plain Python; an hour
	@exec $(PY) -m benchmarks.tracing

migrations: ## write the migrations that changed models lack
	@exec $(PY) tools/migrations.py

screenshots: setup ## walk the pages in a browser and save pictures to tests/screenshots
	@exec env YIPANQI_SCREENSHOTS=tests/screenshots $(PY) -m pytest -m browser

journal-verify: ## check the journal's chain of the centre that runs here
	@exec $(PY) -m yipanqi.cli.main journal verify

bundle: setup ## make dist/yipanqi-bundle.tar.gz, an install for a network without registries
	@exec $(PY) tools/bundle.py

clean: ## remove what was built; data folders stay
	@rm -rf .venv node_modules dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@rm -rf src/yipanqi.egg-info src/yipanqi/web/static/vendor
	@find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
	@find src -name '*.mo' -delete

.DEFAULT_GOAL := help
.PHONY: help setup run test soak bench pictures check format translations lock

PYTHON ?= python3
BIN := .venv/bin

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## .venv, dependencies and browser libraries; the other targets call it themselves
	@$(PYTHON) .ci/setup.py run

# The demo has a database of its own, so that it is never in the way of a desk that one begins.
run: setup ## serve the demo, in demo.sqlite3; with EMPTY=1 one's own desk instead, as config.toml says [HOST=… PORT=…]
	@$(if $(EMPTY),,PULT_DATABASE__URL="$${PULT_DATABASE__URL:-sqlite://demo.sqlite3}") \
		$(BIN)/python -m app serve $(if $(EMPTY),,--demo) $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

# The desk is started some hundred times there: whatever the machine says, Python keeps what it has compiled.
test soak: export PYTHONDONTWRITEBYTECODE :=

# Browser tests run in processes of their own, since they have one loop and one browser for all of them.
# Each of them gets one test at a time: some take a minute, and those come first.
# What is between runs on PostgreSQL, in a server of its own; where that is not installed, it is left out.
# Status 5 means that nothing was selected, which ARGS="-k …" may well do to some of them.
test: ## every test [ARGS="-k … -x"]
	@$(PYTHON) .ci/setup.py test
	@first=0; second=0; third=0; \
	$(BIN)/pytest tests --ignore tests/browser -n 2 $(ARGS) || first=$$?; \
	PULT_TEST_POSTGRES=1 $(BIN)/pytest tests/desk tests/web tests/live tests/work -n 2 $(ARGS) || second=$$?; \
	$(BIN)/pytest tests/browser -n 2 --maxschedchunk 1 $(ARGS) || third=$$?; \
	case "$$first$$second$$third" in *[!05]*|555) exit 1 ;; esac

soak: ## the convergence suites with fresh traces, a minute of cuts, every state, any bytes [TRACES=100]
	@$(PYTHON) .ci/setup.py test
	@PULT_SOAK=$(or $(TRACES),100) $(BIN)/pytest tests/live/test_storm.py tests/live/test_convergence.py tests/web/test_bad_input.py -q -s -o faulthandler_timeout=0 $(ARGS)
	@PULT_SOAK=$(or $(TRACES),100) $(BIN)/pytest tests/browser/test_convergence.py tests/browser/test_lines.py tests/browser/test_states.py -q -o faulthandler_timeout=0 $(ARGS)

bench: ## what pages, writes and pushes cost, as ratios within one run; takes 10 minutes [TICKETS=1000000]
	@$(PYTHON) .ci/setup.py test
	@$(BIN)/python -m tests.bench $(TICKETS)

pictures: ## the README's picture anew, of the demo in Chromium
	@$(PYTHON) .ci/setup.py test
	@$(BIN)/python -m tests.pictures

check: ## format, lint, types, import contracts, templates, and the desk's own check
	@$(PYTHON) .ci/setup.py check
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint templates --lint
	$(BIN)/python -m app check

format: ## put the code into its form, and mend what can be mended without thinking
	@$(PYTHON) .ci/setup.py check
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

translations: ## take the texts of code and templates into app/translations/ru.po, to be translated there
	@$(PYTHON) .ci/setup.py check
	@texts=$$(mktemp) && trap 'rm -f "$$texts"' EXIT && \
	$(BIN)/pybabel -q extract -F pyproject.toml --no-location --sort-output --no-wrap -o "$$texts" . && \
	$(BIN)/pybabel -q update -l ru -i "$$texts" -o app/translations/ru.po \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap

COMPILE = $(BIN)/uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes \
	--no-header --quiet $(ARGS)

lock: ## write the locks anew from pyproject.toml and static/package.json [ARGS=--upgrade]
	@$(PYTHON) .ci/setup.py check
	$(COMPILE) --output-file requirements.txt
	$(COMPILE) --group dev --constraint requirements.txt --output-file requirements-dev.txt
	cd static && npm install --package-lock-only --ignore-scripts --no-audit --no-fund

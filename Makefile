# make start: run the node · make test: every test on the real parts · make check: everything CI wants
# What is made lies beside what it was made from, so a second run does nothing needless and a deleted folder is made anew.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:

PYTHON ?= python3
BIN := .venv/bin
RUN := .venv/.run
DEV := .venv/.dev
NPM := node_modules/.package-lock.json
WEB := web/dist/index.html
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps
# The SNMP decoder's compiled twin, built with the package where there is a C compiler.
TWIN := setup.py $(wildcard backend/trapline/snmp/_twin*.[ch])
WEB_SOURCES := $(shell find web -type f -not -path 'web/dist/*' -not -name '*.test.*' 2>/dev/null)

.PHONY: start test check fuzz soak setup build lint clean lock test-parts
start: setup
	@exec $(BIN)/trapline start

setup: $(RUN) $(WEB)
	@$(BIN)/trapline setup

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed, and $(PYTHON) is $$($(PYTHON) --version 2>&1); set PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv .venv

# PYBJDATA_NO_EXTENSION: a dependency of Crossbar would otherwise compile an extension that nothing uses.
$(RUN): requirements/run.lock setup.cfg $(TWIN) | $(BIN)/python
	@echo "Python packages: installing what requirements/run.lock pins (about a minute)"
	@PYBJDATA_NO_EXTENSION=1 $(PIP) --require-hashes -r requirements/run.lock
	@$(PIP) --no-build-isolation -e .
	@touch $@

$(DEV): requirements/dev.lock setup.cfg $(TWIN) | $(BIN)/python
	@echo "Python packages: installing what requirements/dev.lock pins (about a minute)"
	@PYBJDATA_NO_EXTENSION=1 $(PIP) --require-hashes -r requirements/dev.lock
	@$(PIP) --no-build-isolation -e .
	@touch $@ $(RUN)

# Not `npm ci`: it refuses a lock file without every platform's optional packages, which registries do not all have.
# Versions and checksums are the lock file's all the same, and --no-save leaves it as it is.
$(NPM): package.json package-lock.json
	@command -v npm >/dev/null || { echo "npm is needed to build the web bundle: install Node.js 20 or newer"; exit 1; }
	@echo "npm packages: installing what package-lock.json pins"
	@npm install --no-save --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

$(WEB): $(NPM) $(WEB_SOURCES)
	@echo "web bundle: building"
	@npm run --silent build
	@touch $@

build: $(WEB)

# What the tests need of the system: net-snmp's tools, and a browser.
test-parts: $(NPM) $(DEV)
	@.ci/system-parts

test: $(DEV) $(WEB) test-parts
	npm run --silent test
	@$(BIN)/trapline setup
	# Twice, because autobahn speaks either asyncio (our stages) or Twisted (the router's side) in one process.
	$(BIN)/python -m pytest --ignore tests/node
	$(BIN)/python -m pytest tests/node

# Dead code by all that vulture suspects, but for names that others call: autobahn, Twisted, click, html.parser, pytest; and
# for what only the browsers' side of the contract uses.
CALLED_BY_OTHERS := onJoin,onOpen,onMessage,onClose,onChallenge,getChild,render_*,isLeaf,isBinary,wasClean,noisy,$\
  list_commands,get_command,format_commands,ctx,handle_starttag,handle_endtag,handle_data,Authenticator,$\
  pytestmark,pytest_runtest_call,command_ids,requestFactory,gotLength,handleContentChunk
VULTURE := $(BIN)/vulture backend tests bench --min-confidence 60 --exclude 'tests/document/test_document_shape.py' $\
  --ignore-decorators '@click.*,@*.command,@pytest.fixture' --ignore-names '$(CALLED_BY_OTHERS)'

lint: $(DEV) $(WEB)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(VULTURE)
	npm run --silent typecheck
	npm run --silent lint
	npm run --silent es5
	npm run --silent knip
	npm run --silent gen -- --check

check: lint test

# The SNMP decoder: coverage-guided, and its compiled twin's tests under the address and undefined-behaviour sanitizers.
FUZZ_SECONDS := 60
SANITIZE := -g -fsanitize=address,undefined -fno-sanitize-recover=undefined
fuzz: $(DEV)
	@$(PIP) --require-hashes -r requirements/fuzz.lock
	@mkdir -p test-results
	$(BIN)/python -m tests.snmp.fuzz_decoder -max_total_time=$(FUZZ_SECONDS)
	@CFLAGS="$(SANITIZE)" LDFLAGS="$(SANITIZE)" $(BIN)/python setup.py -q build --build-base build/sanitized
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libstdc++.so)" ASAN_OPTIONS=detect_leaks=0 \
	  PYTHONMALLOC=malloc PYTHONPATH=$$(echo build/sanitized/lib.*) \
	  $(BIN)/python -m pytest -p no:cacheprovider tests/snmp/test_snmp_twin.py

# The long counts; the figures go to bench/README.md. Half an hour, on a machine that does nothing else.
soak: $(DEV) $(WEB) test-parts
	@$(BIN)/trapline setup
	TRAPLINE_SOAK=1 $(BIN)/python -m pytest tests/e2e/test_faults.py tests/e2e/test_cluster.py
	TRAPLINE_SOAK=1 $(BIN)/python -m pytest -s tests/snmp/test_snmp_twin.py -k mutated_packets
	$(BIN)/python -m bench.faults --write
	$(BIN)/python -m bench.decoder --write
	$(BIN)/python -m bench.receivers --shapes small-v2c oem-v1 oem-v3 --seconds 5 --write
	$(BIN)/python -m bench.stage_speed --write
	$(BIN)/python -m bench.pixel --write
	$(BIN)/python -m bench.node --write

# After a change of requirements/*.in: what stays allowed stays as it is; `make lock UPGRADE=--upgrade` takes what is new.
UPGRADE :=
LOCK := PYBJDATA_NO_EXTENSION=1 $(BIN)/uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 \
  --generate-hashes --no-emit-index-url --no-header $(UPGRADE)
lock: $(DEV)
	$(LOCK) requirements/run.in -o requirements/run.lock
	$(LOCK) requirements/dev.in -c requirements/run.lock -o requirements/dev.lock

clean:
	rm -rf .venv node_modules web/dist build

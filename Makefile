# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
# `make demo` runs the box on its digital twin, `make test` proves it. Both set up what they need.

PYTHON := .venv/bin/python
ARGS ?=

# What Python compiles is kept for the next process, and apart, because nothing of it belongs on the drive.
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/pycache
export PYTHONDONTWRITEBYTECODE :=

.PHONY: homeassistant homeassistant-environment help setup setup-system demo test quick soak lint bench costs cars screenshots docs wiring enclosure enclosure-test site key bundle deploy clean

help:
	@echo "make demo         the box on its digital twin: a virtual car plugs in (ARGS=\"--help\" lists the options)"
	@echo "make test         set everything up, check everything"
	@echo "make quick        the checks without browser, Java and long sessions"
	@echo "make soak         what takes an hour: campaigns, cuts, months, fuzzing (FUZZ_MINUTES=50 of it), peers in real time"
	@echo "make bench        figures beside their budgets"
	@echo "make costs        what a line of each module costs, counted anew (five minutes)"
	@echo "make cars         every recorded car in every way of leaving, on the whole twin; writes docs/cars.md"
	@echo "make screenshots  the pictures of the README, from a run"
	@echo "make docs         the tables in docs/ that are printed from the code"
	@echo "make wiring       the wiring drawings, from hardware/wiring.py"
	@echo "make homeassistant  the box in a real Home Assistant, installed in build/homeassistant (400 MB)"
	@echo "make enclosure    the case: tests of its geometry, STL in enclosure/files, STEP in build/enclosure, pictures"
	@echo "make site         the documentation as a site, in build/site"
	@echo "make key          the key with which a publisher signs updates, kept outside the repository"
	@echo "make bundle       dist/: the .update for the page, the zip for the drive"
	@echo "make deploy       copies this version onto a mounted CIRCUITPY drive, libraries by circup"

setup:
	@bash host_tests/setup.sh venv

setup-system:
	@bash host_tests/setup.sh system

demo: setup
	@$(PYTHON) -m host_tests.twin $(ARGS)

# Four at a time: many of the long tests wait for programs of others. Tests of one file stay in one process. What `make lint`
# runs beside ruff, tests of host_tests/project run as well.
test: setup-system setup build/collected.txt
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m pytest -n 4 --dist loadfile --no-loadscope-reorder -m "not soak and not last" $(ARGS)
	@$(PYTHON) -m pytest -m last host_tests/peers/test_second_opinion.py

quick: setup build/collected.txt
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m pytest -n 2 --dist loadfile -m "not slow and not soak" $(ARGS)

# Three at a time, although two cores do: the sessions in real time wait for most of theirs. One test after the other, the
# long ones first (host_tests/conftest.py).
soak: setup-system setup enclosure-test homeassistant-environment
	@FUZZ_MINUTES=$(FUZZ_MINUTES) $(PYTHON) -m pytest -n 3 --dist load --maxschedchunk 1 -m soak --durations 0 --durations-min 10 $(ARGS)

# Every test file read once, the first time: the processes that run them find them compiled.
build/collected.txt: | setup
	@mkdir -p build
	@$(PYTHON) -m pytest --collect-only -q >$@.new || { cat $@.new; false; }
	@mv $@.new $@

lint: setup
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m host_tests.checks.device_rules
	@$(PYTHON) -m host_tests.checks.house
	@$(PYTHON) -m host_tests.checks.libraries
	@$(PYTHON) -m host_tests.checks.unused
	@$(PYTHON) -m host_tests.checks.conformance

bench: setup-system setup
	@$(PYTHON) -m host_tests.bench $(ARGS)

costs: setup-system setup
	@$(PYTHON) -m host_tests.bench.measure_costs $(ARGS)

cars: setup
	@$(PYTHON) -m host_tests.cars $(ARGS)

screenshots: setup-system setup
	@$(PYTHON) -m host_tests.tools.contact_sheet
	@$(PYTHON) -m host_tests.tools.screenshots

docs: setup
	@$(PYTHON) -m host_tests.tools.print_tables
	@$(PYTHON) -m host_tests.tools.languages
	@$(PYTHON) -m host_tests.tools.names

wiring: setup
	@$(PYTHON) -m host_tests.tools.wiring

# Large as well, and made for one version of Python. Where it cannot be had its tests are left out, and say so; one that is
# there and works stays, whatever the network does.
homeassistant-environment:
	@[ -x build/homeassistant/bin/python ] || python3 -m venv build/homeassistant
	@build/homeassistant/bin/python -m pip install -q --disable-pip-version-check -r host_tests/homeassistant/requirements.txt \
		|| build/homeassistant/bin/python -c "import homeassistant" 2>/dev/null \
		|| { rm -rf build/homeassistant; echo "not tested: Home Assistant, which cannot be installed here"; }

homeassistant: setup-system setup homeassistant-environment
	@$(PYTHON) -m pytest -m soak host_tests/homeassistant $(ARGS)

# The CAD library is large, so it has an environment of its own.
enclosure-test:
	@[ -x build/cad/bin/python ] || python3 -m venv build/cad
	@build/cad/bin/python -m pip install -q --disable-pip-version-check -r enclosure/requirements.txt
	@build/cad/bin/python -m pytest -q -c /dev/null --rootdir . -p no:cacheprovider enclosure/tests

enclosure: enclosure-test
	@build/cad/bin/python -m enclosure

site: setup docs
	@NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --strict --quiet $(ARGS)
	@echo "open build/site/index.html, or for its search: $(PYTHON) -m http.server -d build/site"

key: setup
	@$(PYTHON) -m host_tests.tools.publisher_key $(ARGS)

bundle: setup
	@$(PYTHON) -m host_tests.tools.bundle $(ARGS)

deploy: setup
	@$(PYTHON) -m host_tests.tools.deploy $(ARGS)

clean:
	rm -rf .venv build dist .pytest_cache .hypothesis .ruff_cache .mypy_cache

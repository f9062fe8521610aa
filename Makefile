# `make demo` and `make test` do all their own set-up; they need Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
VENV ?= .venv
NEWER ?= python3.13
BIN := $(VENV)/bin
# A process a core, each with whole files of tests: what a file has computed stays there.
ALONGSIDE := -n auto --dist loadfile
STAMP := $(VENV)/.installed

.PHONY: demo test test-all test-lowest test-newer lint goldens agreement benchmarks sbc docs docs-check layout doctor dist clean

demo: $(STAMP)
	$(BIN)/stanmlm redblue

test: $(STAMP)-test lint
	$(BIN)/python -m pytest -m "not slow" $(ALONGSIDE)

test-all: $(STAMP)-test lint
	$(BIN)/python -m pytest $(ALONGSIDE)

# The declared minimums are true, and so is the promise of newer Pythons.
test-lowest: $(VENV)-uv
	$(VENV)-uv/bin/uv venv --quiet --clear --python $(PYTHON) $(VENV)-lowest
	$(VENV)-uv/bin/uv pip install --quiet --python $(VENV)-lowest --resolution lowest-direct --editable '.[data,test]'
	$(VENV)-lowest/bin/python -m pytest -m "not slow" $(ALONGSIDE)

test-newer:
	$(MAKE) test VENV=$(VENV)-newer PYTHON=$(NEWER)

lint: $(STAMP)-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
	$(BIN)/check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff

goldens: $(STAMP)-test
	$(BIN)/python -m pytest tests/sampling/test_program.py --accept-goldens

# What must agree: with lme4's fits, with posteriors by quadrature and by brms, and between engines.
agreement: $(STAMP)-test
	$(BIN)/python -m pytest tests/whole/test_against_lme4.py tests/whole/test_posteriors.py tests/sampling/test_engine_agreement.py

# Hours; `CASES=sleepstudy` takes minutes. What is not installed (benchmarks/README.md) is left out.
benchmarks: $(STAMP)-test
	$(BIN)/python benchmarks/run.py $(CASES)

# The site, into build/site: pages are run (what they gave is kept in build/pages), then mkdocs. No network to look at it.
docs: $(STAMP)-docs
	$(BIN)/python docs/site/build_site.py

# The site in Chromium: no broken link, no error, nothing wider than a phone.
docs-check: docs $(STAMP)-test
	$(BIN)/python -m pip install --quiet 'playwright>=1.45'
	$(BIN)/python -m pytest -m slow tests/whole/test_site_in_chromium.py tests/lecture/test_redblue_page.py

# Simulation-based calibration of every shape of program, half an hour; goes on where it stopped.
sbc: $(STAMP)-test
	$(BIN)/python benchmarks/sbc.py

# Wheel and sdist: built, looked into, installed where nothing is; and a part of the sdist's tests. Ten minutes.
dist: $(VENV)-dist
	$(VENV)-dist/bin/python release/dist.py

# The arrows between rooms, and what has grown too large
layout:
	$(PYTHON) tests/layout.py

doctor: $(STAMP)
	$(BIN)/stanmlm doctor

$(VENV)-uv:
	$(PYTHON) -m venv $@
	$@/bin/python -m pip install --quiet uv

$(VENV)-dist:
	$(PYTHON) -m venv $@
	$@/bin/python -m pip install --quiet build twine check-wheel-contents

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[data]'
	touch $@

$(STAMP)-test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[data,test]'
	touch $@ $(STAMP)

$(STAMP)-docs: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[data,docs]'
	touch $@ $(STAMP)

clean:
	rm -rf $(VENV) $(VENV)-* build dist redblue-out .mypy_cache .ruff_cache .pytest_cache .hypothesis

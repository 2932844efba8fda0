# What people and CI both call. Needs Python 3.11+, cargo and a package index; everything else lands in .venv.
PYTHON ?= python3
BIN := .venv/bin
STAMPS := .venv/.stamps
WHEELS := target/wheels
SOURCES := Cargo.toml Cargo.lock pyproject.toml README.md LICENSE \
	$(shell find rust python data -type f \( -name '*.rs' -o -name '*.toml' -o -name '*.py' -o -name '*.pyi' \
	-o -name 'py.typed' -o -name '*.html' -o -name '*.css' -o -name '*.js' -o -name '*.parquet' -o -name '*.csv' -o -name '*.md' -o -name '*.txt' \
	-o -name '*.json' -o -name '*.svg' \))
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup demo test gates check rust-checks rust-tests python-checks python-tests fmt bench parity develop docs minimum licences clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@command -v cargo >/dev/null || { echo "cargo is needed: see https://rustup.rs"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1" "maturin>=1.16,<2"
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/wheel: $(STAMPS)/venv $(SOURCES)
	@echo "building the wheel (a minute or two the first time)"
	rm -rf $(WHEELS)
	$(BIN)/maturin build --quiet --release --locked --out $(WHEELS)
	@touch $@

$(STAMPS)/installed: $(STAMPS)/wheel
	$(BIN)/python -m pip install --quiet "$$(ls $(WHEELS)/quantrl-*.whl)[report]"
	$(BIN)/python -m pip install --quiet --force-reinstall --no-deps $(WHEELS)/quantrl-*.whl
	@touch $@

$(STAMPS)/dev: $(STAMPS)/venv pyproject.toml
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

setup: $(STAMPS)/venv  ## build and install everything into .venv
	$(MAKE) --jobs 2 $(STAMPS)/wheel $(STAMPS)/dev
	$(MAKE) $(STAMPS)/installed

demo: $(STAMPS)/installed  ## the flagship: every kind of agent in one contest on 20 US stocks, with a report
	$(BIN)/quantrl contest run strategies/flagship/config.toml

# Side by side what can be: the release build ends on one core, installing waits for the network, and types are checked on one core.
test: $(STAMPS)/venv  ## every check and test
	cargo fmt --all --check
	$(MAKE) --jobs 3 $(STAMPS)/wheel $(STAMPS)/dev rust-tests
	$(MAKE) $(STAMPS)/installed
	$(MAKE) --jobs 2 python-checks python-tests

# One more than cores: the tests of the daemon wait for clocks and children.
WORKERS := $(shell expr $$($(PYTHON) -c 'import os; print(len(os.sched_getaffinity(0)))') + 1)
python-tests:
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 QUANTRL_WHEEL=$$(ls $(CURDIR)/$(WHEELS)/quantrl-*.whl) \
		$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 40 --durations-min 5

# Slow checks at full size, by package; CI runs the same tests small.
GATES_rl := tests/agents/sharpe_portfolio/test_known_skill.py tests/agents/sharpe_portfolio/test_train.py
GATES_live := tests/live/gates tests/live/api $(addprefix tests/live/test_,$(addsuffix .py,books client_ids netting orders reallocation risk))
GATES_nightly := tests/live/nightly
GATES_statarb := tests/agents/dqn_statarb/test_known_optimum.py tests/agents/dqn_statarb/test_export.py tests/agents/dqn_statarb/pairs tests/agents/dqn_statarb/test_real_books.py
GATES_selection := tests/selection/lab
GATES_contest := tests/contest/predict/test_trials.py tests/contest/predict/test_lightgbm.py tests/contest/gates
GATES_ticks := tests/data/test_events.py tests/cli/test_events.py tests/backtest/test_book.py \
	$(addprefix tests/backtest/test_ticks,.py _binance.py _calibrate.py _peer.py _same.py _saved.py)
CRATES_ticks := quantrl-lob quantrl-feed quantrl-sim
# Tests on Ray are skipped without it: .venv/bin/python -m pip install 'ray>=2.40', then make gates ONLY=engine.
GATES_engine := $(addprefix tests/backtest/test_,executor.py oracle.py brokerage.py sharded.py terms.py signals.py sweep.py) tests/data/sources
GATES_packaging := tests/packaging
ONLY ?= rl

gates: setup  ## the slow checks in full: make gates ONLY=rl, statarb, live, selection, contest, ticks, engine, packaging or nightly (an hour)
	$(if $(CRATES_$(ONLY)),QUANTRL_GATES=1 cargo test --release --locked $(addprefix -p ,$(CRATES_$(ONLY))))
	QUANTRL_GATES=1 QUANTRL_WHEEL=$$(ls $(CURDIR)/$(WHEELS)/quantrl-*.whl) $(BIN)/python -m pytest $(GATES_$(ONLY))

check: setup rust-checks python-checks  ## format, lints, types, stubs

rust-checks:
	cargo fmt --all --check
	cargo clippy --quiet --workspace --all-targets --locked -- -D warnings

# Clippy's compiler makes the tests that run, so nothing is compiled twice; what no test compiles is linted alone.
rust-tests:
	RUSTC_WORKSPACE_WRAPPER=clippy-driver RUSTFLAGS="-D warnings" \
		cargo test --quiet --workspace --exclude quantrl-py --lib --bins --tests --locked
	RUSTFLAGS="-D warnings" cargo clippy --quiet --workspace --lib --bins --benches --locked

python-checks:
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest --concise --mypy-config-file tests/stubtest.ini quantrl._core

fmt:  ## format everything
	cargo fmt --all
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

develop: $(STAMPS)/venv $(STAMPS)/dev  ## editable install for working on the code; `make test` puts the wheel back
	$(BIN)/maturin develop --profile dev-release --extras report
	@rm -f $(STAMPS)/installed

docs: setup  ## the site, with every notebook run, into target/site; links are strict
	$(BIN)/python docs/site/write.py
	$(BIN)/python docs/site/notebook_page.py
	test -d .venvs/docs || $(PYTHON) -m venv .venvs/docs
	.venvs/docs/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	.venvs/docs/bin/python -m pip install --quiet --group docs
	NO_MKDOCS_2_WARNING=1 .venvs/docs/bin/mkdocs build --strict --quiet

# $(1): dependency group and name of the environment; $(2): extras of quantrl it needs.
define beside_peers
	test -d .venvs/$(1) || $(PYTHON) -m venv .venvs/$(1)
	.venvs/$(1)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	.venvs/$(1)/bin/python -m pip install --quiet --group $(1)
	.venvs/$(1)/bin/python -m pip install --quiet "$$(ls $(WHEELS)/quantrl-*.whl)$(2)"
	.venvs/$(1)/bin/python -m pip install --quiet --force-reinstall --no-deps $(WHEELS)/quantrl-*.whl
endef

bench: $(STAMPS)/wheel  ## our speed beside the peers', each in one process, in environments of their own under .venvs
	$(call beside_peers,parity,)
	.venvs/parity/bin/quantrl bench rebalance
	.venvs/parity/bin/quantrl bench sweep
	.venvs/parity/bin/quantrl bench metrics
	.venvs/parity/bin/quantrl bench batch
	.venvs/parity/bin/quantrl bench imports
	$(call beside_peers,rl-peers,[rl])
	.venvs/rl-peers/bin/quantrl bench env
	$(call beside_peers,contest-peers,)
	.venvs/contest-peers/bin/quantrl bench contest
	$(call beside_peers,selection-peers,)
	.venvs/selection-peers/bin/quantrl bench selection
	$(call beside_peers,ticks,)
	.venvs/ticks/bin/quantrl bench ticks

# Its own tests are skipped where these packages are absent.
parity: $(STAMPS)/wheel  ## our answers beside those of vectorbt, raptorbt, empyrical-reloaded and quantstats
	$(call beside_peers,parity,)
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 .venvs/parity/bin/python -m pytest tests/parity

minimum: $(STAMPS)/wheel  ## the engine's tests with the least versions pyproject.toml allows
	test -d .venvs/minimum || $(PYTHON) -m venv .venvs/minimum
	$(PYTHON) -c 'import re, tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
		print(*(re.sub(">=([^,]+).*", r"==\1", d) for d in p["dependencies"] + p["optional-dependencies"]["report"]), sep="\n")' \
		> .venvs/minimum.txt
	.venvs/minimum/bin/python -m pip install --quiet --constraint .venvs/minimum.txt pytest hypothesis arch scipy \
		"$$(ls $(WHEELS)/quantrl-*.whl)[report]"
	.venvs/minimum/bin/python -m pip install --quiet --force-reinstall --no-deps $(WHEELS)/quantrl-*.whl
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 .venvs/minimum/bin/python -m pytest -W ignore::DeprecationWarning tests/backtest tests/data tests/metrics tests/report

# cargo install --locked cargo-deny
licences:  ## licences, bans and sources of what is linked into the wheel
	cargo deny --all-features check licenses bans sources

clean:  ## remove what was built and installed, keep the runs
	rm -rf target .venv .venvs .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Two commands do everything: `make report` measures this machine and writes the page, `make test` runs the tests.
# Each sets up .venv first. Needs git, make and Python 3.11 or newer.

PRESET ?= quick
VENV := .venv
BIN := $(VENV)/bin
# The first interpreter that is new enough; `make PYTHON=/path/to/python report` chooses another.
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,\
	$(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))

TARGET_TESTS := tests/cells/test_parity.py tests/cells/test_bounds.py tests/cells/test_profile.py

.PHONY: report test test-all test-targets lint peers reference clean

report: $(VENV)/ready
	$(BIN)/python -m pytest --benchmark --preset $(PRESET)
	$(BIN)/recurbench report

test: $(VENV)/ready
	$(BIN)/python -m pytest -m "not slow and not torch"

test-all: $(VENV)/ready
	$(BIN)/python -m pytest

# The parity tests as on lesser CPUs: with AVX2 at most, and with what every x86-64 has. Each compiles its own kernels.
test-targets: $(VENV)/ready
	NUMBA_CPU_NAME=haswell NUMBA_CPU_FEATURES=+sse2,+sse3,+ssse3,+sse4.1,+sse4.2,+avx,+avx2,+fma,+bmi,+bmi2,+popcnt \
		$(BIN)/python -m pytest $(TARGET_TESTS)
	NUMBA_CPU_NAME=x86-64 NUMBA_CPU_FEATURES=+sse2 $(BIN)/python -m pytest $(TARGET_TESTS)

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# PyTorch and ONNX Runtime, which then join the runtime study.
peers: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[peers]"

# A new reference run in reports/reference/NAME, from a quiet machine: `make reference NAME=my-machine`.
reference: peers
	$(BIN)/python -m pytest --benchmark --preset course
	$(BIN)/recurbench export --compress reports/reference/$(NAME)

$(VENV)/ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "recurbench needs Python 3.11 or newer; found none (make PYTHON=/path/to/python)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf $(VENV) results .pytest_cache .ruff_cache .mypy_cache

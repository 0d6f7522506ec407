# Two commands do everything: `make report` measures this machine and writes the page, `make test` runs the tests.
# Each sets up .venv first. Needs git, make and Python 3.11 or newer.

PRESET ?= quick
VENV ?= .venv
BIN := $(VENV)/bin
# The first interpreter that is new enough; `make PYTHON=/path/to/python report` chooses another.
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,\
	$(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))

TARGET_TESTS := tests/cells/test_parity.py tests/cells/test_bounds.py tests/cells/test_profile.py

# Which toolkit the GPU's driver can run: cuda13 (driver 580 or newer) or cuda12.
CUDA ?= cuda13
GPU_STORE ?= results/gpu.sqlite
GPU_NAME ?= $(shell nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -1 | tr 'A-Z ' 'a-z-')

.PHONY: report test test-all test-targets test-gpu bench-gpu check-cuda gpu lint peers reference clean

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

# PyTorch with cuDNN, and what CUDA kernels need to run: see the extras of pyproject.toml.
gpu: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[$(CUDA),peers]"

# Every test that needs a GPU.
test-gpu: gpu
	@$(BIN)/python -m bench.gpu
	$(BIN)/python -m pytest -m gpu tests

# The GPU beside cuDNN, all shapes; a new reference run in reports/reference. Kernels are compiled first, on all cores.
# Items that failed (code 1) are named, and their rows say why; what was measured is exported all the same.
bench-gpu: gpu
	@$(BIN)/python -m bench.gpu
	$(BIN)/python -m bench.gpu_kernels --preset course
	$(BIN)/recurbench run --preset course --study gpu --study sharings --store $(GPU_STORE) || [ $$? -eq 1 ]
	$(BIN)/recurbench export --compress --store $(GPU_STORE) reports/reference/cuda-$(GPU_NAME)
	@echo "rows: $(GPU_STORE); reference run: reports/reference/cuda-$(GPU_NAME)"

# What can be checked without a GPU: every kernel as machine code, then thread by thread in the simulator.
check-cuda: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-cuda.lock
	$(BIN)/python -m pytest -m cuda_compiler tests
	RECURBENCH_CUDA=simulator $(BIN)/python -m pytest tests/cells/cuda

$(VENV)/ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "recurbench needs Python 3.11 or newer; found none (make PYTHON=/path/to/python)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf $(VENV) results .pytest_cache .ruff_cache .mypy_cache

# Two commands do everything: `make report` measures this machine and writes the page, `make test` runs the tests.
# Each sets up .venv first. Needs git, make and Python 3.11 or newer.

PRESET ?= quick
VENV ?= .venv
BIN := $(VENV)/bin
# Compilers for CUDA stand apart: what `make test` runs must not depend on what was run before it.
CUDA_VENV ?= $(VENV)-cuda
CUDA_BIN := $(CUDA_VENV)/bin
# The first interpreter that is new enough; `make PYTHON=/path/to/python report` chooses another.
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,\
	$(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))

TARGET_TESTS := tests/cells/test_parity.py tests/cells/cpu/test_bounds.py

# Which toolkit the GPU's driver can run: cuda13 (driver 580 or newer) or cuda12.
CUDA ?= cuda13
GPU_STORE ?= results/gpu.sqlite
GPU_NAME ?= $(shell nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -1 | tr 'A-Z ' 'a-z-')

.PHONY: report test test-browser test-all test-targets test-gpu bench-gpu gpu-parcel check-cuda gpu lint peers reference edition clean

report: $(VENV)/ready
	$(BIN)/python -m pytest --benchmark --preset $(PRESET)
	$(BIN)/recurbench report

test: $(VENV)/ready
	$(BIN)/python -m pytest -m "not slow and not torch"

# The page in a browser: its script, widths, accessibility (axe-core, verified by hash) and, where VNU_JAR names the jar of
# the Nu checker, its markup.
test-browser: $(VENV)/ready
	@command -v chromium || command -v chromium-browser || command -v google-chrome || echo "no Chromium: all tests skip"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-browser.lock
	$(BIN)/python -m pytest -m browser -rs tests/reports

test-all: $(VENV)/ready
	$(BIN)/python -m pytest

# The parity tests as on lesser CPUs: with AVX2 at most, and with what every x86-64 has. Each compiles its own kernels;
# those of profiles, which are many, with AVX2 alone.
test-targets: $(VENV)/ready
	NUMBA_CPU_NAME=haswell NUMBA_CPU_FEATURES=+sse2,+sse3,+ssse3,+sse4.1,+sse4.2,+avx,+avx2,+fma,+bmi,+bmi2,+popcnt \
		$(BIN)/python -m pytest -m "not slow" $(TARGET_TESTS) tests/cells/flow/test_profile.py
	NUMBA_CPU_NAME=x86-64 NUMBA_CPU_FEATURES=+sse2 $(BIN)/python -m pytest -m "not slow" $(TARGET_TESTS)

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

# The pages to cite, reports/edition: at a release, from the committed run and after everything else is done.
edition: $(VENV)/ready
	$(BIN)/python -m reports.edition

# What a GPU has to get right, each check by itself: bench/gpu_checks. Kernels are compiled first, on all cores.
test-gpu: gpu
	@$(BIN)/python -m bench.run.gpu_facts
	$(BIN)/python -m bench.gpu_kernels --for here --stage contact --stage parity --stage sanitizer
	$(BIN)/python -m bench.gpu_checks --stage contact --stage parity --stage tests --stage sanitizer

# The GPU beside cuDNN, all shapes; a new reference run in reports/reference. Interrupted, the same command resumes.
# Checks that went wrong (code 1) are named, and their rows say why; what was measured is exported all the same.
bench-gpu: gpu
	@$(BIN)/python -m bench.run.gpu_facts
	$(BIN)/python -m bench.gpu_kernels --for here --preset course --stage steps --stage grid --stage half
	$(BIN)/python -m bench.gpu_checks --stage steps --stage grid --stage half --preset course --store $(GPU_STORE) \
		|| [ $$? -eq 1 ]
	$(BIN)/recurbench export --compress --store $(GPU_STORE) reports/reference/cuda-$(GPU_NAME)
	@echo "rows: $(GPU_STORE); reference run: reports/reference/cuda-$(GPU_NAME)"

# What travels to a machine with a GPU and no network: machine code and wheels, in .gpu. See GPU.md.
gpu-parcel: $(CUDA_VENV)/ready
	rm -rf .gpu
	$(CUDA_BIN)/python -m bench.gpu_kernels --for sm_90a --into .gpu/cubins
	$(CUDA_BIN)/python -m bench.gpu_checks --wheels .gpu/whl

# What can be checked without a GPU: every kernel as machine code, then thread by thread in the simulator.
check-cuda: $(CUDA_VENV)/ready
	$(CUDA_BIN)/python -m pytest -m cuda_compiler tests
	RECURBENCH_CUDA=simulator $(CUDA_BIN)/python -m pytest -m "not slow" tests/cells/cuda tests/bench/gpu_checks/test_simulated.py

$(VENV)/ready: requirements.lock requirements-data.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "recurbench needs Python 3.11 or newer; found none (make PYTHON=/path/to/python)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-data.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(CUDA_VENV)/ready: requirements-cuda.lock $(VENV)/ready
	$(PYTHON) -m venv $(CUDA_VENV)
	$(CUDA_BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(CUDA_BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-cuda.lock
	$(CUDA_BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf $(VENV) $(CUDA_VENV) results .pytest_cache .ruff_cache .mypy_cache

"""What the host does around kernels: launches, graphs, waits. A stand-in for the driver answers; no kernel runs."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bench.gpu_checks.cubins import kernels_of
from bench.run.environment import ROOT
from cells.cuda.device import cubins
from cells.cuda.device.cubins import Compiled, Resources
from cells.cuda.device.facts import H200
from cells.validation import SHARINGS

pytestmark = pytest.mark.cuda_compiler
SOURCE = Path(__file__).with_name("standin_driver.c")
MAGIC = b"\x7fELF stand-in "  # as the driver has it
WANTED = ["room-for-clusters", "room-for-blocks", "phases", "graphs", "memory-watermark", "killed-spinner"]
TRAINING = """
from bench.gpu_checks.passes import Pass, draw, make_layer
from cells.cuda.device.memory import to_device
each = Pass("lstm", "training", 5, 3, 16, 20, sharing=SHARING)
numbers = draw(each.problem)
layer = make_layer(each, numbers.parameters)
x, d_output = (to_device(value.astype("float32")) for value in (numbers.x, numbers.d_output))
for step in range(6):
    print("mark", file=open(LOG, "a"))
    for weights in layer.directions:
        weights.forget_packed()  # as after an update of the parameters
    layer.forward(x).backward(d_output)
print("mark", file=open(LOG, "a"))
"""
MEASURE = """
import json
from bench.measures import runtime
from bench.studies.gpu_axes import sharing_case
from bench.gpu_checks.cases import TOY, grid_case, points
runtime.largest_error = lambda case, device, results: 1e-7  # nothing computes
steps, batch, (hidden,) = TOY.sharing
cases = [sharing_case("lstm", "training", hidden, each, steps, batch) for each in ("launch", "grid", "-")]
cases += [grid_case(point, "cuda") for point in points(TOY)[:2]]
for case in cases:
    rows = [(row.metric, row.value, row.status) for row in runtime.measure(case, 0, 15)]
    print(json.dumps([case.study, case.direction, rows]))
"""
REFUSED = """
from bench.gpu_checks.probe_kernels import last_words_kernel, ranks_kernel
from cells.cuda.device.launch import launch
from cells.cuda.device.memory import zeros
from cells.cuda.device.target import facts
out, most = zeros((4,), "float32"), facts().shared_bytes
gone = zeros((4,), "float32").address
for kernel, grid, shared, given, cluster in (
    (last_words_kernel(most), (1, 1), most + 1024, out, 1),
    (ranks_kernel(8), (8, 70_000), 0, out, 8),
    (ranks_kernel(8), (8, 1), 0, gone, 8),
):
    try:
        launch(kernel, grid, shared, (given,), cluster=cluster)
    except Exception as error:
        print(type(error).__name__, error)
"""


def headers():
    """The folder of cuda.h of CUDA 13, as nvidia-cuda-runtime brings it, or None."""
    package = importlib.util.find_spec("nvidia")
    folders = [Path(each) / "cu13" / "include" for each in (package and package.submodule_search_locations) or ()]
    return next((folder for folder in folders if (folder / "cuda.h").exists()), None)


class Machine:
    """Runs Python where the stand-in is the driver and machine code came along; says what the driver was told."""

    def __init__(self, driver: Path, code: Path, own: Path) -> None:
        self.own, self.log, self.cache = own, own / "log", own / "cache"
        libraries = f"{driver}:{os.environ.get('LD_LIBRARY_PATH', '')}".rstrip(":")
        changed = {"LD_LIBRARY_PATH": libraries, "STANDIN_LOG": self.log, "RECURBENCH_CUBINS": code}
        changed["RECURBENCH_CACHE_DIR"] = self.cache  # a kernel that did not come along would be compiled into it
        self._environment = {name: value for name, value in os.environ.items() if name != "RECURBENCH_CUDA"}
        self._environment |= {name: str(value) for name, value in changed.items()}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        given = {"cwd": ROOT, "env": self._environment, "capture_output": True, "text": True, "timeout": 100}
        return subprocess.run([sys.executable, *arguments], **given, check=False)

    def script(self, text: str) -> str:
        done = self.run("-c", text)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def told(self) -> list[str]:
        return self.log.read_text().splitlines()

    def train(self, sharing: str) -> list[list[str]]:
        """What the driver was told in each of six training steps."""
        self.script(f"LOG, SHARING = {str(self.log)!r}, {sharing!r}\n{TRAINING}")
        steps: list[list[str]] = []
        for line in self.told():
            if line.startswith("mark"):
                steps.append([])
            elif steps:
                steps[-1].append(line)
        return steps[:-1]


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The folder of the driver, and those of machine code: texts that say which arguments are addresses."""
    include, compiler = headers(), shutil.which("cc")
    if compiler is None or include is None:
        pytest.skip("a C compiler and cuda.h of CUDA 13 are needed: nvidia-cuda-runtime, of the extra cuda-compile")
    if importlib.util.find_spec("cuda") is None or importlib.util.find_spec("cuda.core") is None:
        pytest.skip("cuda-core is not installed")
    if importlib.util.find_spec("nvmath") is not None:
        pytest.skip("cuBLAS is installed, which needs a driver that runs kernels")
    driver = tmp_path_factory.mktemp("driver")
    options = ["-std=c11", "-shared", "-fPIC", f"-I{include}"]
    subprocess.run([compiler, *options, SOURCE, "-o", driver / "libcuda.so.1"], check=True)
    parcels = {"contact": kernels_of(["contact"], H200, "quick"), "timed": kernels_of(["steps", "grid"], H200, "toy")}
    parcels["timed"] += parcels["contact"]
    return driver, {name: parcel(tmp_path_factory.mktemp(name), set(kernels)) for name, kernels in parcels.items()}


def parcel(code, kernels):
    """A folder of machine code for these kernels."""
    for kernel in kernels:
        letters = "".join("p" if kind.endswith("*") else "n" for kind in kernel.signature).encode()
        sharing = getattr(kernel.parameters[0], "sharing", "") if kernel.parameters else ""
        made = Compiled(MAGIC + letters, f"{kernel.name}-{sharing}", Resources(32, 0, 0, False), {})
        cubins.keep(code, cubins.key(kernel, H200.capability), made)
    cubins.write_manifest(code, {})
    return code


@pytest.fixture
def machine(parts, tmp_path, request):
    driver, folders = parts
    made = Machine(driver, folders[getattr(request, "param", "timed")], tmp_path)
    yield made
    assert not made.cache.exists()  # else something was compiled


@pytest.mark.parametrize("machine", ["contact"], indirect=True)  # a parcel of this stage alone is enough
def test_stage_contact_comes_to_its_end_and_every_launch_is_allowed(machine):
    done = machine.run("-m", "bench.gpu_checks", "--stage", "contact", "--out", str(machine.own))
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    checks = {line["name"]: line for line in lines if line["kind"] == "check"}
    checks.pop("contact probe shared-with-torch")  # PyTorch, if it is there, needs another driver
    assert done.returncode == 1  # numbers are wrong, since nothing computes
    assert {line["status"] for line in checks.values()} == {"passed", "wrong", "skipped"}, done.stdout
    assert {checks[f"contact probe {name}"]["status"] for name in WANTED} == {"passed"}, done.stdout
    loops = [line for line in machine.told() if re.match("launch entry=(for|back)ward", line)]
    assert {re.search(r"-(\w+)", line)[1] for line in loops} == set(SHARINGS)
    for line in loops:
        sharing, columns, cluster = re.search(r"-(\w+) grid=(\d+),\d+ cluster=(\d+),1", line).groups()
        assert ("cooperative=1" in line) == (sharing == "grid")
        assert ("captured=1" in line) == (sharing == "launch")
        assert (int(cluster) > 1) == (sharing == "cluster")
        assert int(columns) % int(cluster) == 0
    loads = [line for line in machine.told() if line.startswith(("load", "attribute"))]
    assert any(line.startswith("attribute entry=backward-launch") for line in loads)  # more than 48 KB
    assert all(line.endswith("capturing=0") for line in loads)


def test_a_training_loop_captures_each_graph_once(machine):
    steps = machine.train("launch")
    counts = [Counter(line.split()[0] for line in step) for step in steps]
    assert [count["graph"] for count in counts] == [2] * len(steps)  # forward, backward
    assert [count["instantiate"] for count in counts] == [2, *[0] * (len(steps) - 1)]
    assert all(line.endswith("capturing=0") for line in machine.told() if line.startswith("load"))


@pytest.mark.parametrize("sharing", SHARINGS)
def test_the_host_waits_for_nothing_in_a_training_step(machine, sharing):
    steps = machine.train(sharing)
    assert any(line.startswith("sync") for line in steps[0])  # parameters are brought to the device
    for step in steps[1:]:
        assert any("entry=pack" in line for line in step)
        assert [line for line in step if line.startswith(("sync", "copy to", "load", "capture"))] == []


def test_a_timed_point_has_a_row_of_every_metric(machine):
    always = {"event_s", "event_cold_s", "launch_overhead_s", "validation_error", "peak_device_bytes"}
    loops = {"inference": {"kernel_forward_s"}, "training": {"kernel_forward_s", "kernel_backward_s"}}
    points = [json.loads(line) for line in machine.script(MEASURE).splitlines()]
    assert [way for _, way, _ in points] == [*["training"] * 4, "inference"]
    for study, way, rows in points:
        own = loops[way] if study == "sharings" else set()
        assert {metric for metric, *_ in rows} == always | own | {f"flops_{way}"}
        assert all(value > 0 and status == "ok" for _, value, status in rows)
        assert {value for metric, value, _ in rows if metric == "event_s"} == {1.5e-3}


def test_what_the_driver_refuses_is_named(machine):
    shared, grid, address = machine.script(REFUSED).splitlines()
    assert re.fullmatch("RuntimeError 233472 bytes of shared memory .* CUDA_ERROR_INVALID_VALUE", shared)
    assert "CUDA_ERROR_INVALID_VALUE" in grid
    assert "CUDA_ERROR_ILLEGAL_ADDRESS" in address  # of an array that is not there any more

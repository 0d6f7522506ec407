"""The pytest front door: `pytest --benchmark [--preset NAME]` measures what the store does not have yet.

Plain `pytest` runs the tests and never collects a study. With `--benchmark`, each missing item of the preset is one
test of `bench/test_studies.py`; its rows are stored before the next one starts, so an interrupted run resumes.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bench.about import DEFAULT_STORE

if TYPE_CHECKING:
    from bench.experiments.definition import Experiment
    from bench.rows import Measurement
    from bench.run.environment import Environment
    from bench.run.writer import Run
    from bench.study import Item

HERE = Path(__file__).resolve().parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite."""
    group = parser.getgroup("recurbench")
    group.addoption("--benchmark", action="store_true", help="measure the studies of a preset instead of testing")
    group.addoption("--preset", default="quick", help="quick (default), course or full")
    group.addoption(
        "--experiment",
        action="append",
        type=Path,
        metavar="FILE.toml",
        help="measure this experiment of your own instead of a preset; may be repeated",
    )
    group.addoption("--study", action="append", help="measure only this study; may be repeated")
    group.addoption(
        "--store",
        type=Path,
        default=DEFAULT_STORE,
        help=f"where rows go, written --store=PATH (default {DEFAULT_STORE})",
    )
    group.addoption("--retry-failed", action="store_true", help="measure items again that failed before")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Set up a run before pytest-benchmark reads its options."""
    if not config.getoption("--benchmark"):
        return
    if config.getoption("dist", "no") != "no" or os.environ.get("PYTEST_XDIST_WORKER"):
        raise pytest.UsageError("--benchmark with xdist: times taken side by side are wrong; run without -n")
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args[:] = [str(HERE)]
    config.option.benchmark_enable = True
    config.option.benchmark_quiet = config.option.verbose < 1  # its table has a line for every block
    config.pluginmanager.register(BenchmarkRun(config), "recurbench-run")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Collect studies with --benchmark only."""
    if collection_path.parent == HERE and collection_path.name.startswith("test_"):
        return not config.getoption("--benchmark")
    return None


class BenchmarkRun:
    """One run through pytest: the plan, the store and the progress bar."""

    def __init__(self, config: pytest.Config) -> None:
        from bench.run.environment import this_environment
        from bench.run.plan import missing, plan, without_cases
        from bench.run.store import Store, StoreError

        try:
            self.store = Store(config.getoption("--store"))
            self.empty: list[str] = []
            self.experiments: list[Experiment] = []
            self.items: list[Item]
            files: list[Path] | None = config.getoption("--experiment")
            if files:
                self.what = ", ".join(map(str, files))
                self.items = self._asked(files, config.getoption("--study"))
            else:
                preset: str = config.getoption("--preset")
                self.what = f"preset {preset}"
                self.items = plan(preset, config.getoption("--study"))
                empty = without_cases(preset, config.getoption("--study"))
                self.empty = [f"study {name} has no cases here: {reason}" for name, reason in empty.items()]
            if not self.items:
                raise ValueError("; ".join(self.empty))
            self.environment: Environment = this_environment()
            if config.getoption("--retry-failed") and self.store.exists():
                with self.store.writing() as writer:
                    writer.forget_failed(self.environment, [item.key for item in self.items])
            self.missing: list[Item] = missing(self.items, self.store.done(self.environment))
        except (ValueError, OSError, StoreError) as error:
            raise pytest.UsageError(str(error)) from error
        self._terminal = open(os.dup(2), "w")  # pytest captures fd 2 while tests run
        self._run: Run | None = None
        self._open = ExitStack()
        self._bar: Any = None

    def _asked(self, files: list[Path], studies: list[str] | None) -> list[Item]:
        """List the items of the experiments of these files."""
        from bench.experiments.asking import read_toml
        from bench.experiments.cases import items_of

        if studies:
            raise ValueError(f"--experiment and --study {', '.join(studies)}; allowed: one of them in a run")
        self.experiments = [read_toml(file) for file in files]
        return [item for experiment in self.experiments for item in items_of(experiment)]

    def pytest_report_header(self) -> list[str]:
        """Say what is about to be measured, and what cannot be."""
        stored = len(self.items) - len(self.missing)
        what = f"recurbench: {self.what}, {len(self.missing)} items to measure, {stored} in {self.store.path}"
        return [what, *self.empty]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make one test per missing item, in the order of the plan."""
        if "item" in metafunc.fixturenames:
            names = [f"{item.case.label}-b{item.block}" for item in self.missing]
            metafunc.parametrize("item", self.missing, ids=names)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Open the store and the bar once it is known that tests will run."""
        from bench.run.plan import planned
        from bench.run.progress import progress_bar
        from bench.run.store import StoreError

        if session.config.option.collectonly:
            return
        try:
            writer = self._open.enter_context(self.store.writing())
            for experiment in self.experiments:
                writer.keep_experiment(experiment.as_json())
            self._run = self._open.enter_context(writer.run(self.environment, planned(self.items)))
        except (ValueError, StoreError) as error:
            raise pytest.UsageError(str(error)) from error
        terminal: Any = session.config.pluginmanager.get_plugin("terminalreporter")
        terminal.showfspath = False  # the bar stands for the file names too
        self._bar = progress_bar(len(session.items), self._terminal)

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Print no dots: the progress bar stands for them."""
        if not report.passed:
            return None
        return ("passed" if report.when == "call" else "", "", "")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Move the bar."""
        if self._bar is not None and report.when == "call":
            self._bar.update()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Close the store, the bar and the peers."""
        from bench.contenders.process import stop_peers

        if self._bar is not None:
            self._bar.close()
        stop_peers()
        self._run = None
        if exitstatus == pytest.ExitCode.INTERRUPTED:  # so that the store does not take the run for ended
            self._open.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
        else:
            self._open.close()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say where the rows are and what to do with them."""
        terminalreporter.section("recurbench")
        terminalreporter.write_line(f"rows: {self.store.path}")
        terminalreporter.write_line("page: recurbench report")

    def keep(self, item: Item, rows: list[Measurement]) -> None:
        """Store the rows of an item at once."""
        assert self._run is not None, "the store opens when collection ends"
        self._run.add(item.case, item.block, rows, item.version)


class Recorder:
    """The part of a run that a test sees: it measures items and stores their rows."""

    def __init__(self, run: BenchmarkRun) -> None:
        self._run = run

    def measure(self, item: Item) -> list[Measurement]:
        """Measure an item and store its rows; an error is stored as a failed row and raised again."""
        from bench.run.runner import failure

        try:
            rows = item.measure()
        except Exception as error:
            self._run.keep(item, failure(item, error))
            raise
        self._run.keep(item, rows)
        return rows


@pytest.fixture
def recorder(request: pytest.FixtureRequest) -> Recorder:
    """Give a test the recorder of this run."""
    run: Any = request.config.pluginmanager.get_plugin("recurbench-run")
    return Recorder(run)

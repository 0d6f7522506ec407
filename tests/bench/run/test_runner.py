import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import pytest

from bench.run.environment import this_environment
from bench.run.executor import open_executor
from bench.run.plan import plan
from bench.run.runner import run
from bench.run.store import Store
from bench.study import Item, Study, always


def failing(case, block, rounds):
    raise RuntimeError("the measure broke")


@pytest.fixture
def items():
    return plan("quick", ["parameters"])[:6]


def test_a_run_resumes_where_the_store_ends(items, store):
    assert run(items[:2], store).measured == 2
    outcome = run(items, store)
    assert (outcome.measured, outcome.already_there) == (4, 2)
    assert run(items, store).measured == 0


def test_an_interrupted_run_keeps_what_it_measured(items, store):
    class Bar:
        left = 3

        def update(self):
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt

        def close(self):
            pass

    with pytest.raises(KeyboardInterrupt):
        run(items, store, progress=lambda total: Bar())
    assert run(items, store).already_there == 3


def test_what_failed_before_is_told_and_measured_again_once_it_is_forgotten(items, store):
    study = Study(name="parameters", question="?", sizes=always(()), cases=list, measure=failing)
    broken = [Item(study, items[0].case, 0, 1)]
    assert run(broken, store).failed_before == ()
    outcome = run(broken, store)
    assert (outcome.measured, outcome.failed) == (0, ())
    assert [reason for _, reason in outcome.failed_before] == ["RuntimeError: the measure broke"]
    with store.writing() as writer:
        writer.forget_failed(this_environment(), [broken[0].key])
    again = run(broken, store)
    assert (again.measured, len(again.failed), again.failed_before) == (1, 1, ())


def test_an_error_becomes_a_failed_row_and_the_run_goes_on(items, store):
    study = Study(name="parameters", question="?", sizes=always(()), cases=list, measure=failing)
    broken = Item(study, items[0].case, items[0].block, items[0].rounds)
    outcome = run([broken, *items[1:]], store)
    assert outcome.measured == len(items)
    assert [reason for _, reason in outcome.failed] == ["RuntimeError: the measure broke"]
    frame = store.frame()
    assert frame.query("status == 'failed'")["reason"].tolist() == ["RuntimeError: the measure broke"]


def test_other_processes_measure_the_same_rows(tmp_path):
    items = plan("quick", ["gates"])[:4]
    alone, many = Store(tmp_path / "alone.sqlite"), Store(tmp_path / "many.sqlite")
    run(items, alone)
    with ProcessPoolExecutor(2) as executor:
        run(items, many, executor)
    columns = ["cell", "seed", "initialiser", "metric", "step", "value"]
    assert alone.frame()[columns].equals(many.frame()[columns])


def test_a_cluster_without_its_packages_says_what_installs_them(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ValueError, match=r"pip install 'recurbench\[cluster\]'"), open_executor("dask:tcp://x:8786"):
        pass


@pytest.mark.parametrize("text", ["threads:2", "processes:0", "processes:x", "dask:", ""])
def test_an_unknown_executor_names_the_known_ones(text):
    with pytest.raises(ValueError, match=r"known: in-process, processes:N, dask:ADDRESS"), open_executor(text):
        pass


def test_each_process_has_one_thread_for_its_matrices() -> None:
    """Two processes with two threads each wait for one another by spinning, many times longer than they compute."""
    with open_executor("processes:1") as pool:
        assert pool is not None
        assert pool.submit(os.getenv, "OPENBLAS_NUM_THREADS").result() == "1"
    assert "OPENBLAS_NUM_THREADS" not in os.environ


def test_an_interrupted_run_in_processes_drops_what_has_not_begun():
    waiting = []

    def interrupted():
        with open_executor("processes:1") as pool:
            waiting.extend(pool.submit(time.sleep, 1.0) for _ in range(60))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert any(future.cancelled() for future in waiting)

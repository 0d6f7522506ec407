"""What nvidia-smi answers, and which GPU makes another environment. Every answer in here is invented."""

import pytest

from bench.run import gpu_facts as gpu
from bench.run.environment import Environment
from tests.bench.conftest import FACTS, LINE

SPARSE = "NVIDIA Invented 9000, 999.88.77, 300, [N/A], 1980, [N/A], [Not Supported], 35, [N/A]"


def test_an_answer_of_nvidia_smi_is_read_in_units():
    found = gpu.parse(LINE)
    assert (found.name, found.driver) == ("NVIDIA Invented 9000", "999.88.77")
    assert (found.clock_hz, found.memory_clock_hz, found.highest_clock_hz) == (1.755e9, 2.619e9, 1.98e9)
    assert (found.power_w, found.power_limit_w, found.temperature_c) == (412.34, 700.0, 61.0)
    assert found.slowdowns == ("power cap",)


def test_what_a_gpu_does_not_tell_is_none_and_slows_nothing():
    found = gpu.parse(SPARSE)
    assert (found.clock_hz, found.memory_clock_hz, found.power_w, found.reasons) == (3e8, None, None, None)
    assert found.slowdowns == ()


@pytest.mark.parametrize(("mask", "names"), [(0x1, ()), (0x2, ()), (0x100, ()), (0x64, 3)])
def test_an_idle_gpu_or_one_with_chosen_clocks_is_not_slowed_down(mask, names):
    found = gpu.parse(LINE.rsplit(",", 1)[0] + f", {mask:#018x}").slowdowns
    assert found == names or len(found) == names


def test_another_number_of_fields_is_refused():
    with pytest.raises(ValueError, match="allowed: 9 fields"):
        gpu.parse("NVIDIA Invented 9000, 999.88.77")


def test_an_older_driver_is_asked_by_the_older_name(monkeypatch):
    asked = []

    def answer(*command):
        asked.append(command[1])
        return "" if "clocks_event_reasons" in command[1] else LINE

    monkeypatch.setattr(gpu, "output", answer)
    assert gpu.read() == gpu.parse(LINE)
    assert len(asked) == 2


def test_only_a_gpu_that_is_used_makes_another_environment():
    told = {"name": "one", "driver": "1", "versions": {}, "used": True, "clock_hz": 1e9}
    without = Environment(FACTS).id
    assert Environment(FACTS | {"gpu": None}).id == without
    assert Environment(FACTS | {"gpu": told | {"used": False}}).id == without
    used = Environment(FACTS | {"gpu": told}).id
    assert used != without
    assert Environment(FACTS | {"gpu": told | {"clock_hz": 2e9}}).id == used
    assert Environment(FACTS | {"gpu": told | {"driver": "2"}}).id != used


def test_the_command_names_what_is_missing(capsys, monkeypatch):
    monkeypatch.setattr(gpu, "available", lambda: False)
    assert gpu.main() == 2
    assert "no GPU" in capsys.readouterr().err

"""What a look at a card tells, in which units, and that a reading which fails takes no other with it."""

from __future__ import annotations

import os
from pathlib import Path

import pynvml
import pytest

from gtpt_bench.efficiency.gpu.card import Card
from gtpt_bench.efficiency.gpu.processes import GpuProcess, other_processes, own_memory_bytes, own_pids
from gtpt_bench.efficiency.gpu.state import CLOCK_REASONS, LIMITS, gpu_state, reason_names
from tests.efficiency.gpu.fake_nvml import FakeNvml, card, process

PERMISSION, LOST = pynvml.NVML_ERROR_NO_PERMISSION, pynvml.NVML_ERROR_GPU_IS_LOST


def test_readings_have_their_units() -> None:
    found = gpu_state(card())
    assert found is not None
    assert (found.sm_clock_mhz, found.default_sm_clock_mhz, found.max_sm_clock_mhz) == (1900, 2000, 2100)
    assert (found.temperature_c, found.power_w) == (60, 350.5)
    assert found.throttle_reasons == ()
    assert found.processes == ()


def test_names_of_clock_reasons_are_nvmls() -> None:
    """Bit by bit against NVIDIA's own binding."""
    theirs = {
        "idle": "GpuIdle",
        "applications_clock_setting": "ApplicationsClocksSetting",
        "software_power_cap": "SwPowerCap",
        "hardware_slowdown": "HwSlowdown",
        "sync_boost": "SyncBoost",
        "software_thermal_slowdown": "SwThermalSlowdown",
        "hardware_thermal_slowdown": "HwThermalSlowdown",
        "hardware_power_brake": "HwPowerBrakeSlowdown",
        "display_clock_setting": "DisplayClockSetting",
        "board_limit": "BoardLimit",
        "reliability": "Reliability",
    }
    for bit, name in CLOCK_REASONS.items():
        assert getattr(pynvml, f"nvmlClocksThrottleReason{theirs[name]}") == bit


def test_numbers_of_limits_are_nvmls() -> None:
    for number, name in LIMITS.items():
        assert getattr(pynvml, f"NVML_PERF_POLICY_{name.upper()}") == number


def test_several_reasons_are_all_named_and_an_unknown_one_by_its_number() -> None:
    assert reason_names(0x1 | 0x40) == ("idle", "hardware_thermal_slowdown")
    assert reason_names(0x4 | 0x8000) == ("software_power_cap", "reason_0x8000")
    assert reason_names(0) == ()


def test_older_drivers_know_reasons_by_the_old_name() -> None:
    nvml = FakeNvml(nvmlDeviceGetCurrentClocksThrottleReasons=0x8)
    del nvml.answers["nvmlDeviceGetCurrentClocksEventReasons"]
    found = gpu_state(Card(nvml, "handle"))
    assert found is not None
    assert found.throttle_reasons == ("hardware_slowdown",)


def test_without_a_card_there_is_no_state() -> None:
    assert gpu_state(None) is None


def test_processes_that_may_not_be_listed_are_unknown_and_the_rest_is_told() -> None:
    one = card()
    one.nvml.failing = {
        "nvmlDeviceGetComputeRunningProcesses": PERMISSION,
        "nvmlDeviceGetGraphicsRunningProcesses": PERMISSION,
    }
    found = gpu_state(one)
    assert found is not None
    assert found.processes is None
    assert found.temperature_c == 60


def test_a_list_without_even_this_process_hides_the_others_too() -> None:
    found = gpu_state(card(nvmlDeviceGetComputeRunningProcesses=[], nvmlDeviceGetGraphicsRunningProcesses=[]))
    assert found is not None
    assert found.processes is None


def test_a_card_that_is_lost_on_the_way_has_no_state_any_more() -> None:
    one = card()
    assert gpu_state(one) is not None
    one.nvml.failing = dict.fromkeys(one.nvml.answers, LOST)
    assert gpu_state(one) is None


def test_other_processes_are_listed_once_with_their_memory() -> None:
    found = gpu_state(
        card(
            nvmlDeviceGetComputeRunningProcesses=[process(7, 2**30), process(os.getpid(), 2**20)],
            nvmlDeviceGetGraphicsRunningProcesses=[process(7), process(3)],
        )
    )
    assert found is not None
    assert found.processes == (GpuProcess(3, None), GpuProcess(7, 2**30))


def test_a_single_unknown_number_is_this_process_as_the_host_calls_it() -> None:
    alone, two = [GpuProcess(4711, 5)], [GpuProcess(4711, 5), GpuProcess(4712, 6)]
    assert other_processes(alone, own={17}) == ()
    assert own_memory_bytes(alone, own={17}) == 5
    assert len(other_processes(two, own={17})) == 2, "nobody can say which of the two is foreign"
    assert own_memory_bytes(two, own={17}) is None


def test_a_known_process_is_told_from_others() -> None:
    two = [GpuProcess(17, 5), GpuProcess(4712, 6)]
    assert other_processes(two, own={17}) == (GpuProcess(4712, 6),)
    assert own_memory_bytes(two, own={17}) == 5


def test_numbers_in_outer_namespaces_are_this_process_too(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("Name:\tpython\nNSpid:\t4711\t17\n")
    assert own_pids(status) == {os.getpid(), 4711, 17}
    assert own_pids(tmp_path / "none") == {os.getpid()}


@pytest.mark.parametrize("powers", [{"nvmlDeviceGetPowerUsage": 0}, {}])
def test_looking_only_reads(powers: dict[str, int]) -> None:
    """The fake raises on anything that is no getter."""
    one = card(**powers)
    gpu_state(one)
    assert all(function.startswith("nvmlDeviceGet") for function in one.nvml.asked)

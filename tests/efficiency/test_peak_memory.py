"""Peak memory of calls whose appetite is known, in fresh processes on this CPU, and by a pretended GPU's counters."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from gtpt_bench.efficiency import memory
from gtpt_bench.efficiency.measure.consumption import MAKER
from gtpt_bench.efficiency.memory import CallMaker, PeakMemory, empty_process_bytes, peak_memory, peak_of_fresh_process
from gtpt_bench.efficiency.options import PLAIN
from gtpt_bench.efficiency.resident import available_bytes, peak_resident_bytes, resident_bytes
from gtpt_bench.errors import MeasurementRejected
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from tests.efficiency.gpu.fake_nvml import card, process
from tests.models.small_gtpt import small_config

MB = 2**20
SUBJECTS = "tests.efficiency.memory_subjects"
CPU, GPU = torch.device("cpu"), torch.device("cuda:0")

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's largest size")


@pytest.fixture(autouse=True)
def _subjects_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """By processes started from any folder."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


@pytest.fixture(scope="module")
def empty_bytes() -> int:
    return empty_process_bytes(threads=1)


@on_linux
def test_what_is_held_and_what_passes_count_and_building_does_not(empty_bytes: int) -> None:
    """300 MB are needed for a moment to make the call, 60 MB stay, 90 MB come and go; the caller holds 400 MB."""
    ballast = torch.ones(400, MB, dtype=torch.uint8)
    maker = CallMaker(f"{SUBJECTS}:holding", {"held_mb": 60, "passing_mb": 90, "building_mb": 300}, threads=1)
    found = peak_of_fresh_process(maker, empty_bytes=empty_bytes)
    assert ballast.numel() == 400 * MB
    assert found.source == "resident_size"
    assert found.allocated_bytes is None
    assert found.reserved_bytes / MB == pytest.approx(150, abs=15)
    assert found.process_bytes == found.reserved_bytes + empty_bytes


@pytest.mark.long
@on_linux
def test_a_model_takes_at_least_its_weights_and_images(empty_bytes: int) -> None:
    config, batch = small_config(width=256, stage_depths=(4, 4, 4, 4)), 64
    maker = CallMaker(
        MAKER,
        {
            "config": config.model_dump(mode="json"),
            "options": PLAIN.model_dump(mode="json"),
            "batch": batch,
            "device": "cpu",
        },
        threads=1,
    )
    found = peak_of_fresh_process(maker, empty_bytes=empty_bytes)
    weights, images = 4 * gtpt_cost(config).params, 4 * batch * 3 * config.input_size.area
    assert weights > 20 * MB
    assert weights + images < found.reserved_bytes < 2**30


def test_a_process_that_is_killed_is_a_rejected_measurement() -> None:
    with pytest.raises(MeasurementRejected, match=r"ended with -9: killed, perhaps for want of memory"):
        peak_of_fresh_process(CallMaker(f"{SUBJECTS}:killed", {}), empty_bytes=0)


def test_what_the_process_says_of_its_failure_is_handed_on() -> None:
    with pytest.raises(MeasurementRejected, match="this cannot be measured"):
        peak_of_fresh_process(CallMaker(f"{SUBJECTS}:refused", {}), empty_bytes=0)


def test_a_process_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "TIMEOUT_S", 0.01)
    with pytest.raises(MeasurementRejected, match="try a smaller batch"):
        peak_of_fresh_process(CallMaker(f"{SUBJECTS}:killed", {}), empty_bytes=0)


def test_a_cpu_counts_no_memory_in_the_caller() -> None:
    with pytest.raises(ValueError, match="peak_of_fresh_process"):
        peak_memory(lambda: None, CPU)


class PretendedCuda:
    """Counters as torch documents them: a peak starts again, at what is held now, when it is reset."""

    def __init__(self) -> None:
        self.allocated, self.reserved = 500 * MB, 4000 * MB
        self.peaks = [900 * MB, 4000 * MB]
        self.events: list[str] = []

    def call(self) -> None:
        """Takes 120 MB more for a moment, of blocks that stay reserved."""
        self.events.append("call")
        self.reserved = max(self.reserved, 700 * MB)
        self.peaks = [max(self.peaks[0], self.allocated + 120 * MB), max(self.peaks[1], self.reserved)]

    def synchronize(self, device: torch.device) -> None:
        self.events.append("wait")

    def empty_cache(self) -> None:
        self.events.append("empty")
        self.reserved = self.allocated

    def reset_peak_memory_stats(self, device: torch.device) -> None:
        self.events.append("reset")
        self.peaks = [self.allocated, self.reserved]

    def max_memory_allocated(self, device: torch.device) -> int:
        self.events.append("read")
        return self.peaks[0]

    def max_memory_reserved(self, device: torch.device) -> int:
        self.events.append("read")
        return self.peaks[1]


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> PretendedCuda:
    pretended = PretendedCuda()
    for name in (
        "synchronize",
        "empty_cache",
        "reset_peak_memory_stats",
        "max_memory_allocated",
        "max_memory_reserved",
    ):
        monkeypatch.setattr(torch.cuda, name, getattr(pretended, name))
    return pretended


def test_on_a_gpu_the_peak_is_that_of_one_warm_call(cuda: PretendedCuda) -> None:
    """Neither the 900 MB of an earlier call nor the 4000 MB that a larger batch left reserved."""
    assert peak_memory(cuda.call, GPU) == PeakMemory("cuda_allocator", 620 * MB, 700 * MB, None)
    assert cuda.events[-6:] == ["wait", "reset", "call", "wait", "read", "read"], "nothing else in between"


def test_nvml_adds_the_whole_process(cuda: PretendedCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "own_pids", lambda: {17})
    here = card(nvmlDeviceGetComputeRunningProcesses=[process(17, 1300 * MB), process(4, 1)])
    assert peak_memory(cuda.call, GPU, card=here).process_bytes == 1300 * MB


# Main memory, by made-up /proc and /sys


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


MEMINFO = {"meminfo": "MemTotal:  8000 kB\nMemFree:  10 kB\nMemAvailable:  5000 kB\n"}


@pytest.mark.parametrize(
    ("membership", "groups", "left"),
    [
        ("0::/\n", {}, 5000 * 1024),
        ("0::/job/step\n", {"job/step/memory.max": "max\n", "job/step/memory.current": "1\n"}, 5000 * 1024),
        ("0::/job/step\n", {"job/memory.max": "3000000\n", "job/memory.current": "1000000\n"}, 2_000_000),
        ("0::/\n", {"memory.max": "1000\n", "memory.current": "4000\n"}, 0),
        (
            "9:cpu:/x\n4:memory:/job\n0::/\n",
            {"memory/job/memory.limit_in_bytes": "3000000\n", "memory/job/memory.usage_in_bytes": "500000\n"},
            2_500_000,
        ),
    ],
    ids=["no limit", "limit max", "limit of the group around", "over the limit", "version 1"],
)
def test_a_batch_systems_limit_counts_as_the_machines_end(
    tmp_path: Path, membership: str, groups: dict[str, str], left: int
) -> None:
    proc = write(tmp_path / "proc", {**MEMINFO, "self/cgroup": membership})
    assert available_bytes(proc, write(tmp_path / "cgroup", groups)) == left


def test_a_system_that_does_not_tell_its_memory(tmp_path: Path) -> None:
    assert available_bytes(tmp_path, tmp_path) is None
    assert peak_resident_bytes(tmp_path) is None
    assert resident_bytes(tmp_path) is None


def test_sizes_are_bytes(tmp_path: Path) -> None:
    proc = write(tmp_path, {"self/status": "Name:\tpython\nVmHWM:\t  3000 kB\nVmRSS:\t  2000 kB\n"})
    assert (peak_resident_bytes(proc), resident_bytes(proc)) == (3000 * 1024, 2000 * 1024)


@on_linux
def test_this_process_has_a_size() -> None:
    now, peak = resident_bytes(), peak_resident_bytes()
    assert now is not None
    assert peak is not None
    assert 10 * MB < now <= peak + 10 * MB

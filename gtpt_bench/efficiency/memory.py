"""Peak memory of a call. Source: spec/measurement.md §2 (memory).

On a GPU the allocator counts. On a CPU nobody does, so the call is made in a fresh process, whose largest resident size
is compared with that of the same process without a model; what the caller itself holds does not matter. Both are
measured on their own, never while anything is timed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch

from gtpt_bench.efficiency.gpu.card import Card
from gtpt_bench.efficiency.gpu.processes import own_memory_bytes, own_pids, processes_on
from gtpt_bench.errors import MeasurementRejected

Source = Literal["cuda_allocator", "resident_size"]

WORKER = "gtpt_bench.efficiency.memory_worker"
TIMEOUT_S = 600


@dataclass(frozen=True)
class PeakMemory:
    """The most memory that was held at any moment of one call after a warm-up, weights and inputs included.

    Attributes:
        source: `cuda_allocator`: torch's counts on the GPU. `resident_size`: pages of main memory.
        allocated_bytes: in tensors; None for a resident size, which cannot tell tensors from what the allocator keeps.
            Of a call that is recorded as a CUDA graph too little: what it computes in between lies in `reserved_bytes`.
        reserved_bytes: what the allocator had taken from the device. For a resident size, the pages above those of a
            process that imports the same and computes without a model; freed pages that the allocator kept count.
        process_bytes: of the whole process, on a GPU with context and libraries (None where NVML does not tell);
            for a resident size with the interpreter, torch and its libraries.
    """

    source: Source
    allocated_bytes: int | None
    reserved_bytes: int
    process_bytes: int | None


@dataclass(frozen=True)
class CallMaker:
    """What a fresh process measures, by name, since calls do not travel between processes.

    Attributes:
        function: `package.module:function`, which makes the call; called with the arguments.
        arguments: values that JSON knows.
        threads: of torch in that process; None leaves it to torch.
    """

    function: str
    arguments: Mapping[str, Any]
    device: str = "cpu"
    threads: int | None = None


NO_MODEL = f"{WORKER}:no_model"
"""The call of an empty run: the same imports and a little arithmetic, so that libraries do not count for a model."""


def peak_memory(call: Callable[[], object], device: torch.device, *, card: Card | None = None) -> PeakMemory:
    """Peak of a call on a GPU; whatever else this process holds there counts too, so it should hold only this.

    Args:
        call: one forward pass whose weights and inputs are on the device; it is made twice.

    Raises:
        ValueError: the device counts no memory; for a CPU there is `peak_of_fresh_process`.
    """
    if device.type != "cuda":
        raise ValueError(f"{device} does not count memory; use peak_of_fresh_process")
    torch.cuda.synchronize(device)
    torch.cuda.empty_cache()  # blocks that larger batches left behind would count as reserved
    call()
    torch.cuda.synchronize(device)
    torch.cuda.reset_peak_memory_stats(device)
    call()
    torch.cuda.synchronize(device)
    allocated = torch.cuda.max_memory_allocated(device)
    reserved = torch.cuda.max_memory_reserved(device)
    return PeakMemory("cuda_allocator", allocated, reserved, _process_bytes(card))


def _process_bytes(card: Card | None) -> int | None:
    processes = None if card is None else processes_on(card)
    return None if processes is None else own_memory_bytes(processes, own_pids())


def peak_of_fresh_process(maker: CallMaker, *, empty_bytes: int | None = None) -> PeakMemory:
    """Peak of a call in a process of its own, on a CPU or a GPU; the caller sleeps until it is done.

    Args:
        empty_bytes: `empty_process_bytes` of before, which saves a run per model on a CPU.

    Raises:
        MeasurementRejected: the process ended without a figure (killed for want of memory, say); says how.
    """
    found = _run(maker)
    if found["source"] == "cuda_allocator":
        return PeakMemory(**found)
    empty = empty_process_bytes(threads=maker.threads) if empty_bytes is None else empty_bytes
    return PeakMemory("resident_size", None, max(0, found["process_bytes"] - empty), found["process_bytes"])


def empty_process_bytes(*, threads: int | None = None) -> int:
    """Largest resident size of a process without a model; a machine has one figure for a number of threads.

    Raises:
        MeasurementRejected: as in `peak_of_fresh_process`.
    """
    return int(_run(CallMaker(NO_MODEL, {}, threads=threads))["process_bytes"])


def _run(maker: CallMaker) -> dict[str, Any]:
    """The worker's answer.

    Raises:
        MeasurementRejected: there is none.
    """
    command = [sys.executable, "-m", WORKER]
    try:
        done = subprocess.run(
            command, input=json.dumps(asdict(maker)), capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise MeasurementRejected(f"memory: no answer within {TIMEOUT_S} s; try a smaller batch") from None
    if done.returncode != 0:
        words = done.stderr.strip().splitlines()[-1:] or ["killed, perhaps for want of memory; try a smaller batch"]
        raise MeasurementRejected(f"memory: the process that measures it ended with {done.returncode}: {words[0]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer

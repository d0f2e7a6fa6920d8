"""The machine's rates from a process of their own, so that measuring them leaves the model's process as it was.

A product of 1536³ gives 9 MB of memory back at each call, and glibc then keeps buffers of that size for good instead of
returning them: a model measured afterwards in the same process runs without the page faults it has in an ordinary one
(GTPT-S on two cores at batch 1: 7,800 a call before, none after; 46 and 27 ms; deployed 27 and 17 ms).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from gtpt_bench.efficiency.explain.rates import RatedDevice, RateMeter, RateRound, RatesHere
from gtpt_bench.efficiency.options import DType, InferenceOptions
from gtpt_bench.efficiency.timing import clock
from gtpt_bench.errors import MeasurementRejected

WORKER = "gtpt_bench.efficiency.explain.rate_worker"
END_S = 10
SPIN_S = 0.1
"""Threads that have nothing more to do wait for work on their core for a while before they let go of it; one process
begins when the other's have."""


@contextmanager
def rates_beside(device: torch.device, dtype: DType) -> Iterator[RateMeter]:
    """What measures the machine's rates in turn with a model in this process, without a trace in it.

    On a CPU another process, which waits in between and has as many threads. On a GPU this one: its memory has an
    allocator of its own, and another process would be a stranger on the card.

    Raises:
        InputError: the device has no such number format.
        MeasurementRejected: the process does not answer.
    """
    if device.type == "cuda":
        yield RatesHere(device, dtype)
        return
    InferenceOptions(dtype=dtype).check("cpu")
    with RatesApart(dtype, threads=torch.get_num_threads()) as apart:
        yield apart


class RatesApart:
    """A `RateMeter` in a process of its own, on the CPU. A context manager: the process ends with it."""

    def __init__(self, dtype: DType, *, threads: int) -> None:
        command = [sys.executable, "-m", WORKER, dtype, str(threads)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)

    def __enter__(self) -> RatesApart:
        try:
            self.rated = RatedDevice(**self._answer())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self.process.communicate(timeout=END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()

    def round(self, seconds: float) -> RateRound:
        return RateRound(**self._asked("all", seconds))

    def matrix_round(self, seconds: float) -> float:
        return float(self._asked("matrix", seconds)["flops_per_s"])

    def _asked(self, what: str, seconds: float) -> dict[str, Any]:
        assert self.process.stdin is not None
        clock.pause(SPIN_S)
        try:
            self.process.stdin.write(f"{what} {seconds}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the answer, which does not come, tells why
        answer = self._answer()
        clock.pause(SPIN_S)
        return answer

    def _answer(self) -> dict[str, Any]:
        """Waits without using a core."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            *_, reason = (self.process.communicate()[1] or "no reason given").strip().splitlines()
            raise MeasurementRejected(f"the process that measures the machine's rates has ended: {reason}")
        answer: dict[str, Any] = json.loads(line)
        return answer

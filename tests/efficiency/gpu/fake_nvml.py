"""An NVML that answers what a test wants, fails where a test wants, and refuses to change anything."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pynvml

from gtpt_bench.efficiency.gpu.card import Card
from gtpt_bench.efficiency.gpu.state import GpuState

NVMLError = pynvml.NVMLError
UUID = "8d2f1a34-0000-1111-2222-333344445555"
SM, TEMPERATURE_SENSOR = pynvml.NVML_CLOCK_SM, pynvml.NVML_TEMPERATURE_GPU


def process(pid: int, memory_bytes: int | None = None) -> SimpleNamespace:
    return SimpleNamespace(pid=pid, usedGpuMemory=memory_bytes)


class FakeNvml:
    """In place of the module `pynvml`, with cards by UUID.

    Attributes:
        answers: of functions about a card, by their NVML names; a callable is called with the arguments.
        failing: functions that raise, and NVML's code for why.
        asked: names of all functions called.
    """

    NVMLError = NVMLError

    def __init__(self, *, cards: tuple[str, ...] = (f"GPU-{UUID}",), **answers: Any) -> None:
        self.cards = cards
        self.failing: dict[str, int] = {}
        self.asked: list[str] = []
        self.shut_down = 0
        self.answers: dict[str, Any] = {
            "nvmlDeviceGetClockInfo": {SM: 1900}.__getitem__,
            "nvmlDeviceGetDefaultApplicationsClock": {SM: 2000}.__getitem__,
            "nvmlDeviceGetMaxClockInfo": {SM: 2100}.__getitem__,
            "nvmlDeviceGetTemperature": {TEMPERATURE_SENSOR: 60}.__getitem__,
            "nvmlDeviceGetPowerUsage": 350_500,
            "nvmlDeviceGetCurrentClocksEventReasons": 0,
            "nvmlDeviceGetComputeRunningProcesses": [process(os.getpid())],
            "nvmlDeviceGetGraphicsRunningProcesses": [],
            **answers,
        }

    def __getattr__(self, function: str) -> Callable[..., Any]:
        if not function.startswith(("nvmlDeviceGet", "nvmlSystemGet")):
            raise AssertionError(f"{function} is no reading")
        if function not in self.answers:
            raise AttributeError(function)

        def answer(*arguments: Any) -> Any:
            self.asked.append(function)
            if function in self.failing:
                raise NVMLError(self.failing[function])
            value = self.answers[function]
            return value(*arguments[1:]) if callable(value) else value

        return answer

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:  # noqa: N802
        if uuid not in self.cards:
            raise NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return f"handle of {uuid}"

    def nvmlDeviceGetHandleByPciBusId(self, bus_id: str) -> str:  # noqa: N802
        return f"handle at {bus_id}"

    def nvmlDeviceGetHandleByIndex(self, index: int) -> str:  # noqa: N802
        return f"handle of {self.cards[index]}"

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self.cards)

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.shut_down += 1


def card(**answers: Any) -> Card:
    return Card(FakeNvml(**answers), "handle")


def state(**changes: Any) -> GpuState:
    """Of a card that does well, but for the changes."""
    well: dict[str, Any] = {
        "sm_clock_mhz": 1900,
        "default_sm_clock_mhz": 2000,
        "max_sm_clock_mhz": 2100,
        "temperature_c": 60,
        "power_w": 350.5,
        "throttle_reasons": (),
        "limited_ns": {},
        "processes": (),
    }
    return GpuState(**well | changes)

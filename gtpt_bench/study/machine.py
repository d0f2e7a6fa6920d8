"""Where time is measured, as far as a plan has to know it: this machine, or jobs of a cluster. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass

from gtpt_bench.efficiency.device import device_name, gpu_name
from gtpt_bench.efficiency.options import DeviceKind


@dataclass(frozen=True)
class Machine:
    """What stands in the identity of a timing, and what ways of running there are."""

    device: str
    kind: DeviceKind


def this_machine() -> Machine:
    return Machine(device_name(), "cuda" if gpu_name() else "cpu")

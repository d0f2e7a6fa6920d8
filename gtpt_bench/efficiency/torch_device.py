"""The device that torch really uses here, which decides what a record says; device.py guesses it without torch."""

from __future__ import annotations

import torch

from gtpt_bench.efficiency.device import cpu_device_name


def torch_device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def torch_device_name() -> str:
    """Name of that device, spelled as in device.py."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else cpu_device_name()

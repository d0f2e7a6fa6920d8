"""Which machine this is, told without torch, so that plans can name it at once."""

from __future__ import annotations

import os
import platform
import subprocess
from functools import cache
from pathlib import Path


@cache
def device_name() -> str:
    """The device that models run on here: the first GPU's name, or the processor and its cores."""
    return gpu_name() or cpu_device_name()


def cpu_device_name() -> str:
    """The processor and how many of its cores this process may use."""
    return f"{cpu_name()} ({num_cores()} cores)"


def is_cpu(device: str) -> bool:
    """Whether a recorded device is a processor, by the way in which those are spelled."""
    return device.endswith(" cores)")


def gpu_name() -> str | None:
    """Name of the first visible NVIDIA GPU, None where there is none or it is hidden."""
    names = _of_each_gpu("name")
    return names[0] if names else None


def gpu_ids() -> list[str]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is None:
        return _of_each_gpu("index")
    return [] if allowed == "-1" else [gpu.strip() for gpu in allowed.split(",") if gpu.strip()]


def _of_each_gpu(quantity: str) -> list[str]:
    """What nvidia-smi says of each GPU of this machine; nothing where they are hidden."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return []
    try:
        listed = subprocess.run(
            ["nvidia-smi", f"--query-gpu={quantity}", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in listed.stdout.splitlines() if line.strip()]


def cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def num_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

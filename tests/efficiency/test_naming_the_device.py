"""Which machine this is, told without torch."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtpt_bench.efficiency.device import cpu_name, gpu_name, num_cores


def test_the_device_has_a_name_without_a_gpu_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpu_name() is None
    assert cpu_name().strip()
    assert num_cores() >= 1


def test_a_broken_driver_is_no_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'driver mismatch' >&2\nexit 9\n")
    tool.chmod(0o755)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu_name() is None
    tool.write_text("#!/bin/sh\necho 'NVIDIA H200'\necho 'NVIDIA A100'\n")
    assert gpu_name() == "NVIDIA H200"

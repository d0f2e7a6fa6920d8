"""`measured_models`: the dictionary that programs read, by the real clock on a small model."""

from __future__ import annotations

import json
import statistics
from typing import Any

import pytest
import torch

from gtpt_bench.efficiency.device import cpu_name, device_name, gpu_name, num_cores
from gtpt_bench.efficiency.measure import measured_models
from gtpt_bench.efficiency.timing.settings import TimingSettings
from gtpt_bench.models import model_config
from gtpt_bench.models.gtpt.closed_form import gtpt_cost

TINY, SMALLER = model_config("gtpt_tiny_coco"), model_config("gtpt_tiny_coco", {"stage_depths": (1, 2, 1, 1)})
QUICK = TimingSettings(throughput_batch=2, warmup_s=0, round_s=0.02, min_rounds=2, max_rounds=2)


@pytest.fixture(scope="module")
def both() -> list[dict[str, Any]]:
    return measured_models({"tiny": TINY, "smaller": SMALLER}, QUICK, cost=True, time=True)


def test_the_answer_has_the_promised_keys(both: list[dict[str, Any]]) -> None:
    for found in both:
        assert {"params", "macs", "latency_ms", "throughput_images_per_s"} <= found.keys()
        assert set(found["macs"]) == {"full", "attention", "thop"}
    assert [found["model"] for found in both] == ["tiny", "smaller"]


def test_it_is_json_without_nan(both: list[dict[str, Any]]) -> None:
    assert json.loads(json.dumps(both, allow_nan=False)) == both


def test_counts_are_whole_numbers_equal_to_the_closed_form(both: list[dict[str, Any]]) -> None:
    for found, config in zip(both, (TINY, SMALLER), strict=True):
        counts = (found["params"], *found["macs"].values())
        assert {type(count) for count in counts} == {int}
        cost = gtpt_cost(config)
        assert counts == (cost.params, cost.full, cost.attention, cost.thop)


def test_statistics_follow_from_the_raw_samples(both: list[dict[str, Any]]) -> None:
    for found in both:
        samples = found["samples"]
        assert len(samples["latency_ns"]) == len(samples["throughput_images_per_s"]) == 2
        calls = [call for calls in samples["latency_ns"] for call in calls]
        assert found["latency_ms"] == pytest.approx(statistics.median(calls) / 1e6)
        assert found["throughput_images_per_s"] == pytest.approx(statistics.median(samples["throughput_images_per_s"]))
        assert found["first_call_ms"] == samples["first_call_ms"]
        assert min(*calls, found["throughput_images_per_s"], found["first_call_ms"]) > 0


def test_the_conditions_are_told_with_the_figures(both: list[dict[str, Any]]) -> None:
    for found in both:
        assert found["settings"] == QUICK.model_dump() | {"threads": torch.get_num_threads()}
        assert found["device"] == device_name()


def test_only_what_was_asked_for_is_measured() -> None:
    (cost,) = measured_models({"tiny": TINY}, QUICK, cost=True, time=False)
    assert set(cost) == {"model", "params", "macs", "device"}
    (time,) = measured_models({"tiny": TINY}, QUICK, cost=False, time=True)
    assert not {"params", "macs"} & set(time)


def test_the_device_has_a_name_without_a_gpu_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpu_name() is None
    assert cpu_name().strip()
    assert num_cores() >= 1


def test_a_broken_driver_is_no_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'driver mismatch' >&2\nexit 9\n")
    tool.chmod(0o755)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu_name() is None
    tool.write_text("#!/bin/sh\necho 'NVIDIA H200'\necho 'NVIDIA A100'\n")
    assert gpu_name() == "NVIDIA H200"


@pytest.mark.parametrize(
    "wrong", [{"throughput_batch": 0}, {"round_s": 0}, {"min_rounds": 1}, {"precision": 0}, {"warmup_s": -1}]
)
def test_settings_that_measure_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        TimingSettings.model_validate(wrong)

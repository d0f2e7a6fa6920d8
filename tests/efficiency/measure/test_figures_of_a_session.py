"""What a session of measuring finds: figures that follow from raw samples, counts equal to the closed form, conditions.

By the real clock on models of some thousand weights.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import torch

from gtpt_bench.efficiency.counting.conventions import CONVENTIONS
from gtpt_bench.efficiency.device import device_name
from gtpt_bench.efficiency.gpu.card import CardFacts
from gtpt_bench.efficiency.gpu.watch import GpuConditions
from gtpt_bench.efficiency.measure.as_json import as_json
from gtpt_bench.efficiency.measure.figures import Measured
from gtpt_bench.efficiency.measure.request import MeasureRequest
from gtpt_bench.efficiency.measure.run import built, measured
from gtpt_bench.efficiency.measure.running import Update
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from tests.efficiency.gpu.fake_nvml import state
from tests.efficiency.measure.conftest import EVERYTHING, MODELS, QUICK, Told


@pytest.fixture(scope="module")
def both(everything: Measured) -> list[dict[str, Any]]:
    return as_json(everything)


def test_the_answer_has_the_promised_keys(both: list[dict[str, Any]]) -> None:
    promised = {"params", "macs", "latency_ms", "throughput_images_per_s", "first_call_ms", "samples", "settings"}
    for found in both:
        assert promised | {"device"} <= found.keys()
        assert set(found["macs"]) == {*CONVENTIONS, "attention"}
    assert [found["model"] for found in both] == ["small", "dense"]


def test_it_is_json_without_nan(both: list[dict[str, Any]]) -> None:
    assert json.loads(json.dumps(both, allow_nan=False)) == both


def test_counts_are_whole_numbers_equal_to_the_closed_form(both: list[dict[str, Any]]) -> None:
    for found, config in zip(both, MODELS.values(), strict=True):
        cost = gtpt_cost(config)
        assert found["params"] == cost.params
        assert cost.by_convention().items() <= found["macs"].items()
        assert {type(count) for count in found["macs"].values()} == {int}


def test_stages_and_modules_sum_to_the_whole(both: list[dict[str, Any]]) -> None:
    for found in both:
        for parts in (found["stages"], found["modules"]):
            assert sum(part["full_macs"] for part in parts) == found["macs"]["full"]
            assert sum(part["attention_macs"] for part in parts) == found["macs"]["attention"]
            assert sum(part["params"] for part in parts) == found["params"]


def test_other_counters_agree_and_say_what_they_left_out(both: list[dict[str, Any]]) -> None:
    for found in both:
        assert found["check"]["agrees"]
        assert all(counter["agrees"] for counter in found["check"]["counters"])
        assert found["check"]["uncounted_calls"]["native_batch_norm"] > 0
        assert found["check"]["unknown_calls"] == {}


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
        assert found["settings"] == QUICK.model_dump() | {"threads": 1}
        assert found["options"] == EVERYTHING.options.model_dump(mode="json")
        assert found["device"] == device_name()
        assert "gpu" not in found


def test_programs_get_what_a_card_is_and_how_it_was(everything: Measured) -> None:
    conditions = GpuConditions(state(), state(), 61, 0, (), (), ())
    on_a_card = replace(everything, gpu=conditions, card=CardFacts("a card", "570.86", 700.0))
    found = json.loads(json.dumps(as_json(on_a_card)[0], allow_nan=False))
    assert found["card"] == {"name": "a card", "driver": "570.86", "power_limit_w": 700.0}
    assert found["gpu"]["last"]["sm_clock_mhz"] == 1900


def test_each_model_is_explained_and_the_second_against_the_first(both: list[dict[str, Any]]) -> None:
    first, second = (found["explained"][0] for found in both)
    for found in (first, second):
        assert found["batch"] == 1
        assert found["sentence"].startswith("At batch 1 ")
        assert sum(row["share_of_time"] for row in found["stages"]) == pytest.approx(1)
        assert found["machine"]["flops_per_s"] > 1e9
    assert "beside_first" not in first
    beside = second["beside_first"]
    assert beside["model"] == "small"
    assert beside["sentence"].startswith("MACs rose 1.")
    assert beside["verdict"] in ("faster", "slower", "same", "ambiguous")
    assert len(beside["rounds_ns"]) == len(beside["disturbed_rounds"])


def test_batch_sizes_end_where_they_were_told_to(both: list[dict[str, Any]]) -> None:
    for found in both:
        assert [point["batch"] for point in found["sweep"]["points"]] == [1, 2]
        assert (found["sweep"]["ended_by"], found["sweep"]["next_batch"]) == ("max_batch", 4)


def test_the_way_from_image_to_poses_holds_the_network(both: list[dict[str, Any]]) -> None:
    for found in both:
        spans = found["end_to_end"]["span_ms"]
        assert {"decode_image", "crop", "forward", "flip", "nms"} <= spans.keys()
        assert 0 < found["end_to_end"]["model_share"] < 1


def test_what_a_clock_disturbs_least_comes_first(everything: Measured, told: Told) -> None:
    """Large batches last, and nothing is profiled before the models were held against each other."""
    assert told.titles == [
        "timing small, dense",
        "dense against small at batch 1",
        "explaining small at batch 1",
        "explaining dense at batch 1",
        "from end to end: small, dense",
        "batch sizes of small",
        "batch sizes of dense",
    ]


def test_memory_is_measured_at_one_image_and_at_the_batch() -> None:
    request = MeasureRequest(parts=frozenset({"memory"}), timing=QUICK.model_copy(update={"throughput_batch": 64}))
    (found,) = as_json(measured({"small": MODELS["small"]}, request))
    one, many = found["memory"]
    assert (one["batch"], many["batch"]) == (1, 64)
    assert one["process_bytes"] > one["reserved_bytes"] >= 0
    assert many["reserved_bytes"] > one["reserved_bytes"] + 63 * 3 * 64 * 48 * 4, "64 images lie in memory"
    assert not {"params", "latency_ms"} & found.keys()


def test_only_what_was_asked_for_is_measured() -> None:
    (cost,) = as_json(measured({"small": MODELS["small"]}, MeasureRequest(parts=frozenset({"cost"}))))
    assert {"params", "params_trainable", "params_thop", "macs", "uncounted_calls"} <= cost.keys()
    assert not {"latency_ms", "stages", "check", "samples"} & cost.keys()
    (time,) = as_json(measured({"small": MODELS["small"]}, MeasureRequest(parts=frozenset({"time"}), timing=QUICK)))
    assert not {"params", "macs"} & time.keys()


def test_a_model_is_built_the_same_each_time_and_disturbs_no_other_draw() -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    first, second = built(MODELS["small"]).state_dict(), built(MODELS["small"]).state_dict()
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_a_session_can_be_stopped_between_two_slices() -> None:
    @contextmanager
    def stopped(title: str) -> Iterator[Update]:
        def update(done: int, total: int, words: str) -> None:
            raise KeyboardInterrupt

        yield update

    before = torch.get_num_threads()
    with pytest.raises(KeyboardInterrupt):
        measured({"small": MODELS["small"]}, EVERYTHING, stopped)
    assert torch.get_num_threads() == before

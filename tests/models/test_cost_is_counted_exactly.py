"""Parameters, MACs and token counts against the specification's figures; other counters: tests/efficiency/counting."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtpt_bench.efficiency.counting.conventions import macs_by_convention
from gtpt_bench.efficiency.counting.macs import measured_cost
from gtpt_bench.efficiency.counting.trace import trace_forward
from gtpt_bench.models import build_model, create_model, list_models, model_config
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.sizes import Size

# spec/gtpt.md §13 (params) and §14 (thop); issue: full without the dummy token
FIGURES = {
    "gtpt_t_coco": (2_405_632, 754_161_664, 663_179_264),
    "gtpt_s_coco": (5_479_008, 1_756_578_816, 1_625_954_304),
    "gtpt_b_coco": (8_367_904, 3_741_901_824, 3_646_568_448),
    "gtpt_t_wholebody": (2_421_120, 968_584_192, 831_771_648),
    "gtpt_s_wholebody": (5_502_240, 2_193_867_264, 1_994_497_536),
    "gtpt_b_wholebody": (8_391_136, 4_179_190_272, 4_015_111_680),
}


@pytest.mark.parametrize("name", FIGURES)
def test_params_and_macs_of_the_released_models(name: str) -> None:
    cost = measured_cost(create_model(name))
    assert (cost.params, cost.full, cost.thop) == FIGURES[name]


@pytest.mark.parametrize("name", [name for name in list_models() if name.startswith("gtpt")])
def test_closed_form_equals_the_operator_trace_field_by_field(name: str) -> None:
    assert gtpt_cost(model_config(name)) == measured_cost(create_model(name))


@pytest.mark.parametrize("name", ["gtpt_t_coco", "gtpt_s_wholebody"])
def test_closed_form_tells_every_convention_but_d(name: str) -> None:
    trace = trace_forward(create_model(name), Size(256, 192))
    in_all = macs_by_convention(trace)
    assert in_all.pop("D") > in_all["full_with_norms"]
    assert gtpt_cost(model_config(name)).by_convention() == in_all


@settings(max_examples=12, deadline=None)
@given(
    depths=st.tuples(*[st.integers(1, 3), st.integers(2, 3), st.integers(1, 3), st.integers(1, 2)]),
    drops=st.lists(st.integers(0, 9), min_size=3, max_size=3).map(sorted),
    heads=st.sampled_from([1, 2, 4]),
    width=st.sampled_from([32, 64]),
    tokenizer=st.sampled_from(["shuffle", "u_shuffle"]),
    keypoints=st.sampled_from(["coco", "wholebody"]),
)
def test_closed_form_equals_the_trace_for_any_config(
    depths: tuple[int, ...], drops: list[int], heads: int, width: int, tokenizer: str, keypoints: str
) -> None:
    config = model_config(f"gtpt_tiny_{keypoints}", {"input_size": (192, 144), "patch_size": (2, 3)})
    slots = config.num_image_tokens
    rates = [1.0, *(max(1 - 0.1 * d, 70 / slots if keypoints == "wholebody" else 0.05) for d in drops)]
    changed = config.changed(
        {
            "stage_depths": depths,
            "pruning.keep_rates": rates,
            "heads": heads,
            "width": width,
            "tokenizer": {"kind": tokenizer},
        }
    )
    assert gtpt_cost(changed) == measured_cost(build_model(changed))


COCO_QUERIES = [257] * 4 + [196] * 2 + [3 * 82 - 1] * 4 + [3 * 31 - 1] * 2
COCO_FFN = [257] * 3 + [196] * 3 + [3 * 82 - 1] * 3 + [3 * 31 - 1] * 3
WHOLEBODY_QUERIES = [257] * 4 + [201] * 2 + [3 * 134 - 1] * 4 + [3 * 82 - 1] * 2
WHOLEBODY_FFN = [257] * 3 + [201] * 3 + [3 * 134 - 1] * 3 + [3 * 82 - 1] * 3


@pytest.mark.parametrize(
    ("name", "queries", "fed"),
    [("gtpt_s_coco", COCO_QUERIES, COCO_FFN), ("gtpt_s_wholebody", WHOLEBODY_QUERIES, WHOLEBODY_FFN)],
)
def test_tokens_of_each_layer(name: str, queries: list[int], fed: list[int]) -> None:
    """spec/gtpt.md §2, all groups together and without the dummy slot."""
    schedule = model_config(name).schedule
    layers = (*schedule.coarse, *schedule.fine)
    assert [sum(g.queries for g in layer.attention) for layer in layers] == queries
    assert [sum(g.queries for g in layer.feed_forward) for layer in layers] == fed


def test_dense_tokens_take_image_slots_of_their_group() -> None:
    fine = model_config("gtpt_s_wholebody").schedule.fine
    assert [(g.keypoints, g.dense, g.image) for g in fine[0].attention] == [(5, 68, 60), (6, 42, 86), (6, 6, 122)]
    assert [(g.dense, g.image) for g in fine[-1].feed_forward] == [(68, 8), (42, 34), (6, 70)]
    assert fine[0].keys == (17 + 128,) * 3


def test_the_full_pass_keeps_every_token_but_dense_ones_still_take_slots() -> None:
    coco, wholebody = (model_config(f"gtpt_s_{d}").full_schedule for d in ("coco", "wholebody"))
    assert set(coco.image_slots) == set(wholebody.image_slots) == {256}
    assert [g.image for g in wholebody.fine[-1].feed_forward] == [188, 214, 250]


def test_operators_that_no_macs_count_are_listed_with_their_calls() -> None:
    uncounted = trace_forward(create_model("gtpt_tiny_coco"), Size(128, 96)).uncounted
    assert uncounted["topk"] == 7  # once in the coarse layers, a group each at the split and in the fine layers
    assert not {"mm", "addmm", "bmm", "convolution"} & set(uncounted)


def test_closed_forms_need_no_torch() -> None:
    script = (
        "import sys; from gtpt_bench.models.gtpt.closed_form import gtpt_cost;"
        "from gtpt_bench.models import model_config; print(gtpt_cost(model_config('gtpt_b_wholebody')).full);"
        "assert 'torch' not in sys.modules"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(answer.stdout) == FIGURES["gtpt_b_wholebody"][1]


def test_defaults_are_gtpt_s_for_coco() -> None:
    assert GTPTConfig() == model_config("gtpt_s_coco")

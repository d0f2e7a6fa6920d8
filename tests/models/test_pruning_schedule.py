"""How many image tokens each layer keeps, in which pass; and which schedules are refused, with what would do."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gtpt_bench.models import model_config
from gtpt_bench.models.gtpt.kept import watch_kept_tokens
from gtpt_bench.models.gtpt.model import TrainingLogits
from gtpt_bench.models.gtpt.pruning import kept
from tests.models.small_gtpt import NUM_TOKENS, pictures, small_config, small_gtpt

# spec/ablations.md §3.5: digits are tenths of the tokens dropped in each stage; tokens of 256, rates as literal lists
CODES = {
    "0379": ("coco", (1, 0.7, 0.3, 0.1), (256, 179, 76, 25)),
    "0479": ("coco", (1, 0.6, 0.3, 0.1), (256, 153, 76, 25)),
    "0489": ("coco", (1, 0.6, 0.2, 0.1), (256, 153, 51, 25)),
    "0589": ("coco", (1, 0.5, 0.2, 0.1), (256, 128, 51, 25)),
    "0357": ("wholebody", (1, 0.7, 0.5, 0.3), (256, 179, 128, 76)),
    "0356": ("wholebody", (1, 0.7, 0.5, 0.4), (256, 179, 128, 102)),
    "0367": ("wholebody", (1, 0.7, 0.4, 0.3), (256, 179, 102, 76)),
    "geometric": ("coco", (1, 0.7, 0.49, 0.343), (256, 179, 125, 87)),
}


@pytest.mark.parametrize("code", CODES)
def test_a_stage_prunes_in_its_first_layer_to_the_share_of_the_original_tokens(code: str) -> None:
    data_set, rates, tokens = CODES[code]
    schedule = model_config(f"gtpt_s_{data_set}", {"pruning.keep_rates": rates}).schedule
    assert schedule.image_slots == tuple(count for count in tokens for _ in range(3))


def test_counts_truncate_so_that_a_rate_just_below_one_half_keeps_one_token_less() -> None:
    """The authors' code computes its rates: five tenths dropped leave 0.49999999999999994 (spec/ablations.md S11)."""
    computed = 1 - 5 * (1 - 0.7) / 3
    assert computed < 0.5
    for rate, tokens in ((computed, 127), (0.5, 128)):
        config = model_config("gtpt_s_coco", {"pruning.keep_rates": (1, rate, 0.2, 0.1)})
        assert config.schedule.image_slots[3] == tokens


falling = st.lists(st.floats(1 / 24, 1), min_size=4, max_size=4).map(lambda rates: sorted(rates, reverse=True))


@given(rates=falling, depths=st.tuples(*[st.integers(2, 3)] * 4))
def test_one_rate_a_layer_says_the_same_as_one_rate_a_stage(rates: list[float], depths: tuple[int, ...]) -> None:
    of_layers = [rate for rate, depth in zip(rates, depths, strict=True) for _ in range(depth)]
    by_stage, by_layer = (
        small_config(stage_depths=depths, pruning={"keep_rates": given}) for given in (rates, of_layers)
    )
    assert by_layer.schedule == by_stage.schedule


SPLITS: dict[str, dict[str, Any]] = {
    "before_fine_layers": {},
    "inside_first_fine_layer": {"split_point": "inside_first_fine_layer"},
    "grouping off": {"grouping": {"kind": "off"}},
}


@settings(max_examples=30)
@given(
    rates=st.lists(st.sampled_from([0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 1]), min_size=8, max_size=8),
    split=st.sampled_from(list(SPLITS)),
)
def test_tokens_are_dropped_in_exactly_the_layers_where_the_rate_falls(rates: list[float], split: str) -> None:
    rates = sorted(rates, reverse=True)
    if split == "before_fine_layers":
        rates[3] = rates[2]
    expected: list[tuple[int, bool, int | None, int]] = []
    for layer, (before, after) in enumerate(pairwise([1.0, *rates])):
        if int(NUM_TOKENS * after) != int(NUM_TOKENS * before):
            everyone_alike = layer < 4 or split == "grouping off"
            groups = [None] if everyone_alike else range(3)
            expected += [(layer, not everyone_alike and layer == 4, g, int(NUM_TOKENS * after)) for g in groups]
    model = small_gtpt(pruning={"keep_rates": rates}, **SPLITS[split])
    with torch.no_grad(), watch_kept_tokens(model) as cuts:
        model(pictures())
    assert [(cut.layer, cut.at_split, cut.group, cut.grid_index.shape[1]) for cut in cuts] == expected


LATE = (1, 1, 1, 0.7, 0.7, 0.7, 0.3, 0.3)


def test_a_fall_in_the_last_coarse_layer_is_refused_as_the_split_ranks_by_its_attention() -> None:
    with pytest.raises(
        ValidationError,
        match=r"pruning\.keep_rates falls from 1 to 0\.7 in layer 3.*stage_depths \[2, 2, 2, 2\].*"
        r"change the rate in layer 2 or before, or in layer 4, which is the split",
    ):
        small_config(pruning={"keep_rates": LATE})


def test_nor_may_the_second_pass_fall_in_the_last_coarse_layer() -> None:
    rates = {"keep_rates": (1, 0.7, 0.7, 0.7, 0.3, 0.3, 0.1, 0.1), "full_pass_keep_rates": (1, 0.7, 0.5, 0.5)}
    with pytest.raises(ValidationError, match=r"pruning\.full_pass_keep_rates falls from 1 to 0\.7 in layer 3"):
        small_config(stage_depths=(3, 1, 2, 2), pruning=rates)
    small_config(stage_depths=(2, 2, 2, 2), pruning=rates)


def test_a_second_pass_that_keeps_less_than_the_first_is_refused() -> None:
    with pytest.raises(
        ValidationError,
        match=r"full_pass_keep_rates keeps 0\.5 in layer 2, less than the 0\.7 of pruning\.keep_rates.*at least 0\.7",
    ):
        small_config(pruning={"full_pass_keep_rates": (1, 0.5, 0.5, 0.5)})


@pytest.mark.parametrize("layer", [2, 4])
def test_a_fall_in_the_layers_offered_instead_is_accepted(layer: int) -> None:
    small_config(pruning={"keep_rates": (*[1] * layer, *[0.7] * (6 - layer), 0.3, 0.3)})


@pytest.mark.parametrize("split", ["inside_first_fine_layer", "grouping off"])
def test_a_fall_in_the_last_coarse_layer_is_allowed_where_no_split_follows_it_at_once(split: str) -> None:
    assert small_config(pruning={"keep_rates": LATE}, **SPLITS[split]).schedule.image_slots[2:4] == (48, 33)


@pytest.mark.parametrize("split", SPLITS)
def test_without_pruning_in_fine_layers_the_rate_at_the_split_holds_to_the_end(split: str) -> None:
    first, second = (
        small_config(pruning={"keep_rates": (1, 0.7, 0.3, last), "in_fine_layers": False}, **SPLITS[split]).schedule
        for last in (0.3, 0.1)
    )
    assert first == second
    assert first.image_slots == (48, 48, 33, 33, 14, 14, 14, 14)


def test_the_second_pass_of_training_keeps_its_own_rates() -> None:
    model = small_gtpt(pruning={"full_pass_keep_rates": (1, 1, 0.5, 0.5)}).train()
    with watch_kept_tokens(model) as cuts:
        full = model(pictures()).full
    passes = [(33, *[14] * 3, *[4] * 3), (24, 24, 24)]
    assert [cut.grid_index.shape[1] for cut in cuts] == [count for counts in passes for count in counts]
    alone = small_gtpt(pruning={"keep_rates": (1, 1, 0.5, 0.5)}).train()(pictures(), full_pass=False).pruned
    assert torch.equal(full.x, alone.x)


@pytest.mark.parametrize("full", [(1, 0.7, 0.3, 0.1), (1, 0.699, 0.301, 0.1)], ids=["same rates", "same counts"])
def test_there_is_no_second_pass_that_would_only_repeat_the_first(full: tuple[float, ...]) -> None:
    logits = small_gtpt(pruning={"full_pass_keep_rates": full}).train()(pictures())
    assert isinstance(logits, TrainingLogits)
    assert logits.full is None


@settings(max_examples=25)
@given(
    score=st.sampled_from("softmax_pool attention_mean attention_max human random feature_norm oracle".split()),
    selection=st.sampled_from(["topk", "gumbel_topk"]),
    dropped=st.sampled_from(["dropped", "fused", "merged"]),
    split=st.sampled_from(list(SPLITS)),
)
def test_at_keep_rate_one_every_mechanism_is_the_network_without_pruning_bit_for_bit(
    score: str, selection: str, dropped: str, split: str
) -> None:
    assume((score, selection) != ("random", "gumbel_topk"))  # refused: nothing to learn
    reference = small_gtpt(**SPLITS[split]).unpruned_pass(pictures()).logits
    kinds = {"score": {"kind": score}, "selection": {"kind": selection}, "dropped": {"kind": dropped}}
    model = small_gtpt(pruning={"keep_rates": (1, 1, 1, 1), **kinds}, **SPLITS[split])
    with watch_kept_tokens(model) as cuts:
        evaluated, trained = model(pictures()), model.train()(pictures()).pruned
    assert cuts == []
    for logits in (evaluated, trained):
        assert torch.equal(logits.x, reference.x)
        assert torch.equal(logits.y, reference.y)


@pytest.mark.parametrize("number", [5, 7, 9])
def test_another_number_of_rates_is_refused_with_the_two_that_are_allowed(number: int) -> None:
    with pytest.raises(
        ValidationError,
        match=rf"pruning\.keep_rates has {number} rates; stage_depths \[2, 2, 2, 2\] take 4 \(one a stage\) "
        r"or 8 \(one a layer\)",
    ):
        small_config(pruning={"keep_rates": [1] * number})


@pytest.mark.parametrize("name", ["keep_rates", "full_pass_keep_rates"])
def test_rates_that_grow_are_refused_as_a_dropped_token_cannot_come_back(name: str) -> None:
    with pytest.raises(ValidationError, match=rf"{name} \[1\.0, 0\.3, 0\.7, 0\.1\] grow.*cannot come back"):
        small_config(pruning={name: (1, 0.3, 0.7, 0.1)})


def test_too_few_slots_for_dense_tokens_are_refused_with_a_rate_and_a_number_of_tokens_that_would_do() -> None:
    """68 dense face tokens at 256 × 192: spec/ablations.md S7."""
    narrow = {"pruning.keep_rates": (1, 0.7, 0.5, 0.2)}
    with pytest.raises(
        ValidationError,
        match=r"pruning\.keep_rates: 0\.2 of 256 image tokens leaves 51 slots in layer 9, but group 'head' needs 68.*"
        r"use at least 0\.266 there, or .* at least 340 image tokens instead of 256",
    ):
        model_config("gtpt_s_wholebody", narrow)
    enough = model_config("gtpt_s_wholebody", {"pruning.keep_rates": (1, 0.7, 0.5, 0.266)})
    assert enough.schedule.image_slots[-1] == 68
    assert kept(340, 0.2) == 68
    larger = model_config("gtpt_s_wholebody", narrow | {"input_size": (320, 272), "patch_size": (4, 4)})
    assert (larger.num_image_tokens, larger.schedule.image_slots[-1]) == (340, 68)


def test_a_fused_token_needs_a_slot_beside_the_dense_tokens() -> None:
    fused = {"pruning.dropped.kind": "fused"}
    with pytest.raises(ValidationError, match=r"leaves 68 slots .* group 'head' needs 69.*use at least 0\.27 there"):
        model_config("gtpt_s_wholebody", fused | {"pruning.keep_rates": (1, 0.7, 0.5, 0.266)})
    enough = model_config("gtpt_s_wholebody", fused | {"pruning.keep_rates": (1, 0.7, 0.5, 0.27)})
    assert enough.schedule.image_slots[-1] == 69


def test_the_code_that_leaves_too_few_slots_at_the_usual_size_fits_a_larger_one() -> None:
    """0478, spec/ablations.md §3.5: 51 slots of 256, 115 of 576."""
    rates = {"pruning.keep_rates": (1, 0.6, 0.3, 0.2)}
    with pytest.raises(ValidationError, match="leaves 51 slots"):
        model_config("gtpt_s_wholebody", rates)
    larger = model_config("gtpt_s_wholebody", rates | {"input_size": (384, 288)})
    assert larger.schedule.image_slots[-1] == 115

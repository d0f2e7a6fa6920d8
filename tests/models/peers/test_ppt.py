"""PPT: the authors' networks, by names, outputs, kept tokens and cost."""

from __future__ import annotations

import pytest
import torch

from gtpt_bench.models.peers.kept import watch_kept_tokens
from gtpt_bench.models.peers.ppt import ppt_b, ppt_s
from gtpt_bench.models.peers.tokenpose import tokenpose_s_v1
from tests.models.peers.counting import counted, on_meta
from tests.models.peers.official import Official, filled, needs_parity, relative_difference, same_names_and_shapes
from tests.models.peers.small_tokens import (
    by_hand,
    keypoint_tokens,
    pictures,
    small_ppt_config,
    small_tokenpose,
    with_drawn_weights,
)

PRESETS = {"ppt_s": ppt_s(), "ppt_b": ppt_b()}
# spec/baselines.md §1: params in M; full, attention and thop in G.
FIGURES = {"ppt_s": (6.670, 2.186, 0.191, 2.024), "ppt_b": (13.514, 5.736, 0.191, 5.605)}
PUBLISHED_TOKENS = [256] * 3 + [180] * 3 + [126] * 3 + [89] * 3


@needs_parity
@pytest.mark.parametrize("name", PRESETS)
def test_names_and_shapes_are_the_authors(name: str) -> None:
    same_names_and_shapes(on_meta(PRESETS[name].build), Official(name))


@needs_parity
def test_the_answer_is_that_of_the_official_network_with_256_180_126_89_tokens() -> None:
    official = Official("ppt_s")
    network = filled(ppt_s().build(), official.about["rule"])
    with torch.inference_mode(), watch_kept_tokens(network) as cuts:
        maps = network(official.images())
    assert relative_difference(maps, official.outputs["out"]) < 1e-4
    assert [(cut.layer, cut.grid_index.shape[1]) for cut in cuts] == [(3, 180), (6, 126), (9, 89)]


@pytest.mark.parametrize("name", PRESETS)
def test_cost_is_that_of_the_specification(name: str) -> None:
    config = PRESETS[name]
    found = counted(config.build, config.input_size)
    params_m, full_g, attention_g, thop_g = FIGURES[name]
    assert found.params_m == pytest.approx(params_m, abs=5e-4)
    assert found.full_g == pytest.approx(full_g, abs=1e-3)
    assert found.cost.attention / 1e9 == pytest.approx(attention_g, abs=5e-4)
    assert found.printed("thop") == pytest.approx(thop_g, abs=1e-3)


def test_the_trace_has_the_published_tokens_before_and_after_each_cut() -> None:
    """Attention works on all tokens that come in, the feed-forward net of that layer on those left."""
    operators = counted(ppt_s().build, ppt_s().input_size).trace.operators

    def tokens_into(module: str) -> list[int]:
        paths = [f"features.transformer.layers.{layer}.{module}" for layer in range(12)]
        linear = {operator.module: operator.outputs[0][-2] for operator in operators if operator.kind == "linear"}
        return [linear[path] - 17 for path in paths]

    assert tokens_into("1.fn.fn.net.0") == PUBLISHED_TOKENS == list(ppt_s().image_tokens_left)
    assert tokens_into("0.fn.to_qkv") == [256, *PUBLISHED_TOKENS[:-1]]


def test_the_encoder_and_its_cuts_are_what_the_specification_says() -> None:
    """Attention of all keypoint tokens, mean over heads; positions of kept tokens stay with them."""
    network = with_drawn_weights(small_ppt_config().build())
    with torch.no_grad(), watch_kept_tokens(network) as cuts:
        network(pictures())
    with torch.no_grad():
        expected, kept = by_hand(network, pictures(), shares={1: 0.7, 3: 0.7})
    assert [cut.grid_index.tolist() for cut in cuts] == [places.tolist() for places in kept]
    assert [places.shape[1] for places in kept] == [34, 24]
    torch.testing.assert_close(keypoint_tokens(network, pictures()), expected, atol=1e-4, rtol=1e-4)


def test_ppt_is_a_tokenpose_with_cuts_under_other_names() -> None:
    pruning = small_ppt_config().pruning
    tokenpose, ppt = small_tokenpose(pruning=pruning.model_dump()), small_ppt_config().build().eval()
    ppt.load_state_dict({name.replace(".0.fn.", ".0.", 1): t for name, t in tokenpose.state_dict().items()})
    with torch.no_grad():
        assert torch.equal(ppt(pictures()), tokenpose(pictures()))
    assert ppt_s().changed({"pruning.schedule.shares": []}).pruning == tokenpose_s_v1().pruning


def test_every_trainable_weight_gets_a_gradient_through_the_cuts() -> None:
    torch.manual_seed(0)
    network = small_ppt_config().build()
    (network(pictures(4)) - 1).square().mean().backward()
    without = [
        name for name, p in network.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())
    ]
    assert without == []

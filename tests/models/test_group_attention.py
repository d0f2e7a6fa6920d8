"""Fine layers: who sees whom, whose weights are whose, the channel gate (ablations.md §3.4, §3.9; gtpt.md §8, §9)."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from gtpt_bench.models import create_model, model_config
from gtpt_bench.models.blocks.pruning.truth import Telling
from gtpt_bench.models.gtpt.attention_net import MHSA
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.models.gtpt.fine_layers import FineLayers
from gtpt_bench.models.gtpt.fine_layers.attention_net import MHGA
from gtpt_bench.models.gtpt.fine_layers.layer_net import FineLayer
from gtpt_bench.models.gtpt.split_net import FineTokens
from gtpt_bench.models.gtpt.tokens import GroupTokens
from tests.models.small import BODY, UNPRUNED, WHOLE_BODY, Recorded, built, shapes

GROUPS = (GroupTokens(2, 0, 4), GroupTokens(1, 3, 2))
"""Twelve tokens: two sparse, four image; one sparse, three dense, two image."""
EXCHANGES = ("isolated", "sparse", "full")
WEIGHTS = ("shared", "ffn", "attn_ffn", "ffn_residual")


def fine_layers(**values: str | float) -> FineLayers:
    """Switches of the fine layers; texts are kinds."""
    return FineLayers.model_validate({k: {"kind": v} if isinstance(v, str) else v for k, v in values.items()})


def fine_layer(**values: str | float) -> Any:
    """A layer of two groups, 16 channels, 32 in the feed-forward net."""
    torch.manual_seed(0)
    return FineLayer(16, 4, 32, 2, fine_layers(**values)).double()


def tokens(batch: int = 1, count: int = 12) -> Tensor:
    return torch.randn(batch, count, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


SEEN = {"isolated": (set(), set()), "sparse": ({0, 1}, {6}), "full": (set(range(6)), set(range(6, 12)))}
"""Tokens of the first and of the second group that the other group sees."""


@pytest.mark.parametrize("exchange", EXCHANGES)
@pytest.mark.parametrize("weights", ["shared", "attn_ffn"])
def test_a_token_matters_to_its_own_group_and_to_those_that_see_it(exchange: str, weights: str) -> None:
    attention = fine_layer(exchange=exchange, weights=weights).attention
    moved = tokens().repeat(13, 1, 1)
    moved[torch.arange(12), torch.arange(12)] += 1  # in image t token t moves, in the last none
    with torch.no_grad():
        out = attention(moved, GROUPS)
    matters = (out[:12] - out[12:]).abs().amax(-1) > 1e-9
    for token in range(12):
        own, other = (slice(0, 6), slice(6, 12)) if token < 6 else (slice(6, 12), slice(0, 6))
        assert matters[token, own].all()
        assert matters[token, other].tolist() == [token in SEEN[exchange][token >= 6]] * 6


@pytest.mark.parametrize(("exchange", "keys"), [("isolated", (6, 6)), ("sparse", (7, 8)), ("full", (12, 12))])
def test_keys_are_ones_own_tokens_and_those_seen_of_others(exchange: str, keys: tuple[int, int]) -> None:
    config = fine_layers(exchange=exchange)
    assert config.exchange.keys(GROUPS) == keys
    logits = MHGA(16, 4, 2, config).with_logits(tokens().float(), GROUPS)[1]
    assert tuple(of_group.shape[-1] for of_group in logits) == keys


def ending(model: Any, fine: FineTokens) -> list[Tensor]:
    """Tokens of each group after all fine layers."""
    with torch.no_grad():
        for place, (layer, step) in enumerate(zip(model.fine.layers, model.schedule.fine, strict=True)):
            fine = model.fine.layer(place, layer, fine, step, Telling())
    return list(fine.x.split([group.queries for group in model.schedule.fine[-1].feed_forward], dim=1))


@settings(max_examples=10)
@given(
    base=st.sampled_from([BODY, WHOLE_BODY]),
    place=st.integers(0, 2),
    seed=st.integers(0, 2**31),
    factor=st.sampled_from([-1.0, 0.0, 2.0]),
)
@pytest.mark.parametrize(("exchange", "alike"), [("isolated", True), ("sparse", False), ("full", False)])
def test_isolated_groups_never_learn_of_each_other_after_the_split(
    exchange: str, alike: bool, base: Any, place: int, seed: int, factor: float
) -> None:
    """Some of one group's tokens change: the others notice, unless groups are isolated."""
    changes = {"stage_depths": (1, 2, 2, 2), "fine_layers.exchange": {"kind": exchange}}
    model = built(base, changes)
    fine: FineTokens = Recorded(model, model.fine.split).outputs[model.fine.split]
    sizes = [group.queries for group in model.schedule.split]
    first = sum(sizes[:place])
    changed = torch.rand(sizes[place], generator=torch.Generator().manual_seed(seed)) < 0.5
    changed[0] = True  # a sparse token, which the sparse exchange shows to the others
    moved = fine.x.clone()
    moved[:, first : first + sizes[place]][:, changed] *= factor
    before, after = ending(model, fine), ending(model, fine._replace(x=moved))
    assert not torch.equal(after[place], before[place])
    assert all(torch.equal(after[other], before[other]) == alike for other in range(3) if other != place)


@pytest.mark.parametrize("exchange", EXCHANGES)
@pytest.mark.parametrize("weights", ["shared", "ffn"])
def test_a_single_group_attends_plainly_whatever_the_exchange(exchange: str, weights: str) -> None:
    plain = MHSA(16, 4).double()
    grouped = MHGA(16, 4, 1, fine_layers(exchange=exchange, weights=weights)).double()
    grouped.load_state_dict(plain.state_dict())
    torch.testing.assert_close(grouped(tokens(), (GroupTokens(3, 2, 7),)), plain(tokens()))


def test_without_a_channel_gate_copies_are_equal_and_no_parameters_are_left() -> None:
    model = built(BODY, {**UNPRUNED, "channel_gate": None})
    assert not [name for name, _ in model.named_parameters() if "gate" in name]
    fine = Recorded(model, model.fine.split).outputs[model.fine.split]
    for what in (fine.x, fine.position):
        first, *others = (what[:, start : start + 64] for start in (5, 5 + 64 + 6, 5 + 64 + 6 + 64 + 6))
        assert all(torch.equal(other, first) for other in others)


@pytest.mark.parametrize("reduction", [2, 4])
def test_the_channel_gate_weighs_each_groups_copy_and_its_position_embedding(reduction: int) -> None:
    model = built(BODY, {**UNPRUNED, "channel_gate.reduction": reduction})
    split, hidden = model.fine.split, 16 // reduction
    assert shapes(split) == {
        "gate.reduce.weight": (hidden, 16),
        "gate.reduce.bias": (hidden,),
        "gate.expand.weight": (48, hidden),
        "gate.expand.bias": (48,),
    }
    recorded = Recorded(model, model.coarse, split)
    image, fine = model.coarse.end(recorded.outputs[model.coarse]).image, recorded.outputs[split]
    hidden_units = (image.x @ split.gate.reduce.weight.T + split.gate.reduce.bias).clamp(min=0)
    gates = (hidden_units @ split.gate.expand.weight.T + split.gate.expand.bias).sigmoid().chunk(3, dim=-1)
    assert all(((gate > 0) & (gate < 1)).all() for gate in gates)
    assert not torch.allclose(gates[0], gates[1])
    for gate, (start, sparse) in zip(gates, ((0, 5), (69, 6), (139, 6)), strict=True):
        copy = slice(start + sparse, start + sparse + 64)
        torch.testing.assert_close(fine.x[:, copy], image.x * gate)
        torch.testing.assert_close(fine.position[:, copy], model.position * gate)
        assert not fine.position[:, start : start + sparse].any()


SHARED_ATTENTION = {"attention.qkv.weight": (48, 16), "attention.out.weight": (16, 16), "attention.out.bias": (16,)}
SHARED_FFN = {
    **{"feed_forward.0.weight": (32, 16), "feed_forward.0.bias": (32,)},
    **{"feed_forward.2.weight": (16, 32), "feed_forward.2.bias": (16,)},
}
NORMS = {f"{which}_norm.{what}": (16,) for which in ("attention", "feed_forward") for what in ("weight", "bias")}


def for_each(parameters: dict[str, tuple[int, ...]], between: str = "") -> dict[str, tuple[int, ...]]:
    """The same with a group's number before the last component of each name."""
    split = {name: name.rsplit(".", 1) for name in parameters}
    return {f"{split[n][0]}{between}.{g}.{split[n][1]}": shape for n, shape in parameters.items() for g in range(2)}


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ("shared", SHARED_ATTENTION | SHARED_FFN),
        ("ffn", SHARED_ATTENTION | for_each(SHARED_FFN)),
        ("attn_ffn", for_each(SHARED_ATTENTION) | for_each(SHARED_FFN)),
        (
            "ffn_residual",
            SHARED_ATTENTION
            | {name: shape for name, shape in SHARED_FFN.items() if name.endswith("weight")}
            | for_each(SHARED_FFN, between=".own"),
        ),
    ],
)
def test_parameters_of_each_kind_of_weights(weights: str, expected: dict[str, tuple[int, ...]]) -> None:
    assert shapes(fine_layer(weights=weights)) == NORMS | expected


LAYERS, PROJECTIONS, NET, NET_BIASES = 6, 192 * 576 + 192 * 192 + 192, 2 * 192 * 576, 576 + 192


@pytest.mark.parametrize(
    ("weights", "extra"),
    [
        ("shared", 0),
        ("ffn", LAYERS * 2 * (NET + NET_BIASES)),
        ("attn_ffn", LAYERS * 2 * (NET + NET_BIASES + PROJECTIONS)),
        ("ffn_residual", LAYERS * (3 * NET + 2 * NET_BIASES)),
    ],
)
def test_parameters_at_full_size_and_macs_that_never_change(weights: str, extra: int) -> None:
    """Three groups, six fine layers, 192 channels, 576 in the feed-forward net; 5,479,008 as released."""
    changes = {"fine_layers.weights": {"kind": weights}}
    shared, cost = gtpt_cost(model_config("gtpt_s_coco")), gtpt_cost(model_config("gtpt_s_coco", changes))
    assert cost == shared._replace(params=5_479_008 + extra)
    model = create_model("gtpt_s_coco", **changes)
    assert sum(parameter.numel() for parameter in model.parameters()) == cost.params


def test_own_weights_start_small_without_bias_and_differ() -> None:
    layer: Any = FineLayer(64, 4, 256, 2, fine_layers(weights="attn_ffn"))
    for linears in (layer.attention.qkv, layer.attention.out, layer.feed_forward[0], layer.feed_forward[2]):
        assert not torch.equal(linears[0].weight, linears[1].weight)
        for own in linears:
            assert own.weight.std().item() == pytest.approx(0.02, rel=0.1)
            assert own.bias is None or not own.bias.any()


def test_residual_weights_start_as_one_and_the_same_net() -> None:
    layer: Any = FineLayer(64, 4, 256, 2, fine_layers(weights="ffn_residual"))
    for linear in (layer.feed_forward[0], layer.feed_forward[2]):
        assert linear.weight.std().item() == pytest.approx(0.02, rel=0.1)
        assert not any(parameter.any() for own in linear.own for parameter in own.parameters())
    x = torch.randn(1, 3, 64).repeat(1, 2, 1)
    first, second = layer.feed_forward(x, [3, 3]).split(3, dim=1)
    torch.testing.assert_close(first, second)
    with torch.no_grad():
        layer.feed_forward[2].own[1].weight += 0.1
    again, moved = layer.feed_forward(x, [3, 3]).split(3, dim=1)
    torch.testing.assert_close(again, first)
    assert not torch.allclose(moved, second)


def reached(layer: nn.Module) -> set[str]:
    """Names of parameters that got a gradient other than zero."""
    return {name for name, p in layer.named_parameters() if p.grad is not None and bool((p.grad.abs() > 1e-12).any())}


@pytest.mark.parametrize("weights", ["ffn", "attn_ffn", "ffn_residual"])
def test_a_groups_loss_reaches_only_its_own_feed_forward_weights(weights: str) -> None:
    layer = fine_layer(weights=weights)
    layer.fed_forward(tokens(), GROUPS)[:, 6:].square().sum().backward()
    found = {name for name in reached(layer) if name.startswith("feed_forward.")}
    own = ".own" if weights == "ffn_residual" else ""
    shared = {"feed_forward.0.weight", "feed_forward.2.weight"} if own else set()
    assert found == shared | {f"feed_forward.{k}{own}.1.{what}" for k in (0, 2) for what in ("weight", "bias")}


@pytest.mark.parametrize(("exchange", "reaches"), [("sparse", True), ("full", True), ("isolated", False)])
def test_keys_of_other_groups_come_from_their_own_weights(exchange: str, reaches: bool) -> None:
    layer = fine_layer(weights="attn_ffn", exchange=exchange)
    layer.attention(tokens(), GROUPS)[:, :6].square().sum().backward()
    assert {"attention.qkv.0.weight", "attention.out.0.weight"} <= reached(layer)
    assert "attention.out.1.weight" not in reached(layer)
    queries, keys, values = (part.abs() > 1e-12 for part in layer.attention.qkv[1].weight.grad.chunk(3))
    assert not queries.any()
    assert bool(keys.any()) == bool(values.any()) == reaches


def test_keys_of_another_group_equal_its_own_projection() -> None:
    attention = fine_layer(weights="attn_ffn").attention
    logits = attention.with_logits(tokens(), GROUPS)[1][0]  # of the first group, on [own sparse | other sparse | image]
    x, (first, second) = tokens(), attention.qkv
    query = (x[:, :2] @ first.weight[:16].T).view(1, 2, 4, 4).transpose(1, 2)
    key = (x[:, 6:7] @ second.weight[16:32].T).view(1, 1, 4, 4).transpose(1, 2)
    torch.testing.assert_close(logits[..., 2:3], 16**-0.5 * query @ key.transpose(-1, -2))

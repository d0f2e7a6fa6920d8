"""From keypoint tokens to logits: plainly or through a learned gate (ablations.md §3.10)."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gtpt_bench.models import model_config
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.models.gtpt.head import PlainHead, SplitGateHead, TwoHeads
from gtpt_bench.models.sizes import Size
from tests.models.small import BODY, built, pictures, shapes

IMAGE = Size(6, 4)
HEADS = (PlainHead(), SplitGateHead(), TwoHeads())
KINDS = ("plain", "split", "two_head")


def head(config: Any, split_ratio: int = 2) -> Any:
    """Of tokens of 8 channels, with LayerNorms that are not the identity."""
    torch.manual_seed(0)
    net = config.build(8, IMAGE, split_ratio).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.normal_()
    return net


def tokens() -> Tensor:
    return torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def by_hand(axis: nn.Module, x: Tensor) -> Tensor:
    """LayerNorm and linear layer from their weights."""
    state = axis.state_dict()
    centred = x - x.mean(-1, keepdim=True)
    normed = centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt() * state["0.weight"] + state["0.bias"]
    logits: Tensor = normed @ state["1.weight"].T + state["1.bias"]
    return logits


def test_a_plain_head_is_a_norm_and_a_linear_layer_an_axis() -> None:
    net = head(PlainHead())
    logits = net(tokens())
    torch.testing.assert_close(logits.x, by_hand(net.x, tokens()))
    torch.testing.assert_close(logits.y, by_hand(net.y, tokens()))


def test_a_split_head_gates_its_first_half_of_bins_by_the_second() -> None:
    net = head(SplitGateHead())
    for axis, logits in zip((net.x, net.y), net(tokens()), strict=True):
        both, bins = by_hand(axis, tokens()), logits.shape[-1]
        assert both.shape[-1] == 2 * bins
        torch.testing.assert_close(logits, both[..., :bins] * both[..., bins:].sigmoid())


def test_two_heads_gate_one_by_the_other_each_with_its_own_norm() -> None:
    net = head(TwoHeads())
    logits = net(tokens())
    torch.testing.assert_close(logits.x, by_hand(net.logits.x, tokens()) * by_hand(net.gates.x, tokens()).sigmoid())
    torch.testing.assert_close(logits.y, by_hand(net.logits.y, tokens()) * by_hand(net.gates.y, tokens()).sigmoid())


def axes(bins_x: int, bins_y: int, prefix: str = "") -> dict[str, tuple[int, ...]]:
    return {
        f"{prefix}{axis}.{name}": shape
        for axis, bins in (("x", bins_x), ("y", bins_y))
        for name, shape in (("0.weight", (8,)), ("0.bias", (8,)), ("1.weight", (bins, 8)), ("1.bias", (bins,)))
    }


@pytest.mark.parametrize("split_ratio", [1, 2, 3])
def test_parameters_and_logits_of_each_head(split_ratio: int) -> None:
    bins_x, bins_y = 4 * split_ratio, 6 * split_ratio
    expected = (
        axes(bins_x, bins_y),
        axes(2 * bins_x, 2 * bins_y),
        axes(bins_x, bins_y, "logits.") | axes(bins_x, bins_y, "gates."),
    )
    for config, parameters in zip(HEADS, expected, strict=True):
        net = head(config, split_ratio)
        assert shapes(net) == parameters
        logits = net(tokens())
        assert isinstance(logits, SimccLogits)
        assert logits.x.shape == (2, 5, bins_x)
        assert logits.y.shape == (2, 5, bins_y)


@pytest.mark.parametrize("split_ratio", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_a_model_gives_split_ratio_logits_a_pixel_with_any_head(kind: str, split_ratio: int) -> None:
    config = BODY.changed({"input_size": (64, 32), "head": {"kind": kind}, "split_ratio": split_ratio})
    logits = built(config)(pictures(config))
    assert logits.x.shape == (2, 17, 32 * split_ratio)
    assert logits.y.shape == (2, 17, 64 * split_ratio)


def test_the_gate_learns_through_the_product_alone() -> None:
    """Where the logits are zero nothing reaches the gates; elsewhere d loss / d gate = logit · σ'(gate)."""
    net = head(TwoHeads())
    with torch.no_grad():
        for axis in (net.logits.x, net.logits.y):
            axis[1].weight.zero_()
            axis[1].bias.zero_()
            axis[1].bias[3] = 2.0
    out = net(tokens())
    (out.x.sum() + out.y.sum()).backward()
    for logits, gates in ((net.logits.x, net.gates.x), (net.logits.y, net.gates.y)):
        sigmoid = by_hand(gates, tokens()).sigmoid()
        slope = (sigmoid * (1 - sigmoid)).sum((0, 1))
        only_third = torch.zeros_like(slope)
        only_third[3] = 2 * slope[3]
        torch.testing.assert_close(gates[1].bias.grad, only_third)
        torch.testing.assert_close(logits[1].bias.grad, sigmoid.sum((0, 1)))


def test_gates_double_parameters_and_macs_of_the_head() -> None:
    """17 tokens of 192 channels to 384 and 512 bins."""
    plain, split, two = (gtpt_cost(model_config("gtpt_s_coco", {"head": {"kind": kind}})) for kind in KINDS)
    bins, norms = 384 + 512, 2 * 2 * 192
    assert split.params - plain.params == bins * 192 + bins
    assert two.params - plain.params == bins * 192 + bins + norms
    assert split.linear_macs - plain.linear_macs == two.linear_macs - plain.linear_macs == 17 * 192 * bins
    assert split.norm_elements == plain.norm_elements == two.norm_elements - 2 * 17 * 192

"""Each convention on nets so small that their figures can be written out."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from gtpt_bench.efficiency.counting.conventions import ATTENTION, CONVENTIONS, macs_by_convention
from gtpt_bench.efficiency.counting.operators import Trace
from gtpt_bench.efficiency.counting.trace import trace_call

IMAGE = torch.zeros(1, 3, 8, 6)


def counts(module: nn.Module, *inputs: Tensor) -> dict[str, int]:
    return macs_by_convention(trace_call(module, *inputs))


def test_a_net_with_a_transposed_convolution_tells_all_conventions_apart() -> None:
    conv, up = 12 * 4 * 3 * 9, 12 * 4 * 5 * 16  # 4 × 3 pixels, 3 → 4 channels, 3 × 3 taps; then 4 → 5, 4 × 4 taps
    normed, softmaxed = 48 * 5, 48 * 5  # 8 × 6 pixels of 5 channels
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2, padding=1),
        nn.ConvTranspose2d(4, 5, 4, stride=2, padding=1),
        nn.BatchNorm2d(5),
        nn.ReLU(),
        nn.Softmax(dim=1),
    )
    assert counts(net, IMAGE) == {
        "full": conv + up,
        "attention": 0,
        "full_with_norms": conv + up + 2 * normed,
        "thop": conv + 4 * up + 4 * normed,
        "H": conv + 4 * up,
        "D": conv + 4 * up + 4 * normed + 48 * 5 + 5 * softmaxed,
        "N": conv + up + 2 * normed,
        "E": conv + up,
    }


class Arithmetic(nn.Module):
    """Sums, products and quotients of an image with itself."""

    def forward(self, image: Tensor) -> Tensor:
        return ((image + image) * image / 2).relu().sigmoid()


def test_only_d_counts_elementwise_arithmetic() -> None:
    found = counts(Arithmetic(), IMAGE)
    assert found.pop("D") == 4 * 3 * 48
    assert set(found.values()) == {0}


class OneHead(nn.Module):
    """Attention of 7 tokens of 4 channels, with projections as layers."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4)
        self.qkv, self.out = nn.Linear(4, 12), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(self.norm(x)).chunk(3, dim=-1)
        found: Tensor = self.out((q @ k.transpose(1, 2)).softmax(-1) @ v)
        return found


def test_attention_is_in_full_and_d_alone_and_layer_norm_is_free_in_d() -> None:
    layers, attention, normed = 7 * 4 * 12 + 7 * 4 * 4, 2 * 7 * 7 * 4, 7 * 4
    assert counts(OneHead(), torch.zeros(1, 7, 4)) == {
        "full": layers + attention,
        "attention": attention,
        "full_with_norms": layers + attention + 2 * normed,
        "thop": layers + 4 * normed,
        "H": layers,
        "D": layers + attention + 5 * 7 * 7,
        "N": layers + 2 * normed,
        "E": layers,
    }


def test_projections_inside_multi_head_attention_are_seen_by_all_but_those_who_look_at_layers() -> None:
    class Attention(nn.MultiheadAttention):
        def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
            found: Tensor = super().forward(x, x, x)[0]
            return found

    found = counts(Attention(8, 2), torch.zeros(7, 1, 8))
    assert found["E"] == found["N"] == 4 * 7 * 8 * 8
    assert found["full"] == 4 * 7 * 8 * 8 + 2 * 7 * 7 * 8
    assert found["thop"] == found["H"] == 0


@pytest.mark.parametrize(("mode", "price"), [("nearest", 1), ("bilinear", 11)])
def test_thop_charges_for_upsampling_layers(mode: str, price: int) -> None:
    assert counts(nn.Upsample(scale_factor=2, mode=mode), IMAGE)["thop"] == price * 3 * 4 * 48


def test_thop_does_not_see_a_norm_that_is_no_layer() -> None:
    class Norm(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.layer_norm(x, (4,))

    found = counts(Norm(), torch.zeros(1, 7, 4))
    assert (found["thop"], found["N"]) == (0, 2 * 28)


def test_h_is_printed_in_powers_of_two_and_the_others_in_thousand_millions() -> None:
    assert {name: rule.printed(2**30) for name, rule in CONVENTIONS.items()} == {
        name: 1.0 if name == "H" else pytest.approx(1.073741824) for name in CONVENTIONS
    }


@settings(max_examples=40, deadline=None)
@given(
    channels=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    groups=st.sampled_from([1, 2]),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    padding=st.integers(0, 1),
    size=st.tuples(st.integers(5, 9), st.integers(5, 9)),
)
def test_a_transposed_convolution_costs_what_the_convolution_costs_whose_gradient_it_is(
    channels: tuple[int, int], groups: int, kernel: int, stride: int, padding: int, size: tuple[int, int]
) -> None:
    """Where it computes; at its output, its whole kernel for each pixel."""
    cin, cout = (groups * count for count in channels)
    up = nn.ConvTranspose2d(cin, cout, kernel, stride, min(padding, kernel // 2), groups=groups, device="meta")
    below = torch.empty(1, cin, *size, device="meta")
    above = up(below)
    down = nn.Conv2d(cout, cin, kernel, stride, min(padding, kernel // 2), groups=groups)
    found = counts(up, below)
    assert found["full"] == found["E"] == counts(down, above)["full"]
    assert found["H"] == cin * cout // groups * kernel**2 * above.shape[2] * above.shape[3]


def test_every_convention_says_what_it_is() -> None:
    assert [*CONVENTIONS] == ["full", "full_with_norms", "thop", "H", "D", "N", "E"]
    for name, rule in CONVENTIONS.items():
        assert rule.name == name
        assert len(rule.definition) > 60
        assert rule.definition.endswith((".", ".)"))


def test_conventions_are_functions_of_the_trace() -> None:
    empty = Trace(())
    assert {rule.macs(empty) for rule in (*CONVENTIONS.values(), ATTENTION)} == {0}
    inert = Trace((), inert_macs=7)
    assert {name for name, rule in CONVENTIONS.items() if rule.macs(inert)} == {"thop"}


def test_definitions_need_no_torch() -> None:
    script = "import sys, gtpt_bench.efficiency.counting.conventions; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)

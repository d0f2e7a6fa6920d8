"""Parameters and multiply-accumulates (MACs) of layers in closed form, and the conventions that sum them up.

Torch-free: one function a layer, named like the layer, each returning a `Cost`. The operator trace
(`efficiency/counting/macs.py`) fills the same `Cost` from a real forward pass, so the two can be compared field by
field.
Conventions: spec/measurement.md §3 and spec/training_and_evaluation.md §9.
"""

from __future__ import annotations

from typing import NamedTuple


class Cost(NamedTuple):
    """What one forward pass of one image costs; all counts are exact integers.

    Attributes:
        params: parameters of one copy of the weights, frozen ones included.
        conv_macs: convolutions, bias not counted.
        linear_macs: linear layers, bias not counted.
        attention_macs: both products of attention, queries x keys and probabilities x values.
        norm_elements: elements that pass a BatchNorm or LayerNorm.
        inert_macs: what the released network spends on its dummy token, in the `thop` convention. The token
            changes no output (spec/gtpt.md §9.4) and is left out here.
    """

    params: int = 0
    conv_macs: int = 0
    linear_macs: int = 0
    attention_macs: int = 0
    norm_elements: int = 0
    inert_macs: int = 0

    def __add__(self, other: Cost) -> Cost:  # type: ignore[override]  # not one tuple after the other
        return Cost(
            self.params + other.params,
            self.conv_macs + other.conv_macs,
            self.linear_macs + other.linear_macs,
            self.attention_macs + other.attention_macs,
            self.norm_elements + other.norm_elements,
            self.inert_macs + other.inert_macs,
        )

    def __mul__(self, times: int) -> Cost:  # type: ignore[override]  # not the tuple again and again
        return Cost(
            self.params * times,
            self.conv_macs * times,
            self.linear_macs * times,
            self.attention_macs * times,
            self.norm_elements * times,
            self.inert_macs * times,
        )

    def __rmul__(self, times: int) -> Cost:  # type: ignore[override]
        return self * times

    @property
    def full(self) -> int:
        """MACs of convolutions, linear layers and every attention product, without the inert dummy token."""
        return self.conv_macs + self.linear_macs + self.attention_macs

    @property
    def attention(self) -> int:
        """MACs of the attention products alone."""
        return self.attention_macs

    @property
    def full_with_norms(self) -> int:
        """As `full`, plus two a normalised element."""
        return self.full + 2 * self.norm_elements

    @property
    def thop(self) -> int:
        """The authors' figure: no attention product, four a normalised element, the dummy token included."""
        return self.conv_macs + self.linear_macs + 4 * self.norm_elements + self.inert_macs

    def macs(self) -> dict[str, int]:
        """MACs by name as results keep them: the true cost, its attention part, the authors' figure."""
        return {"full": self.full, "attention": self.attention, "thop": self.thop}

    def by_convention(self) -> dict[str, int]:
        """MACs in every convention that a closed form can tell (efficiency/counting/conventions.py); all but D.

        As long as no convolution is transposed and every projection is a layer: true of every GTPT.
        """
        layers = self.conv_macs + self.linear_macs
        return {
            "full": self.full,
            "attention": self.attention,
            "full_with_norms": self.full_with_norms,
            "thop": self.thop,
            "H": layers,
            "N": layers + 2 * self.norm_elements,
            "E": layers,
        }


NOTHING = Cost()


def conv(cin: int, cout: int, kernel: int, *, pixels: int, groups: int = 1, bias: bool = True) -> Cost:
    """Convolution with a square kernel; `pixels` is height x width of its output."""
    weights = cout * (cin // groups) * kernel**2
    return Cost(params=weights + cout * bias, conv_macs=weights * pixels)


def batch_norm(channels: int, *, pixels: int) -> Cost:
    return Cost(params=2 * channels, norm_elements=channels * pixels)


def linear(din: int, dout: int, *, tokens: int, bias: bool = True) -> Cost:
    return Cost(params=din * dout + dout * bias, linear_macs=din * dout * tokens)


def layer_norm(width: int, *, tokens: int) -> Cost:
    return Cost(params=2 * width, norm_elements=width * tokens)


def attention_products(width: int, *, queries: int, keys: int) -> Cost:
    return Cost(attention_macs=2 * queries * keys * width)


def parameters(count: int) -> Cost:
    return Cost(params=count)

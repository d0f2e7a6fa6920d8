"""What one forward pass executed: operators with their shapes and exact MACs. Torch-free, no convention in it.

Every counting convention (conventions.py) is a pure function of a `Trace`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Literal

Shape = tuple[int, ...]

Kind = Literal[
    "conv",
    "transposed conv",
    "linear",
    "attention",
    "batch norm",
    "layer norm",
    "softmax",
    "add",
    "multiply",
    "divide",
    "relu",
    "elementwise",
    "reduction",
    "resampling",
    "move",
    "view",
    "unknown",
]
"""What an operator does.

`linear` is a matrix product with a weight, `attention` one of two computed tensors; `layer norm` includes group norm,
`add` subtraction; `reduction` is sums, maxima, sorting; `resampling` pooling and interpolation; `move` writes memory
without arithmetic, `view` does neither, as room that nothing is written to yet; `unknown` is what no rule here knows.
"""

PRODUCTS: frozenset[Kind] = frozenset({"conv", "transposed conv", "linear", "attention"})
NORMS: frozenset[Kind] = frozenset({"batch norm", "layer norm"})
MOVES: frozenset[Kind] = frozenset({"move", "view"})


@dataclass(frozen=True)
class Operator:
    """One operator of the pass.

    Attributes:
        name: of the ATen operator, without the underscore of in-place ones.
        module: path of the module that ran it, the model itself being "".
        macs: multiply-accumulates it really does, 0 for whatever is no product; a transposed convolution's are
            counted where they happen, at its input.
        inputs: shapes of the tensors it reads, in order; a convolution's weight is the second.
        outputs: shapes of the tensors it gives; the first one is the result, others are statistics or indices.
        in_layer: whether that module is a layer made for this kind (`nn.Linear`, a convolution, a norm): what
            counters that hook modules can see.
    """

    name: str
    module: str
    kind: Kind
    macs: int
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    in_layer: bool = False

    @property
    def elements(self) -> int:
        """Of the result."""
        return prod(self.outputs[0]) if self.outputs else 0

    @property
    def written(self) -> int:
        """Elements written to memory."""
        return 0 if self.kind == "view" else sum(prod(shape) for shape in self.outputs)

    @property
    def macs_at_output(self) -> int:
        """As if a transposed convolution did its whole kernel at each output pixel: stride² too many."""
        if self.kind != "transposed conv":
            return self.macs
        weight, (batch, _, *pixels) = self.inputs[1], self.outputs[0]
        return prod(weight) * batch * prod(pixels)


@dataclass(frozen=True)
class Trace:
    """All operators of one pass, in order.

    Attributes:
        inert_macs: what the released GTPT spends on its dummy token in the `thop` convention, in closed form: the
            token changes no output and is left out of our network. 0 for any other model.
    """

    operators: tuple[Operator, ...]
    inert_macs: int = 0

    def of_kinds(self, kinds: frozenset[Kind]) -> tuple[Operator, ...]:
        return tuple(operator for operator in self.operators if operator.kind in kinds)

    @property
    def uncounted(self) -> dict[str, int]:
        """Calls of each operator that computes something and is in no MACs: the most frequent first."""
        return _calls(operator for operator in self.operators if operator.kind not in PRODUCTS | MOVES)

    @property
    def unknown(self) -> dict[str, int]:
        """Calls of each operator that no rule knows, which may hide products; empty for a trace to be trusted."""
        return _calls(self.of_kinds(frozenset({"unknown"})))


def _calls(operators: Iterable[Operator]) -> dict[str, int]:
    return dict(Counter(operator.name for operator in operators).most_common())

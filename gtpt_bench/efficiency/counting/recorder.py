"""Sees every operator of a forward pass, below autograd, where layers have become matrix products and convolutions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd
from torch.utils._python_dispatch import TorchDispatchMode

from gtpt_bench.efficiency.counting import rules
from gtpt_bench.efficiency.counting.operators import MOVES, Kind, Operator, Shape

_LAYERS: dict[Kind, tuple[type[nn.Module], ...]] = {
    "conv": (_ConvNd,),
    "transposed conv": (_ConvNd,),
    "linear": (nn.Linear,),
    "batch norm": (_NormBase,),
    "layer norm": (nn.LayerNorm, nn.GroupNorm),
    "resampling": (nn.Upsample,),
}
_ARITHMETIC_ON_WEIGHTS: frozenset[Kind] = MOVES | {"add", "multiply", "divide", "elementwise", "reduction"}


class Recorder(TorchDispatchMode):
    """Fills `operators` while it is active.

    A product is `linear` if one of its operands is a weight: a parameter or buffer, a part or another shape of one,
    or what moves and elementwise arithmetic make of them alone, such as a shared weight plus one's own. Everything
    else is `attention`. Weights are known by their storage, which views share.
    """

    def __init__(self, weights: Iterable[Tensor]) -> None:
        super().__init__()
        self.operators: list[Operator] = []
        self.path: list[tuple[str, nn.Module]] = []
        # The storages are kept, so that no other gets the address of one that is gone.
        self._weights = {_address(weight): weight.untyped_storage() for weight in weights}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        inputs, outputs = [*_tensors((args, kwargs))], [*_tensors(out)]
        name = func._overloadpacket.__name__.removesuffix("_")
        operator = self._operator(name, func, args, inputs, outputs)
        self.operators.append(operator)
        self._remember(operator.kind, inputs, outputs)
        return out

    def _operator(self, name: str, func: Any, args: Any, inputs: list[Tensor], outputs: list[Tensor]) -> Operator:
        path, module = self.path[-1] if self.path else ("", None)
        shapes = tuple(_shape(tensor) for tensor in inputs)
        results = tuple(_shape(tensor) for tensor in outputs)
        kind, macs = self._kind_and_macs(name, args, inputs, shapes, results)
        if kind == "unknown" and gives_view(func):
            kind = "view"
        return Operator(name, path, kind, macs, shapes, results, isinstance(module, _LAYERS.get(kind, ())))

    def _kind_and_macs(
        self, name: str, args: Any, inputs: list[Tensor], shapes: tuple[Shape, ...], results: tuple[Shape, ...]
    ) -> tuple[Kind, int]:
        if product := rules.MATRIX_PRODUCTS.get(name):
            with_weight = self._is_weight(inputs[product.left]) or self._is_weight(inputs[product.right])
            return "linear" if with_weight else "attention", product.macs(shapes, results[0])
        if name in rules.CONVOLUTION_NAMES:
            transposed = args[6]
            kind: Kind = "transposed conv" if transposed else "conv"
            return kind, rules.CONVOLUTIONS[kind](shapes, results[0])
        if name in rules.FUSED_ATTENTION_NAMES:
            return "attention", rules.fused_attention_macs(shapes)
        return rules.KINDS.get(name, "unknown"), 0

    def _is_weight(self, tensor: Tensor) -> bool:
        # What is packed in oneDNN's own layout, as deployed models have it, is a weight, and lies in no storage.
        return tensor.is_mkldnn or _address(tensor) in self._weights

    def _remember(self, kind: Kind, inputs: list[Tensor], outputs: list[Tensor]) -> None:
        """Whether the results are weights in their turn; one that something computed is written into no longer is."""
        made_of_weights = kind in _ARITHMETIC_ON_WEIGHTS and all(map(self._is_weight, inputs))
        for tensor in outputs:
            if tensor.is_mkldnn:
                continue
            if made_of_weights:
                self._weights[_address(tensor)] = tensor.untyped_storage()
            elif kind != "view":
                self._weights.pop(_address(tensor), None)


def _address(tensor: Tensor) -> int:
    address: int = tensor.untyped_storage()._cdata
    return address


def _shape(tensor: Tensor) -> Shape:
    return tuple(tensor.shape)


def _tensors(values: Any) -> Iterator[Tensor]:
    """In order, out of nested tuples, lists and dictionaries."""
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _tensors(value)
    elif isinstance(values, dict):
        yield from _tensors([*values.values()])


def gives_view(func: Any) -> bool:
    """Whether the operator's own declaration says that its result shares the memory of an argument."""
    aliases = [result.alias_info for result in func._schema.returns]
    return any(alias is not None and not alias.is_write for alias in aliases)

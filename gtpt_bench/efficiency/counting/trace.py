"""The operators of one forward pass, on the meta device: shapes only, nothing is computed or allocated.

Attention is run by its plain formula while tracing, so both of its products appear whatever kernel is used
otherwise; the fast path of `nn.MultiheadAttention`, one operator that hides all of them, is off.
Source: spec/measurement.md §3.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from types import FunctionType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._pytree import tree_map_only

from gtpt_bench.efficiency.counting.operators import Trace
from gtpt_bench.efficiency.counting.recorder import Recorder
from gtpt_bench.efficiency.inputs import sample_inputs
from gtpt_bench.models.gtpt.closed_form import inert_cost
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.sizes import Size


def trace_forward(model: nn.Module, input_size: Size) -> Trace:
    """Operators of one image's forward pass in evaluation mode; `model` itself is left alone."""
    return trace_call(model, *sample_inputs(model, torch.empty(1, 3, *input_size, device="meta")))


def trace_call(module: nn.Module, *inputs: Any) -> Trace:
    """Operators of `module(*inputs)` in evaluation mode, on the meta device; the module itself is left alone.

    Args:
        inputs: tensors wherever they lie, or nested tuples and dictionaries of them; only their shapes matter.
    """
    shadow = meta_copy(module)
    recorder = Recorder([*shadow.parameters(), *shadow.buffers()])
    at_meta = tree_map_only(Tensor, lambda tensor: tensor.to("meta"), inputs)
    with _counting(), _module_paths(shadow, recorder), recorder:
        shadow(*at_meta)
    config = getattr(module, "config", None)
    inert = inert_cost(config).inert_macs if isinstance(config, GTPTConfig) else 0
    return Trace(tuple(recorder.operators), inert)


def meta_copy(module: nn.Module) -> nn.Module:
    """A copy in evaluation mode whose parameters and buffers have shapes but no memory, shared ones still shared."""
    empty: dict[int, Any] = {}
    for parameter in module.parameters():
        empty[id(parameter)] = nn.Parameter(parameter.detach().to("meta"), requires_grad=parameter.requires_grad)
    for buffer in module.buffers():
        empty[id(buffer)] = buffer.to("meta")
    return copy.deepcopy(module, empty).eval()


@contextmanager
def _counting() -> Iterator[None]:
    """While active, tensors that a network makes anew have no memory either, and attention shows both products."""
    with torch.no_grad(), torch.device("meta"), fast_path_off(), sdpa_kernel(SDPBackend.MATH):
        yield


@contextmanager
def fast_path_off() -> Iterator[None]:
    """While active, `nn.MultiheadAttention` and what contains it run operator by operator."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


@contextmanager
def _module_paths(shadow: nn.Module, recorder: Recorder) -> Iterator[None]:
    """While active, the recorder knows which module is running, be it called or by a method of its own."""
    with ExitStack() as handles:
        for path, module in shadow.named_modules():

            def enter(module: nn.Module, args: Any, path: str = path) -> None:
                recorder.path.append((path, module))

            def leave(module: nn.Module, args: Any, out: Any) -> None:
                recorder.path.pop()

            handles.callback(module.register_forward_pre_hook(enter).remove)
            handles.callback(module.register_forward_hook(leave).remove)
            for name in _methods(type(module)):
                setattr(module, name, _followed(getattr(module, name), recorder, path, module))
        yield


def _methods(kind: type[nn.Module]) -> frozenset[str]:
    """Names of a module's methods, beside those that every module of torch has."""
    own = [base for base in kind.__mro__ if not base.__module__.startswith("torch.") and base is not object]
    return frozenset(
        name
        for base in own
        for name, value in vars(base).items()
        if isinstance(value, FunctionType) and not name.startswith("_") and name != "forward"
    )


def _followed(method: Callable[..., Any], recorder: Recorder, path: str, module: nn.Module) -> Callable[..., Any]:
    """The method, with the recorder told that it runs; hooks see calls of the module only."""

    @wraps(method)
    def followed(*args: Any, **kwargs: Any) -> Any:
        recorder.path.append((path, module))
        try:
            return method(*args, **kwargs)
        finally:
            recorder.path.pop()

    return followed

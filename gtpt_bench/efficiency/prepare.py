"""A model made ready to be measured as its options say: converted, compiled or recorded, under the right switches.

PyTorch's switches are global; they are set while a prepared model is `in_force` and put back afterwards, so that models
with different options can be measured in turn. Source: spec/measurement.md §2.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from gtpt_bench.efficiency.inputs import sample_inputs
from gtpt_bench.efficiency.options import DeviceKind, InferenceOptions
from gtpt_bench.efficiency.out_of_memory import is_out_of_memory
from gtpt_bench.efficiency.switches import switched
from gtpt_bench.errors import InputError

DTYPES = {
    "float32": torch.float32,
    "tf32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
COMPILE_MODES = {
    "default": "default",
    "reduce_overhead": "reduce-overhead",
    "max_autotune": "max-autotune",
    "max_autotune_no_cudagraphs": "max-autotune-no-cudagraphs",
}
LAYOUTS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
CALLS_BEFORE_RECORDING = 3
"""On a stream of their own, as PyTorch's documentation of CUDA graphs asks, so that lazy set-up is not recorded."""

Inputs = tuple[Any, ...]


class Prepared:
    """A model ready to be called, on inputs of `inputs()`, while it is `in_force`.

    Attributes:
        model: in its final form, format and layout, not compiled: what to count and to look into.
        options: with the number of threads spelled out.
        threads: of the CPU, while it is in force.
    """

    def __init__(self, source: nn.Module, model: nn.Module, options: InferenceOptions, device: torch.device) -> None:
        self.model, self.options, self.device = model, options, device
        self.threads = options.threads or torch.get_num_threads()
        self._source = source
        self._call: Callable[..., Any] = model
        if options.compile != "off":
            self._call = torch.compile(model, mode=COMPILE_MODES[options.compile], dynamic=False)
        self._recorded: dict[tuple[Any, ...], _Recorded] = {}

    def inputs(self, batch: int) -> Inputs:
        """Arguments for so many images: noise, the same each time, where and how the options want it."""
        size = tuple(self._source.config.input_size)  # type: ignore[union-attr, arg-type]
        images = torch.randn(batch, 3, *size, generator=torch.Generator().manual_seed(0))
        images = images.to(self.device, DTYPES[self.options.dtype], memory_format=LAYOUTS[self.options.layout])
        return sample_inputs(self._source, images)

    def __call__(self, *inputs: Any) -> Any:
        """The model's outputs; those of a recorded call are overwritten by the next one."""
        if not self.options.cuda_graph:
            return self._call(*inputs)
        key = tuple((value.shape, value.dtype) if isinstance(value, Tensor) else type(value) for value in inputs)
        if key not in self._recorded:
            self._recorded[key] = _Recorded(self._call, inputs)
        return self._recorded[key](inputs)

    def wait(self) -> None:
        """Until the device has done everything asked of it."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def in_force(self) -> AbstractContextManager[None]:
        """No gradients, and every switch as the options say; calls belong inside."""
        return switched(self.options, self.device)

    def check(self, *inputs: Any) -> None:
        """Refuse an attention kernel that this model would never use: the row would claim what it did not measure.

        Raises:
            InputError: a kernel is named and the model calls no fused attention, or not one that it can serve.
            RuntimeError: the call does not fit into memory, which a smaller one may.
        """
        kernel = self.options.attention
        if kernel == "default":
            return
        with self.in_force(), _FusedAttention() as fused:
            try:
                self.model(*inputs)
            except RuntimeError as error:
                if is_out_of_memory(error):
                    raise
                raise InputError(
                    f"attention {kernel} cannot serve this model on {self.device.type}: {str(error).splitlines()[0]}"
                ) from error
        if not fused.calls:
            raise InputError(
                f"attention {kernel} changes nothing: this model, {self.options.form}, calls no fused attention on "
                f"{self.device.type}; leave it at default"
            )


def prepared(model: nn.Module, options: InferenceOptions, device: torch.device) -> Prepared:
    """The model in evaluation mode on the device, as the options say.

    The model given is moved to the device; where its numbers or layout must change, a copy is changed.

    Raises:
        InputError: the device cannot do what is asked, or the model has no deployed form.
    """
    kind: DeviceKind = "cuda" if device.type == "cuda" else "cpu"
    options.check(kind)
    if options.dtype == "tf32" and torch.cuda.get_device_capability(device) < (8, 0):
        raise InputError("impossible on this GPU: dtype tf32 (needs compute capability 8.0); use float32 or float16")
    source = model.to(device).eval()
    form = converted(deployed(source) if options.form == "deployed" else source, options)
    threads = options.threads or torch.get_num_threads()
    return Prepared(source, form, options.model_copy(update={"threads": threads}), device)


def deployed(model: nn.Module) -> nn.Module:
    """What `model.deploy()` gives, in evaluation mode.

    Raises:
        InputError: the model has no such method.
    """
    deploy = getattr(model, "deploy", None)
    if not callable(deploy):
        raise InputError(f"{type(model).__name__} has no deployed form; use form: trained")
    form: nn.Module = deploy()
    return form.eval()


def converted(model: nn.Module, options: InferenceOptions) -> nn.Module:
    """The model itself if numbers and layout are right already, else a converted copy."""
    dtype = DTYPES[options.dtype]
    floats = [value for value in (*model.parameters(), *model.buffers()) if value.is_floating_point()]
    if options.layout == "contiguous" and all(value.dtype == dtype for value in floats):
        return model
    changed = copy.deepcopy(model).to(dtype)
    if options.layout == "channels_last":
        changed.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return changed


def num_compiled() -> int:
    """Graphs that `torch.compile` has made in this process so far, recompilations among them."""
    dynamo = sys.modules.get("torch._dynamo.utils")
    return int(dynamo.counters["stats"]["unique_graphs"]) if dynamo else 0


class _Recorded:
    """One call as a CUDA graph: inputs have a place of their own, into which those of each call are copied."""

    def __init__(self, call: Callable[..., Any], inputs: Inputs) -> None:
        if not all(isinstance(value, Tensor) for value in inputs):
            raise InputError("cuda_graph records calls on images alone; this model also wants labels")
        self.inputs = tuple(value.clone() for value in inputs)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(CALLS_BEFORE_RECORDING):
                call(*self.inputs)
        torch.cuda.current_stream().wait_stream(side)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.outputs = call(*self.inputs)

    def __call__(self, inputs: Inputs) -> Any:
        for place, value in zip(self.inputs, inputs, strict=True):
            place.copy_(value)
        self.graph.replay()
        return self.outputs


class _FusedAttention(TorchFunctionMode):
    """Counts calls of fused attention."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.calls += func is nn.functional.scaled_dot_product_attention
        return func(*args, **(kwargs or {}))

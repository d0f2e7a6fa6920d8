"""How a model is run when it is measured: form, number format, layout, compilation, kernels, threads. Torch-free.

Every option changes what a time means, so all of them are recorded with it. Source: spec/measurement.md §2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from gtpt_bench.errors import InputError
from gtpt_bench.frozen import Frozen

DeviceKind = Literal["cpu", "cuda"]
DType = Literal["float32", "tf32", "bfloat16", "float16"]
Autocast = Literal["off", "bfloat16", "float16"]
Layout = Literal["contiguous", "channels_last"]
Compile = Literal["off", "default", "reduce_overhead", "max_autotune", "max_autotune_no_cudagraphs"]
AttentionKernel = Literal["default", "math", "flash", "memory_efficient", "cudnn"]
Form = Literal["trained", "deployed"]

OWN_CUDA_GRAPHS = ("reduce_overhead", "max_autotune")
"""Ways to compile that capture CUDA graphs by themselves where there is CUDA."""


class InferenceOptions(Frozen):
    """One way to run a model; the defaults are plain PyTorch in float32."""

    form: Form = "trained"
    """`deployed` is what `model.deploy()` returns: the same outputs, made for speed."""
    dtype: DType = "float32"
    """Number format of weights and images. `tf32` is float32 whose products are rounded on the way in (CUDA); with
    `float32` that is switched off, which PyTorch by itself does not do for convolutions."""
    autocast: Autocast = "off"
    """Weights and images stay in float32 and are cast where an operator gains, at every call."""
    layout: Layout = "contiguous"
    """Of images and of convolution weights; `contiguous` leaves weights as the model has them."""
    compile: Compile = "off"
    """Mode of `torch.compile`, for one shape of images at a time."""
    cuda_graph: bool = False
    """Record a call once, then replay it: what is left is the device's work without launches."""
    attention: AttentionKernel = "default"
    """The only kernel that fused attention may use; `default` lets PyTorch choose."""
    cudnn_benchmark: bool = False
    """Let cuDNN try its algorithms for each new shape: quick, but not the same choice in every run."""
    threads: int | None = Field(None, ge=1, le=1024)
    """Of the CPU; None: as many as PyTorch has when the model is made ready."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.autocast != "off" and self.dtype not in ("float32", "tf32"):
            raise ValueError(f"autocast casts float32 weights as it goes; with dtype {self.dtype} leave it off")
        if self.cuda_graph and self.compile in OWN_CUDA_GRAPHS:
            raise ValueError(f"compile {self.compile} records CUDA graphs by itself; leave cuda_graph off")
        return self

    def check(self, device: DeviceKind) -> None:
        """Refuse what this kind of device cannot do, rather than measure something else under its name.

        Raises:
            InputError: in one line, each option that is impossible there and why.
        """
        reasons = [*(self._needs_cuda() if device == "cpu" else self._needs_half())]
        if reasons:
            raise InputError(f"impossible on {device}: {'; '.join(reasons)}; leave it out or choose another value")

    def _needs_cuda(self) -> Iterator[str]:
        if self.dtype == "tf32":
            yield "dtype tf32 (a format of NVIDIA tensor cores)"
        if self.compile == "reduce_overhead":
            yield "compile reduce_overhead (its overhead is that of CUDA launches; default does the rest)"
        if self.cuda_graph:
            yield "cuda_graph (records CUDA kernels)"
        if self.attention in ("memory_efficient", "cudnn"):
            yield f"attention {self.attention} (a CUDA kernel; the CPU has math and flash)"
        if self.cudnn_benchmark:
            yield "cudnn_benchmark (cuDNN is CUDA's)"

    def _needs_half(self) -> Iterator[str]:
        halves = self.dtype in ("bfloat16", "float16") or self.autocast != "off"
        if self.attention in ("flash", "cudnn") and not halves:
            yield f"attention {self.attention} in {self.dtype} (that kernel takes bfloat16 or float16)"

    @property
    def records_cuda_graphs(self) -> bool:
        """Whether a call on a GPU is replayed, so that its outputs lie where those of the next one will."""
        return self.cuda_graph or self.compile in OWN_CUDA_GRAPHS

    @property
    def label(self) -> str:
        """What differs from the defaults, in a few words: `deployed, bfloat16, channels_last, compile default`."""
        named = {
            "form": self.form,
            "dtype": self.dtype,
            "autocast": f"autocast {self.autocast}",
            "layout": self.layout,
            "compile": f"compile {self.compile}",
            "cuda_graph": "CUDA graph",
            "attention": f"attention {self.attention}",
            "cudnn_benchmark": "cudnn.benchmark",
            "threads": f"threads {self.threads}",
        }
        return ", ".join(
            words for key, words in named.items() if key == "dtype" or getattr(self, key) != getattr(PLAIN, key)
        )


PLAIN = InferenceOptions()
"""Plain PyTorch in float32."""

"""What the machine can do: its matrix-product rate and its memory bandwidth, from short rounds in turn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Protocol

import torch

from gtpt_bench.efficiency.explain.disturbance import kept, waiting
from gtpt_bench.efficiency.explain.matrix_rate import MatrixRate, RateLoop
from gtpt_bench.efficiency.options import DType

MIN_MEMORY_BUFFER_BYTES = 256 * 2**20


@dataclass(frozen=True)
class RateRound:
    """Rates as seen in one round.

    Attributes:
        matmul_flops_per_s: operations a second of a large product; two a MAC.
        conv_flops_per_s: of the same product as a 1×1 convolution.
        memory_bytes_per_s: of y ← x − y on buffers far larger than any cache: x and y read, y written.
        cache_bytes_per_s: the same on buffers that fill half of the last cache; None where its size is unknown.
        waited_share: of the round, in which the threads that measured stood ready without a core.
    """

    matmul_flops_per_s: float
    conv_flops_per_s: float
    memory_bytes_per_s: float
    cache_bytes_per_s: float | None
    waited_share: float = 0.0


@dataclass(frozen=True)
class RatedDevice:
    """What was measured, and how.

    Attributes:
        device: `cpu` or `cuda`.
        threads: of a CPU's operators.
        product_side: of the square matrices.
        cache_bytes: size of the last-level cache; 0 if unknown.
    """

    device: str
    dtype: DType
    threads: int
    product_side: int
    cache_bytes: int


@dataclass(frozen=True)
class MachineRates:
    """Rates of a device: medians over undisturbed rounds."""

    rated: RatedDevice
    rounds: tuple[RateRound, ...]

    @property
    def matmul_flops_per_s(self) -> float:
        return median(one.matmul_flops_per_s for one in kept(self.rounds))

    @property
    def conv_flops_per_s(self) -> float:
        return median(one.conv_flops_per_s for one in kept(self.rounds))

    @property
    def flops_per_s(self) -> float:
        """Operations a second of the faster form: the machine's rate."""
        return max(self.matmul_flops_per_s, self.conv_flops_per_s)

    @property
    def bandwidth_bytes_per_s(self) -> float:
        """Of memory."""
        return median(one.memory_bytes_per_s for one in kept(self.rounds))

    @property
    def cached_bytes_per_s(self) -> float:
        """Of the last-level cache; of memory where the cache was not measured."""
        return median(one.cache_bytes_per_s or one.memory_bytes_per_s for one in kept(self.rounds))

    @property
    def cache_bytes(self) -> int:
        return self.rated.cache_bytes


class RateMeter(Protocol):
    """Measures rates in short rounds, so that something else can be measured in turn."""

    @property
    def rated(self) -> RatedDevice: ...

    def round(self, seconds: float) -> RateRound:
        """Each rate for so many seconds."""

    def matrix_round(self, seconds: float) -> float:
        """Operations a second (two a MAC) of the faster matrix product, in so many seconds for both forms."""


class Streaming:
    """y ← x − y on two float32 buffers: per element x and y are read and y is written, 12 bytes.

    A plain copy would hide a third of the traffic of a CPU, which reads a line before it overwrites it.
    """

    @torch.inference_mode()
    def __init__(self, device: torch.device, buffer_bytes: int) -> None:
        x, y = (torch.full((buffer_bytes // 4,), value, device=device) for value in (0.7, 0.2))
        self.loop = RateLoop(lambda: torch.sub(x, y, out=y), 3 * 4 * len(x), device)

    @torch.inference_mode()
    def round(self, seconds: float) -> float:
        """Bytes a second."""
        return self.loop.round(seconds)


class RatesHere:
    """A `RateMeter` in this process, which on a CPU changes what is measured afterwards: see rates_apart.py."""

    def __init__(self, device: torch.device, dtype: DType) -> None:
        """
        Raises:
            InputError: the device has no such number format.
        """
        self.matrix = MatrixRate(device, dtype)
        cache_bytes = last_cache_bytes(device)
        self.rated = RatedDevice(device.type, dtype, torch.get_num_threads(), self.matrix.side, cache_bytes)
        self.memory = Streaming(device, max(MIN_MEMORY_BUFFER_BYTES, 4 * cache_bytes))
        self.cache = Streaming(device, cache_bytes // 4) if cache_bytes else None

    def round(self, seconds: float) -> RateRound:
        with waiting() as waited:
            matmul, conv = self.matrix.samples(seconds)
            memory = self.memory.round(seconds)
            cached = self.cache.round(seconds) if self.cache else None
        return RateRound(matmul, conv, memory, cached, waited.share)

    def matrix_round(self, seconds: float) -> float:
        return self.matrix.round(seconds)


def last_cache_bytes(device: torch.device, caches: Path = Path("/sys/devices/system/cpu/cpu0/cache")) -> int:
    """Size of the device's last-level cache as the system reports it; 0 if it does not.

    Args:
        caches: where Linux lists those of a processor, a folder a cache with its `size`, such as `32768K`.
    """
    if device.type == "cuda":
        return int(getattr(torch.cuda.get_device_properties(device), "L2_cache_size", 0))
    sizes = [path.read_text(encoding="ascii").strip() for path in caches.glob("index*/size")]
    return max((int(size.removesuffix("K")) * 2**10 for size in sizes if size.endswith("K")), default=0)

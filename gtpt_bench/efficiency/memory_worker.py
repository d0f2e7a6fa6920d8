"""`python -m gtpt_bench.efficiency.memory_worker`: peak memory of one call in this process, which does nothing else.

Reads a `CallMaker` as JSON from standard input; the last line of standard output is a `PeakMemory`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module

import torch

from gtpt_bench.efficiency.gpu.identity import card_of
from gtpt_bench.efficiency.memory import CallMaker, PeakMemory, peak_memory
from gtpt_bench.efficiency.resident import forget_peak, peak_resident_bytes
from gtpt_bench.errors import MeasurementRejected

Call = Callable[[], object]


def no_model() -> Call:
    """A convolution, a product and a softmax on next to nothing, which load the libraries that models need."""
    image, kernel, matrix = torch.ones(1, 3, 8, 8), torch.ones(4, 3, 3, 3), torch.ones(8, 8)
    return lambda: (torch.conv2d(image, kernel), (matrix @ matrix).softmax(-1))


@torch.inference_mode()
def measured(maker: CallMaker) -> PeakMemory:
    if maker.threads is not None:
        torch.set_num_threads(maker.threads)
    module, _, function = maker.function.partition(":")
    call: Call = getattr(import_module(module), function)(**maker.arguments)
    device = torch.device(maker.device)
    if device.type == "cuda":
        with card_of(device) as card:
            return peak_memory(call, device, card=card)
    return _resident(call)


def _resident(call: Call) -> PeakMemory:
    """The peak of the second call, so that building the model does not count.

    Raises:
        MeasurementRejected: the system does not tell it.
    """
    call()
    forget_peak()
    call()
    peak_bytes = peak_resident_bytes()
    if peak_bytes is None:
        raise MeasurementRejected("memory: this system does not tell a process's largest size (no /proc/self/status)")
    return PeakMemory("resident_size", None, peak_bytes, peak_bytes)


def main() -> None:
    try:
        found = measured(CallMaker(**json.load(sys.stdin)))
    except MeasurementRejected as error:
        sys.exit(str(error))
    print(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()

"""What the figures of `measure` mean, in words: conventions of counting, and what is timed how. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gtpt_bench.efficiency.counting.conventions import ATTENTION, CONVENTIONS, GIBI
from gtpt_bench.shown import Section

QUANTITIES: Mapping[str, str] = MappingProxyType(
    {
        "MACs": "Multiply-accumulates of one image in evaluation mode, always with the name of a convention; what "
        "papers call FLOPs are MACs, real FLOPs are twice as many.",
        "params": "Parameters of one copy of the weights, frozen ones included; a moving average kept for training is "
        "not. thop's figure leaves out bare parameters, such as learned tokens.",
        "activations": "Elements that operators write to memory, copies included, with attention by its plain formula.",
        "latency": "Time of one call on one image, the device synchronised before the clock is read. Median over all "
        "calls of all rounds ± median absolute deviation; p90 and p99 where five calls or more lie beyond.",
        "images/s": "Throughput: images a second in a stream of calls on a batch, synchronised at the ends of a round "
        "only, so that the host may run ahead. Median over rounds ± median absolute deviation.",
        "first call": "The very first call on one image, on which everything lazy happens: set-up, searches for "
        "kernels, compilation. In no other figure.",
        "knee": "The smallest batch whose throughput is within 2 % of the best.",
        "matrix rate": "Two operations for each multiply-accumulate, over those a second of the machine's faster large "
        "matrix product (matmul, or a 1×1 convolution), measured in turn with the model.",
        "bandwidth": "What operators read and write at the least, over what the machine streams from memory in that "
        "time; above 1, caches serve the rest.",
        "bound by": "What takes the largest part of a stage's time: products at the matrix rate, traffic at the "
        "bandwidth, or what neither explains.",
        "rounds": "Models are measured in turn, every other round backwards, until the standard error of every "
        "model's medians is below 1 %, or no longer falls, or time is up. Raw samples are in --json.",
    }
)


def definitions() -> tuple[Section, ...]:
    """For people."""
    conventions = tuple((name, convention.definition) for name, convention in CONVENTIONS.items())
    return (
        Section("Conventions of counting", ("convention", "definition"), conventions),
        Section("Quantities", ("quantity", "definition"), tuple(QUANTITIES.items())),
    )


def definitions_as_json() -> dict[str, Any]:
    return {
        "conventions": {
            convention.name: {"definition": convention.definition, "printed_in_units_of": convention.unit}
            for convention in (CONVENTIONS["full"], ATTENTION, *list(CONVENTIONS.values())[1:])
        },
        "quantities": dict(QUANTITIES),
    }


def printed(convention: str, macs: int) -> str:
    """A figure as users of the convention print it; Gi is 2^30, which they label G too."""
    known = CONVENTIONS.get(convention, CONVENTIONS["full"])
    return f"{known.printed(macs):.3f} {'Gi' if known.unit == GIBI else 'G'}"

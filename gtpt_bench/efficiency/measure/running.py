"""What models need to run that are measured: steps told to people, a card that is watched, batches by size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import count

import torch
from torch import nn

from gtpt_bench.efficiency.gpu.card import Card
from gtpt_bench.efficiency.gpu.identity import card_of
from gtpt_bench.efficiency.gpu.state import gpu_state
from gtpt_bench.efficiency.gpu.watch import RoundWatch
from gtpt_bench.efficiency.measure.request import MeasureRequest
from gtpt_bench.efficiency.options import DeviceKind, InferenceOptions
from gtpt_bench.efficiency.prepare import Prepared, prepared
from gtpt_bench.efficiency.timing.comparison import Comparison
from gtpt_bench.efficiency.timing.interleaved import MAX_LOOKS

Update = Callable[[int, int, str], None]
"""Told what is done of a step, the total, and a few words."""

Steps = Callable[[str], AbstractContextManager[Update]]
"""`with step("timing") as update`: tells people what goes on."""

REFUSALS = 50
"""Slices of time of a session that a throttling card may cost; then its figures are marked instead."""


def in_silence(title: str) -> AbstractContextManager[Update]:
    """For sessions that nobody watches."""
    return nullcontext(lambda done, total, words: None)


@dataclass(frozen=True)
class Bench:
    """Where models are measured.

    Attributes:
        card: the GPU as NVML knows it; None without one.
        watch: accepts what was timed while the card did well; on a CPU everything.
    """

    request: MeasureRequest
    device: torch.device
    card: Card | None
    watch: RoundWatch

    @property
    def options(self) -> InferenceOptions:
        return self.request.options

    @property
    def kind(self) -> DeviceKind:
        return kind_of(self.device)

    def ready(self, model: nn.Module) -> Prepared:
        return prepared(model, self.options, self.device)


def told(update: Update) -> Callable[[Comparison], None]:
    """For `interleaved`: tells people of each look at two models."""
    looks = count(1)
    return lambda found: update(next(looks), MAX_LOOKS, f"{found.ratio:.3f} of the time, {found.verdict}")


def kind_of(device: torch.device) -> DeviceKind:
    return "cuda" if device.type == "cuda" else "cpu"


@contextmanager
def bench(request: MeasureRequest, device: torch.device) -> Iterator[Bench]:
    with card_of(device) as card:
        yield Bench(request, device, card, RoundWatch(lambda: gpu_state(card), max_refusals=REFUSALS))

"""One GPU through NVML: finding the card that a CUDA device is, and readings of which any may fail alone.

Torch-free; identity.py asks torch which card a device is.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CardIdentity:
    """What a CUDA device says of the card behind it; CUDA's numbering is not NVML's.

    Attributes:
        index: place among the devices that this process sees.
        uuid: without NVML's prefix `GPU-`; None where torch does not tell it.
        pci_bus_id: as NVML spells it, `00000000:3B:00.0`; None likewise.
    """

    index: int
    uuid: str | None = None
    pci_bus_id: str | None = None


@dataclass(frozen=True)
class CardFacts:
    """What does not change while a card is measured; None where it is not told."""

    name: str | None
    driver: str | None
    power_limit_w: float | None


@dataclass(frozen=True)
class Card:
    """A GPU as NVML knows it.

    Attributes:
        nvml: the module `pynvml`, or what stands in for it.
        handle: NVML's own.
    """

    nvml: Any
    handle: Any

    def read(self, function: str, *arguments: Any) -> Any:
        """The answer of an NVML function on this card.

        None where the card, the driver or this user's rights do not give it: one reading less, and the measurement
        goes on.
        """
        return self.answer(function, self.handle, *arguments)

    def facts(self) -> CardFacts:
        limit_mw = self.read("nvmlDeviceGetPowerManagementLimit")
        return CardFacts(
            name=self.read("nvmlDeviceGetName"),
            driver=self.answer("nvmlSystemGetDriverVersion"),
            power_limit_w=None if limit_mw is None else limit_mw / 1000,
        )

    def answer(self, function: str, *arguments: Any) -> Any:
        """As `read`, for functions that are not about this card."""
        try:
            return getattr(self.nvml, function)(*arguments)
        except (self.nvml.NVMLError, AttributeError) as error:  # AttributeError: a pynvml that lacks the function
            _log.debug("%s: %s", function, error)
            return None


def load_nvml() -> Any:
    """`pynvml`, initialised; None where there is no NVIDIA driver."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        _log.debug("no NVML: %s", error)
        return None
    return pynvml


@contextmanager
def opened_card(
    identity: CardIdentity | None,
    *,
    load: Callable[[], Any] = load_nvml,
    environment: Mapping[str, str] = os.environ,
) -> Iterator[Card | None]:
    """The card of a CUDA device, None without NVML, without a GPU, or where it is not certain which card it is."""
    nvml = None if identity is None else load()
    if identity is None or nvml is None:
        yield None
        return
    try:
        yield _card(nvml, identity, environment)
    finally:
        try:
            nvml.nvmlShutdown()
        except nvml.NVMLError as error:
            _log.debug("nvmlShutdown: %s", error)


def _card(nvml: Any, identity: CardIdentity, environment: Mapping[str, str]) -> Card | None:
    """By what names the card for sure; None rather than a card that could be another one."""
    library = Card(nvml, None)
    for function, name in _names(library, identity, environment):
        handle = library.answer(function, name)
        if handle is not None:
            return Card(nvml, handle)
    return None


def _names(library: Card, identity: CardIdentity, environment: Mapping[str, str]) -> Iterator[tuple[str, str | int]]:
    """NVML functions that find a card, and the names to give them, the surest first."""
    if identity.uuid is not None:
        yield "nvmlDeviceGetHandleByUUID", f"GPU-{identity.uuid}"
        yield "nvmlDeviceGetHandleByUUID", f"MIG-{identity.uuid}"
    if identity.pci_bus_id is not None:
        yield "nvmlDeviceGetHandleByPciBusId", identity.pci_bus_id
    if identity.uuid is not None or identity.pci_bus_id is not None:
        return
    entries = [entry.strip() for entry in environment.get("CUDA_VISIBLE_DEVICES", "").split(",")]
    if identity.index < len(entries) and entries[identity.index].startswith(("GPU-", "MIG-")):
        yield "nvmlDeviceGetHandleByUUID", entries[identity.index]
    elif library.answer("nvmlDeviceGetCount") == 1:
        # With more cards a number names none: CUDA counts by speed, NVML by place on the bus.
        yield "nvmlDeviceGetHandleByIndex", 0

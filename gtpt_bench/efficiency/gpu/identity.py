"""Which card a torch device is."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import torch

from gtpt_bench.efficiency.gpu.card import Card, CardIdentity, opened_card


def card_of(device: torch.device) -> AbstractContextManager[Card | None]:
    """`with card_of(device) as card`: the NVML card of a device; None for a CPU and where there is no NVML."""
    return opened_card(identity_of(device))


def identity_of(device: torch.device) -> CardIdentity | None:
    """None for anything but a CUDA device."""
    if device.type != "cuda":
        return None
    index = torch.cuda.current_device() if device.index is None else device.index
    return identity_from(torch.cuda.get_device_properties(index), index)


def identity_from(properties: Any, index: int) -> CardIdentity:
    """From CUDA's device properties, whose fields depend on torch's version (`uuid` and the PCI numbers came later)."""
    uuid = getattr(properties, "uuid", None)
    domain, bus, place = (getattr(properties, f"pci_{name}_id", None) for name in ("domain", "bus", "device"))
    on_bus = None not in (domain, bus, place)
    return CardIdentity(
        index,
        uuid=None if uuid is None else str(uuid),
        pci_bus_id=f"{domain:08X}:{bus:02X}:{place:02X}.0" if on_bus else None,
    )

"""How a card is at one moment: clock, temperature, power, and what holds it back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gtpt_bench.efficiency.gpu.card import Card
from gtpt_bench.efficiency.gpu.processes import GpuProcess, other_processes, own_pids, processes_on

_SM_CLOCK = 1
_GPU_TEMPERATURE = 0

CLOCK_REASONS: Mapping[int, str] = MappingProxyType(
    {
        0x001: "idle",
        0x002: "applications_clock_setting",
        0x004: "software_power_cap",
        0x008: "hardware_slowdown",
        0x010: "sync_boost",
        0x020: "software_thermal_slowdown",
        0x040: "hardware_thermal_slowdown",
        0x080: "hardware_power_brake",
        0x100: "display_clock_setting",
        0x200: "board_limit",
        0x400: "reliability",
    }
)
"""NVML's bits for why a clock is not at its highest (`nvml.h`, clocks event reasons)."""

HARMLESS_REASONS = frozenset({"idle", "applications_clock_setting"})
"""Nothing to do, or a clock that somebody chose: no throttling."""

LIMITS: Mapping[int, str] = MappingProxyType({0: "power", 1: "thermal", 3: "board_limit", 5: "reliability"})
"""NVML's policies (`nvmlPerfPolicyType_t`) whose time below the application clock is counted."""


@dataclass(frozen=True)
class GpuState:
    """A look at a card; None is what the card, the driver or this user's rights do not give.

    Attributes:
        default_sm_clock_mhz: the clock that the maker sets for applications.
        power_w: newer cards give the mean of the last second.
        throttle_reasons: names of `CLOCK_REASONS`, the harmless ones included.
        limited_ns: time that each of `LIMITS` has held the clock down, since the driver was loaded. Differences
            between two looks tell of throttling between them.
        processes: of others.
    """

    sm_clock_mhz: int | None
    default_sm_clock_mhz: int | None
    max_sm_clock_mhz: int | None
    temperature_c: int | None
    power_w: float | None
    throttle_reasons: tuple[str, ...] | None
    limited_ns: Mapping[str, int]
    processes: tuple[GpuProcess, ...] | None


def gpu_state(card: Card | None, own: Collection[int] | None = None) -> GpuState | None:
    """The card now; None without a card, or if it tells nothing any more.

    Args:
        own: numbers of this process; asked of the system if not given.
    """
    if card is None:
        return None
    power_mw = card.read("nvmlDeviceGetPowerUsage")
    bits = _first(
        card.read("nvmlDeviceGetCurrentClocksEventReasons"), card.read("nvmlDeviceGetCurrentClocksThrottleReasons")
    )
    processes = processes_on(card)
    state = GpuState(
        sm_clock_mhz=card.read("nvmlDeviceGetClockInfo", _SM_CLOCK),
        default_sm_clock_mhz=card.read("nvmlDeviceGetDefaultApplicationsClock", _SM_CLOCK),
        max_sm_clock_mhz=card.read("nvmlDeviceGetMaxClockInfo", _SM_CLOCK),
        temperature_c=_first(
            card.read("nvmlDeviceGetTemperatureV", _GPU_TEMPERATURE),
            card.read("nvmlDeviceGetTemperature", _GPU_TEMPERATURE),
        ),
        power_w=None if power_mw is None else power_mw / 1000,
        throttle_reasons=None if bits is None else reason_names(bits),
        limited_ns=_limited(card),
        processes=None if processes is None else other_processes(processes, own_pids() if own is None else own),
    )
    told = (state.sm_clock_mhz, state.temperature_c, state.power_w, state.throttle_reasons, state.processes)
    return None if all(reading is None for reading in told) else state


def reason_names(bits: int) -> tuple[str, ...]:
    """Names of the bits that are set; one that is not known here is given by its number."""
    set_bits = [1 << place for place in range(bits.bit_length()) if bits >> place & 1]
    return tuple(CLOCK_REASONS.get(bit, f"reason_{bit:#x}") for bit in set_bits)


def _limited(card: Card) -> dict[str, int]:
    times = {name: card.read("nvmlDeviceGetViolationStatus", policy) for policy, name in LIMITS.items()}
    return {name: int(time.violationTime) for name, time in times.items() if time is not None}


def _first(new: int | None, old: int | None) -> int | None:
    """NVML renames functions; the new one's answer if the driver has it."""
    return old if new is None else new

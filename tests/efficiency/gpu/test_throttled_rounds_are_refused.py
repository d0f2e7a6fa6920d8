"""Rounds are accepted, refused and measured again, or marked; the card is asked before and after, never within."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from gtpt_bench.efficiency.gpu.processes import GpuProcess
from gtpt_bench.efficiency.gpu.state import GpuState
from gtpt_bench.efficiency.gpu.watch import GpuConditions, RoundWatch, refusal_reasons
from tests.efficiency.fakes import FakeClock
from tests.efficiency.gpu.fake_nvml import state

SECOND = 1_000_000_000


class Rounds:
    """A watch over made-up looks, and rounds of one second that count themselves."""

    def __init__(self, looks: Iterable[GpuState | None], *, max_refusals: int = 3) -> None:
        self.clock, self.events = FakeClock(), list[str]()
        given = iter(looks)

        def look() -> GpuState | None:
            self.events.append("look")
            return next(given)

        self.watch = RoundWatch(
            look,
            clock_ns=self.clock.perf_counter_ns,
            pause=lambda: self.events.append("pause"),
            max_refusals=max_refusals,
        )

    def one(self) -> int:
        self.events.append("round")
        self.clock.now_ns += SECOND
        return self.events.count("round")

    def measured(self) -> int:
        return self.watch.measured(self.one)

    @property
    def conditions(self) -> GpuConditions:
        return self.watch.conditions


def test_a_card_that_does_well_is_asked_before_and_after_only() -> None:
    rounds = Rounds([state(), state(temperature_c=71)])
    assert rounds.measured() == 1
    assert rounds.events == ["look", "round", "look"]
    assert (rounds.conditions.num_refused, rounds.conditions.throttled_by) == (0, ())
    assert rounds.conditions.hottest_c == 71


def test_a_throttled_round_is_measured_again_after_a_pause() -> None:
    hot = state(throttle_reasons=("hardware_thermal_slowdown",))
    rounds = Rounds([state(), hot, state(), state()])
    assert rounds.measured() == 2, "the second round's result"
    assert rounds.events == ["look", "round", "look", "pause", "look", "round", "look"]
    assert rounds.conditions.num_refused == 1
    assert rounds.conditions.refused_for == ("hardware_thermal_slowdown",)
    assert rounds.conditions.throttled_by == ()


def test_refusals_are_bounded_over_all_rounds_and_then_the_row_is_marked() -> None:
    capped = state(throttle_reasons=("software_power_cap",))
    rounds = Rounds([capped] * 20, max_refusals=2)
    assert rounds.measured() == 3
    assert rounds.measured() == 4, "no refusal is left, so the next round is taken at once"
    assert rounds.conditions.num_refused == 2
    assert rounds.conditions.throttled_by == ("software_power_cap",)


def test_a_card_that_stays_throttled_is_not_waited_for_again_until_it_has_recovered() -> None:
    """Ten times for the first round, not at all for the second; a third that goes well makes refusing worth while."""
    capped = state(throttle_reasons=("software_power_cap",))
    rounds = Rounds([*[capped] * (2 * 11 + 2), state(), state(), state(), capped, state(), state()], max_refusals=99)
    assert [rounds.measured() for _ in range(4)] == [11, 12, 13, 15]
    assert rounds.conditions.num_refused == 11


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"sm_clock_mhz": 1499}, ("low_clock",)),
        ({"sm_clock_mhz": 1500}, ()),
        ({"sm_clock_mhz": 345, "throttle_reasons": ("idle",)}, ()),
        ({"sm_clock_mhz": 1574, "default_sm_clock_mhz": None}, ("low_clock",)),
        ({"sm_clock_mhz": 1575, "default_sm_clock_mhz": None}, ()),
        ({"sm_clock_mhz": None}, ()),
        ({"throttle_reasons": ("idle", "applications_clock_setting")}, ()),
        ({"throttle_reasons": ("sync_boost", "hardware_slowdown")}, ("sync_boost", "hardware_slowdown")),
        ({"throttle_reasons": None}, ()),
    ],
    ids=str,
)
def test_what_refuses_a_round(changes: dict[str, object], reasons: tuple[str, ...]) -> None:
    """75 % of the default clock of 2000 MHz, or of the highest, 2100, where there is no default."""
    assert refusal_reasons(state(), state(**changes), elapsed_ns=SECOND) == reasons


def test_a_slow_clock_before_the_round_is_a_card_that_was_waiting() -> None:
    assert refusal_reasons(state(sm_clock_mhz=345), state(), elapsed_ns=SECOND) == ()


@pytest.mark.parametrize(("limited_ms", "reasons"), [(9, ()), (11, ("thermal_limit",))])
def test_throttling_between_the_looks_is_seen_in_the_drivers_counters(limited_ms: int, reasons: tuple[str]) -> None:
    """More than 1 % of the round's second."""
    before = state(limited_ns={"thermal": 5 * SECOND})
    after = state(limited_ns={"thermal": 5 * SECOND + limited_ms * 1_000_000, "power": 9 * SECOND})
    assert refusal_reasons(before, after, elapsed_ns=SECOND) == reasons


def test_without_nvml_every_round_counts() -> None:
    rounds = Rounds([None] * 2)
    assert rounds.measured() == 1
    assert rounds.conditions == GpuConditions(None, None, None, 0, (), (), None)


def test_nvml_that_fails_on_the_way_does_not_end_the_measurement() -> None:
    rounds = Rounds([state(), None, None, None])
    assert (rounds.measured(), rounds.measured()) == (1, 2)
    assert rounds.conditions.first == state()
    assert rounds.conditions.last is None


def test_other_processes_are_remembered_even_if_they_have_left() -> None:
    short, long = GpuProcess(9, 2**30), GpuProcess(5, None)
    rounds = Rounds([state(processes=(short,)), state(processes=(long,)), state(), state(processes=None)])
    rounds.measured()
    rounds.measured()
    assert rounds.conditions.other_processes == (long, short)


def test_processes_that_were_never_listed_are_unknown_not_absent() -> None:
    rounds = Rounds([state(processes=None)] * 2)
    rounds.measured()
    assert rounds.conditions.other_processes is None


def test_a_round_that_fails_is_not_hidden() -> None:
    rounds = Rounds([state()])

    def fails() -> None:
        raise RuntimeError("broken model")

    with pytest.raises(RuntimeError, match="broken model"):
        rounds.watch.measured(fails)

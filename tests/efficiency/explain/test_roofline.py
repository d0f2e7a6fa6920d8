"""The roofline by hand: a machine of 1000 operations, 100 bytes from memory and 400 from its cache a second."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtpt_bench.efficiency.explain.roofline import Floor, RooflineRow, bound, floor, roofline
from gtpt_bench.efficiency.explain.traffic import OperatorCost


@dataclass(frozen=True)
class Machine:
    flops_per_s: float = 1000.0
    bandwidth_bytes_per_s: float = 100.0
    cached_bytes_per_s: float = 400.0
    cache_bytes: int = 0


def row(seconds: float, *costs: OperatorCost, machine: Machine = Machine()) -> RooflineRow:
    (found,) = roofline({"a": seconds}, {"a": costs}, machine)
    return found


def test_a_product_at_half_the_machines_rate() -> None:
    found = row(2.0, OperatorCost(macs=500, moved_bytes=10))
    assert (found.flops_per_s, found.share_of_rate) == (500, 0.5)
    assert (found.bytes_per_s, found.share_of_bandwidth) == (5, 0.05)
    assert found.intensity == 100
    assert found.floor == Floor(compute_s=1.0, bandwidth_s=0.0)


@pytest.mark.parametrize(
    ("seconds", "costs", "expected"),
    [
        (1.1, [OperatorCost(500, 10)], "compute"),
        (1.1, [OperatorCost(5, 100)], "bandwidth"),
        (4.0, [OperatorCost(500, 100)], "neither"),
        (3.0, [OperatorCost(500, 10), OperatorCost(0, 120)], "bandwidth"),
        (3.0, [OperatorCost(600, 10), OperatorCost(0, 100)], "compute"),
        (9.0, [OperatorCost(0, 0)], "neither"),
    ],
)
def test_what_takes_the_largest_part_of_the_time_is_the_bound(
    seconds: float, costs: list[OperatorCost], expected: str
) -> None:
    assert row(seconds, *costs).bound == expected


def test_operators_one_after_the_other_are_each_under_their_nearer_roof() -> None:
    """A product (1 s at the rate, 0.1 s of traffic), then an addition (2 s of traffic): 1 + 2, not the larger sum."""
    assert floor([OperatorCost(500, 10), OperatorCost(0, 200)], Machine()) == Floor(1.0, 2.0)


def test_tensors_that_fit_into_half_of_the_cache_move_at_its_rate() -> None:
    machine = Machine(cache_bytes=400)
    assert floor([OperatorCost(0, 200)], machine) == Floor(0.0, 0.5)
    assert floor([OperatorCost(0, 201)], machine) == Floor(0.0, 2.01)


def test_shares_are_of_the_whole_call_and_a_stage_without_products_has_none() -> None:
    costs = {"a": [OperatorCost(300, 10)], "b": [OperatorCost(100, 10)]}
    rows = roofline({"a": 1.0, "b": 2.0, "between": 1.0, "never": 0.0}, costs, Machine())
    assert [(found.stage, found.share_of_time, found.share_of_macs) for found in rows] == [
        ("a", 0.25, 0.75),
        ("b", 0.5, 0.25),
        ("between", 0.25, 0.0),
    ]
    assert (rows[2].share_of_rate, rows[2].intensity, rows[2].bound) == (0, 0, "neither")


def test_caches_may_serve_more_than_memory_could() -> None:
    assert row(0.5, OperatorCost(0, 100), machine=Machine(cache_bytes=1000)).share_of_bandwidth == 2


COSTS = st.lists(st.builds(OperatorCost, st.integers(0, 10_000), st.integers(0, 10_000)), max_size=8)


@given(COSTS, st.integers(0, 10_000))
def test_the_floor_lies_between_either_roof_alone_and_both_together(costs: list[OperatorCost], cache: int) -> None:
    least = floor(costs, machine := Machine(cache_bytes=cache))
    computing = sum(2 * cost.macs for cost in costs) / machine.flops_per_s
    moving = sum(floor([OperatorCost(0, cost.moved_bytes)], machine).bandwidth_s for cost in costs)
    total = least.compute_s + least.bandwidth_s
    assert max(computing, moving) <= total * (1 + 1e-9)
    assert total <= (computing + moving) * (1 + 1e-9)
    assert bound(least, total) != "neither" or total == 0 or least.compute_s == least.bandwidth_s == 0

"""Rounds in which other processes had the cores are set aside, by a count that does not depend on what is measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeVar

from gtpt_bench.efficiency.timing import clock
from gtpt_bench.efficiency.timing.waiting import DISTURBED, waited_ns

ENOUGH = 2
"""Undisturbed rounds from which on the others do not count."""


class Disturbable(Protocol):
    @property
    def waited_share(self) -> float: ...


R = TypeVar("R", bound=Disturbable)


class Waited:
    """How long this process's threads stood ready without a core, as a share of the time; known at the end."""

    share = 0.0


@contextmanager
def waiting() -> Iterator[Waited]:
    found = Waited()
    with waited_ns() as waited:
        before, start = waited(), clock.now_ns()
        yield found
        found.share = (waited() - before) / max(clock.now_ns() - start, 1)


def is_disturbed(one: Disturbable) -> bool:
    """Whether other processes took so much that the time is not the measured one's own."""
    return one.waited_share > DISTURBED


def num_undisturbed(rounds: Sequence[R]) -> int:
    return sum(not is_disturbed(one) for one in rounds)


def kept(rounds: Sequence[R]) -> Sequence[R]:
    """The undisturbed rounds; all of them if too few are, which is then to be told: `num_undisturbed`."""
    undisturbed = [one for one in rounds if not is_disturbed(one)]
    return undisturbed if len(undisturbed) >= ENOUGH else rounds

"""The clock of this folder's tests, and models whose stages take known times by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from gtpt_bench.efficiency.explain import disturbance
from gtpt_bench.efficiency.timing import clock as real
from tests.efficiency.fakes import FakeClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """In place of the machine's; nobody waits for a core unless the clock says so."""
    fake = FakeClock()

    @contextmanager
    def waited_ns() -> Iterator[Callable[[], int]]:
        yield lambda: fake.waited_ns

    monkeypatch.setattr(real, "time", fake)
    monkeypatch.setattr(disturbance, "waited_ns", waited_ns)
    return fake

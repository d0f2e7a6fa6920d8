"""The clock of this folder's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from gtpt_bench.efficiency.timing import clock as real
from gtpt_bench.efficiency.timing import workload
from tests.efficiency.fakes import FakeClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """In place of the machine's, wherever models are timed; nobody waits for a core unless the clock says so."""
    fake = FakeClock()

    @contextmanager
    def waited_ns() -> Iterator[Callable[[], int]]:
        yield lambda: fake.waited_ns

    monkeypatch.setattr(real, "time", fake)
    monkeypatch.setattr(workload, "waited_ns", waited_ns)
    return fake

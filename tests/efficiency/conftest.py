"""The clock of this folder's tests."""

from __future__ import annotations

import pytest

from gtpt_bench.efficiency import timing
from tests.efficiency.fakes import FakeClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """In place of the machine's, wherever models are timed."""
    fake = FakeClock()
    monkeypatch.setattr(timing, "time", fake)
    return fake

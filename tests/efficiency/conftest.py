"""The clock of this folder's tests."""

from __future__ import annotations

import pytest

from tests.efficiency.fakes import FakeClock, in_place_of_the_machines


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    return in_place_of_the_machines(monkeypatch)

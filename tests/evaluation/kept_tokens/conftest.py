"""One thread, so that small models do not wait for one another."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module", autouse=True)
def _on_one_thread(one_thread: None) -> None: ...

"""Settings of all tests."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
import torch
from hypothesis import settings

pytest_plugins = ["tests.cluster.faults"]

settings.register_profile("gtpt_bench", deadline=None)  # machines that test are often busy with something else
settings.load_profile("gtpt_bench")

if "PYTEST_XDIST_WORKER" in os.environ:  # a core each: threads of several workers would wait for each other
    torch.set_num_threads(1)


@pytest.fixture(scope="module", autouse=True)
def _what_lives_long_is_looked_at_once() -> None:
    """Timing collects garbage before it begins, which takes a second among all that thousands of tests keep alive."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """For models so small that threads would wait for each other, or that other processes run on one thread too."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)

"""Settings of all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import torch
from hypothesis import settings

settings.register_profile("gtpt_bench", deadline=None)  # machines that test are often busy with something else
settings.load_profile("gtpt_bench")

if "PYTEST_XDIST_WORKER" in os.environ:  # a core each: threads of several workers would wait for each other
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """For models so small that threads would wait for each other, or that other processes run on one thread too."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
